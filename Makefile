# `make` builds everything from the raw files (or from demo data), `make test` runs every check.
export PYTHONPATH := python
export DO_NOT_TRACK := 1
PYTHON ?= python3
BIN := .venv/bin

# Installs a lock file into the environment, with uv where it is at hand.
install = if command -v uv >/dev/null; then uv venv -q --allow-existing .venv && uv pip install -q -p $(BIN)/python --no-deps --require-hashes -r $(1); \
	else $(PYTHON) -m venv .venv && $(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(1); fi

.PHONY: all test lint demo inspect audience benchmark clean

all: .venv/.installed
	@$(BIN)/python -m segmentation

test: .venv/.installed-dev lint
	$(BIN)/pytest tests/python

lint: .venv/.installed-dev
	$(BIN)/ruff check python tests
	$(BIN)/ruff format --check python tests
	$(BIN)/mypy
	$(BIN)/dbt --quiet --warn-error parse
	COLUMNS=200 $(BIN)/dbt-bouncer run --output-only-failures
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar models analysis tests/singular

# Demo files of another size: make demo MEMBERS=1000 LINES=10000 DEMO_DIR=data/raw
demo: .venv/.installed
	@$(BIN)/python -m segmentation.demo $(or $(DEMO_DIR),data/raw) --members $(or $(MEMBERS),20000) --lines $(or $(LINES),200000)

# Proposes a retailer file for unknown files: make inspect FILES="a.csv b.xlsx" > retailers/name.yml
inspect: .venv/.installed
	@$(BIN)/python -m segmentation.inspect $(FILES)

# A list of members to contact, and a hold-out beside it:
# make audience SEGMENT=key_keep STATE=silent HOLDOUT=0.1 REASON="autumn letter" [OPT_OUT=file.csv RECENT_DAYS=30 MINIMUM=50]
audience: .venv/.installed
	@$(BIN)/python -m segmentation.audience

# Seconds of each stage of the whole job, and the peak memory of its largest process.
benchmark: .venv/.installed
	@$(BIN)/python -m segmentation --benchmark

clean:
	rm -rf target logs warehouse reports

.venv/.installed: requirements.lock
	@echo "Installing the environment in .venv" >&2
	@$(call install,requirements.lock)
	@touch $@

.venv/.installed-dev: requirements-dev.lock
	@echo "Installing the environment with the tools for the checks in .venv" >&2
	@$(call install,requirements-dev.lock)
	@touch .venv/.installed $@

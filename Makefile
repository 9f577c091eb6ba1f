# `make` builds everything from the raw files (or from demo data), `make test` runs every check.
# What it does for users, `segmentation` does (`segmentation --help`).
export DO_NOT_TRACK := 1
# Python keeps in .venv what it has compiled: else every process compiles Pandas, dbt and the like again, for seconds.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
BIN := .venv/bin
# An environment, and what dbt keeps of the project, are of use only in the folder that they were made in: moved or copied, they are made anew.
ifneq ($(wildcard .venv/.folder),)
ifneq ($(shell cat .venv/.folder),$(shell pwd -P))
$(shell rm -rf .venv target)
endif
endif

# Variables reach the command line through the environment, as they were written: with quotes, dollars and blanks.
export SEGMENTATION_BUILD_RETAILER = $(value RETAILER)
export SEGMENTATION_BUILD_SETTINGS = $(value VARS)
export SEGMENTATION_AUDIENCE_SEGMENT = $(value SEGMENT)
export SEGMENTATION_AUDIENCE_STATE = $(value STATE)
export SEGMENTATION_AUDIENCE_REASON = $(value REASON)
export SEGMENTATION_AUDIENCE_NAME = $(value AUDIENCE)
export SEGMENTATION_AUDIENCE_HOLDOUT = $(value HOLDOUT)
export SEGMENTATION_AUDIENCE_MINIMUM = $(value MINIMUM)
export SEGMENTATION_AUDIENCE_RECENT_DAYS = $(value RECENT_DAYS)
export SEGMENTATION_AUDIENCE_OPT_OUT = $(value OPT_OUT)
export SEGMENTATION_AUDIENCE_CONTACTED_ON = $(value DATE)
export SEGMENTATION_AUDIENCE_SALT = $(value AUDIENCE_SALT)
# These only as make is told them: an environment may have a LANGUAGE, say, of its own.
told = $(if $(filter command,$(origin $(1))),$(value $(1)))
export SEGMENTATION_AUDIENCE_WHERE = $(call told,WHERE)
export SEGMENTATION_AUDIENCE_TOP = $(call told,TOP)
export SEGMENTATION_AUDIENCE_BY = $(call told,BY)
export SEGMENTATION_AUDIENCE_CAPS = $(call told,CAP)
export SEGMENTATION_AUDIENCE_COUNT = $(call told,COUNT)
export SEGMENTATION_AUDIENCE_EXCLUDE = $(call told,EXCLUDE)
export SEGMENTATION_AUDIENCE_FORM = $(call told,FORMAT)
export SEGMENTATION_AUDIENCE_LANGUAGE = $(call told,LANGUAGE)
export SEGMENTATION_CHARTS_MEMBERS = $(value MEMBER)
export SEGMENTATION_CHARTS_SPECIALIST = $(value ALL)
export SEGMENTATION_CHARTS_ONLY = $(value ONLY)
export SEGMENTATION_EXPORT_PARQUET = $(value PARQUET)
export override FILES := $(value FILES)
export SEGMENTATION_DEMO_FOLDER = $(or $(value DEMO_DIR),data/raw)
export SEGMENTATION_DEMO_MEMBERS = $(value MEMBERS)
export SEGMENTATION_DEMO_LINES = $(value LINES)
OPTIONS := RETAILER VARS SEGMENT STATE REASON AUDIENCE HOLDOUT MINIMUM RECENT_DAYS OPT_OUT DATE AUDIENCE_SALT WHERE TOP BY CAP COUNT EXCLUDE FORMAT MEMBER ALL ONLY PARQUET DEMO_DIR MEMBERS LINES
# make would read the dollars in what it exports by itself.
unexport $(OPTIONS)
$(foreach place,RAW_DATA_DIR WAREHOUSE_PATH REPORT_DIR,$(if $(value $(place)),$(eval override export $(place) := $$(value $(place)))))

# What nobody reads is a typing mistake: it would choose other members than those that were meant, say.
KNOWN := $(OPTIONS) LANGUAGE FILES RAW_DATA_DIR WAREHOUSE_PATH REPORT_DIR MEMORY_LIMIT THREADS PYTHON KILLS BUILDS DAMAGED SIZES RUNS CLUSTER
unknown := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(filter-out $(KNOWN) BIN DBT_% PYTEST_% PIP_% UV_%,$(name))))
$(if $(strip $(unknown)),$(error Nobody reads $(strip $(unknown)); there are $(sort $(KNOWN))))

# Says what an installation does: of a lock file, and what it is for.
announce = if command -v uv >/dev/null; then with="uv, in seconds"; else with="pip, in a minute or two"; fi; \
	echo "Installing the environment$(2) in .venv: $$(grep -c == $(1)) packages of $(1), with $$with" >&2
# Installs a lock file and the project into the environment, with uv where it is at hand. Python compiles what it loads: all of it took pip
# 50 of 119 seconds. uv finds a Python that is new enough by itself, unless one is named.
install = if command -v uv >/dev/null; then uv venv -q --allow-existing $(if $(filter file,$(origin PYTHON)),,-p '$(PYTHON)') .venv \
	&& uv pip install -q -p $(BIN)/python --no-deps --require-hashes -r $(1) && uv pip install -q -p $(BIN)/python --no-deps -e .; \
	else $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, and $(PYTHON) is %d.%d: name one, as in make PYTHON=python3.12, or install uv." % sys.version_info[:2])' \
	&& $(PYTHON) -m venv .venv && $(BIN)/pip install -q --no-compile --disable-pip-version-check --no-deps --require-hashes -r $(1) \
	&& $(BIN)/pip install -q --disable-pip-version-check --no-deps -e .; fi && pwd -P > .venv/.folder

.PHONY: all test check tests signal-tests quick-tests torture audit lint demo inspect audience app charts report export docs settings benchmark compare-engines clean

all: .venv/.installed
	@$(BIN)/segmentation build

# Two parts at a time: what fails may be said long before the end.
in_parts = @$(MAKE) --no-print-directory -j 2 $(1) || { echo "Not all passed: see above, before the lines with ***." >&2; exit 1; }

test: .venv/.installed-dev
	$(call in_parts,lint target/.unit-tests tests signal-tests)

# The quick part: lint, types, structure, unit tests of dbt, Python tests that build no warehouse.
check: .venv/.installed-dev
	$(call in_parts,lint target/.unit-tests quick-tests)

# In the order of their names: else those of one long test come last, and one of the workers waits for it.
tests: .venv/.installed-dev
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder --ignore tests/python/test_signals.py tests/python

# Signals reach a build as they do from a terminal only outside the workers of pytest.
signal-tests: .venv/.installed-dev
	$(BIN)/pytest tests/python/test_signals.py

quick-tests: .venv/.installed-dev
	$(BIN)/pytest -n auto --dist worksteal -m "not slow" tests/python

# Kills, full disks, readers and rivals in great number: an hour and more.
KILLS ?= 60
BUILDS ?= 40
DAMAGED ?= 42
torture: .venv/.installed-dev
	$(BIN)/pytest tests/python/test_torture.py tests/python/test_fuzz.py --kills $(KILLS) --builds $(BUILDS) --damaged $(DAMAGED) --queries 10000 --rivals 20 --disks 10 --seconds 2

# The locked packages against the known vulnerabilities, where the database of them can be reached.
audit: .venv/.installed-dev
	@$(BIN)/python -m venv target/audit && target/audit/bin/pip install -q --disable-pip-version-check pip-audit
	@target/audit/bin/pip-audit --strict --disable-pip --no-deps -r requirements.lock -r requirements-dev.lock || \
		{ echo "Not audited clean: a package has a known fault, or the database of them could not be asked (see above)."; exit 1; }

lint: .venv/.installed-dev target/.sql-linted
	$(BIN)/ruff check python tests benchmarks
	$(BIN)/ruff format --check python tests benchmarks
	$(BIN)/mypy
	$(BIN)/yamllint -s .
	$(BIN)/dbt --quiet --warn-error parse
	COLUMNS=200 $(BIN)/dbt-bouncer run --output-only-failures

# Only what has changed since it was linted, as sqlfluff takes a quarter of a second a file, unless what all files are read with has.
SQL := $(shell find models analysis tests/singular -name '*.sql')
target/.sql-linted: $(SQL) .sqlfluff $(wildcard macros/*.sql tests/lint/*.py) | .venv/.installed-dev
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar $(if $(filter-out $(SQL),$?),$(SQL),$?)
	@mkdir -p target && touch $@

# Unit tests of dbt take the types of their rows from the tables of a build: a small one of demo data. After a change only these are run:
# of the models that changed and of those that read them (the build runs them), and unit tests that changed while their model did not. All
# are run after a change of the settings, and where none has passed. What dbt has parsed of a YAML file goes, as it would keep a unit test
# that got another name.
TESTED := target/check/tested/manifest.json
IN_CHECK := RAW_DATA_DIR=target/check/raw WAREHOUSE_PATH=target/check/warehouse.duckdb DBT_TARGET_PATH=target/check DBT_LOG_PATH=target/check
target/.unit-tests: $(SQL) $(shell find models macros seeds -type f) dbt_project.yml | .venv/.installed-dev
	@rm -rf target/check/raw $(if $(filter %.yml,$?),target/check/partial_parse.msgpack) && $(BIN)/segmentation demo target/check/raw --members 300 --lines 2000
	$(IN_CHECK) $(BIN)/dbt --quiet build --exclude-resource-type test \
		$$([ $(TESTED) -nt dbt_project.yml ] && echo "--select state:modified+1 --state $(dir $(TESTED))")
	@[ ! $(TESTED) -nt dbt_project.yml ] || $(IN_CHECK) $(BIN)/dbt --quiet test --select state:modified,test_type:unit --state $(dir $(TESTED))
	@mkdir -p $(dir $(TESTED)) && cp target/check/manifest.json $(TESTED) && touch $@

# Demo files of another size: make demo MEMBERS=1000 LINES=10000 DEMO_DIR=data/raw
demo: .venv/.installed
	@$(BIN)/segmentation demo

# Proposes a retailer file for unknown files, given as words of a shell: make inspect FILES="a.csv 'b c.xlsx'" > retailers/name.yml
inspect: .venv/.installed
	@eval "$(BIN)/segmentation inspect $$FILES"

# A list of members to contact, and a hold-out beside it:
# make audience SEGMENT=base_value STATE=silent HOLDOUT=0.1 REASON="autumn letter" [OPT_OUT=file.csv RECENT_DAYS=30 MINIMUM=50]
# The first by a trait, of a condition (one) and within limits (any): TOP=500 BY=amount WHERE="amount>=1000 or state=new" AUDIENCE=name
# CAP="favourite_counter=30 state=90" EXCLUDE="name other_name" FORMAT=xlsx LANGUAGE=zh
audience: .venv/.installed
	@$(BIN)/segmentation audience

# The charts again, with those for specialists, or portraits: make charts ALL=yes MEMBER="000186fa 00075260"; one alone: make charts ONLY=months
charts: .venv/.installed
	@$(BIN)/segmentation charts

# The report again: reports/report.html
report: .venv/.installed
	@$(BIN)/segmentation report

# The csv files again, and every mart as Parquet: make export PARQUET=yes
export: .venv/.installed
	@$(BIN)/segmentation export

# The site of the docs in one file: lineage, every table, column, macro and query in words, types and rows of the last build.
docs: .venv/.installed
	@DOCS_SITE=yes $(BIN)/dbt --quiet docs generate --static --target-path target/docs
	@mkdir -p "$${REPORT_DIR:-reports}/docs"
	@cp target/docs/static_index.html "$${REPORT_DIR:-reports}/docs/index.html"
	@echo "Docs       $${REPORT_DIR:-reports}/docs/index.html"

# The live page on the published warehouse, for this machine only: http://127.0.0.1:8080
app: .venv/.installed-app
	@$(BIN)/segmentation app

settings: .venv/.installed
	@$(BIN)/segmentation settings

# The whole job beside a pandas pipeline and SQL by hand: docs/benchmark.md. make benchmark SIZES="1 10" RUNS=3
SIZES ?= 1
RUNS ?= 3
benchmark: .venv/.installed-dev
	@$(BIN)/python benchmarks/run.py --sizes $(SIZES) --runs $(RUNS)

# Demo data built on DuckDB and on Spark (here a cluster of two executors on this machine; 700 MB each), every public mart compared.
CLUSTER ?= local-cluster[2,1,700]
compare-engines: .venv/.installed-spark
	@$(BIN)/python benchmarks/compare_engines.py $(or $(MEMBERS),400) $(or $(LINES),4000) "$(CLUSTER)"

clean:
	rm -rf target logs warehouse reports

# Reinstalled when the locked packages or the project's commands change.
.venv/.installed: requirements.lock pyproject.toml
	@$(call announce,$<,)
	@$(call install,requirements.lock)
	@touch $@

.venv/.installed-app: requirements-app.lock pyproject.toml
	@$(call announce,$<, with the live page)
	@$(call install,requirements-app.lock)
	@touch .venv/.installed $@

# pyspark is 480 MB: only for `make compare-engines`.
.venv/.installed-spark: requirements-spark.lock .venv/.installed-dev
	@$(call announce,$<, with Spark)
	@$(call install,requirements-spark.lock)
	@touch $@

.venv/.installed-dev: requirements-dev.lock pyproject.toml
	@$(call announce,$<, with the tools for the checks)
	@$(call install,requirements-dev.lock)
	@touch .venv/.installed .venv/.installed-app $@

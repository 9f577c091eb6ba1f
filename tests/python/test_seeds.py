"""Seeds that are edited wrongly fail their tests, before anything is published."""

import re
from collections.abc import Iterator
from types import SimpleNamespace

import duckdb
import pytest
import yaml
from conftest import ROOT, Classifier

from segmentation.landing.sql_macros import sql_macro
from segmentation.run import problems

# A change of a seed, or several where nothing else may fail.
EDITS = [
    "delete from frequency_bands where frequency_band = 'once'",
    "update frequency_bands set lower_bound = 6 where frequency_band = 'frequent'",
    "update life_cycle_states set is_inactive = true where state = 'slowing'",
    "update life_cycle_states set is_inactive = false where state = 'silent'",
    "update life_cycle_states set gap_quantile = null where state = 'lost'",
    "update life_cycle_states set gap_quantile = 0.5 where state = 'new'",
    "delete from life_cycle_states where state = 'returned'",
    "update life_cycle_states set state = 'asleep' where state = 'silent'",
    "delete from weekdays where weekday = 7",
    "update seasons set month = 13 where month = 12",
    "delete from purchasing_power_parts where part = 'tenure'",
    "update purchasing_power_parts set weight = -1 where part = 'tenure'",
    "delete from profile_bands where profile = 'points_level'",
    "update profile_bands set from_share = null where from_share = 0.9",
    "delete from rfm_rules where rule_set = 'rfm_group'",
    "update drift_bands set lower_bound = 0.05 where level = 'stable'",
    "update drift_bands set level = 'calm' where level = 'stable'",
    "update day_parts set to_hour = 10 where day_part = 'morning'",
    "update day_parts set name_en = null where day_part = 'morning'",
    "insert into genders from genders",
    "update reject_reasons set step = 'raed' where reason = 'unreadable'",
    "update recommended_actions set state = 'asleep' where state = 'silent'",
    "update segment_names set segment_code = 'best_value' where segment_code = 'top_value'",
    "update age_bands set birth_year_before = 2000 where age_band = 'young'",
    "update recommended_actions set requires = 'has_point' where requires = 'has_points'",
    "update report_texts set requires = 'has_point' where requires = 'has_points'",
    "update audience_columns set trait = 'favorite_counter' where trait = 'favourite_counter'",
    "update rfm_rules set name_en = 'Others' where code = 'almost_lost' and r_from = 3",
    "update seasons set name_en = 'Cold' where month = 1",
    "update life_cycle_states set gap_quantile = 0.7 where state = 'silent'",
    "update segment_names set m_from = 1 where segment_code = 'base_value'",
    "update age_bands set birth_year_before = 1950 where age_band = 'senior'",
    "update finding_texts set above_share = 1.5 where finding = 'full_sheets'",
    "update price_bands set from_quantile = 1 where from_quantile > 0",
    "update growth_levels set is_comparable = true where level = 'too_young'",
    "update growth_levels set lower_bound = -0.5 where level = 'declining'",
]


@pytest.fixture(scope="module")
def unchanged_seeds() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as warehouse; use warehouse; create schema seeds; use warehouse.seeds")
    for path in (ROOT / "seeds").glob("*.csv"):
        connection.execute(f"create table {path.stem} as from read_csv('{path}', header = true)")
    return connection


@pytest.fixture
def seeds(unchanged_seeds: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    unchanged_seeds.begin()
    yield unchanged_seeds
    unchanged_seeds.rollback()


def failing(classifier: Classifier, seeds: duckdb.DuckDBPyConnection) -> Iterator[tuple]:
    assert len(classifier.seed_tests) > 20
    for test in classifier.seed_tests:
        yield from seeds.execute(test).fetchall()


def test_the_seeds_pass(classifier: Classifier, seeds: duckdb.DuckDBPyConnection) -> None:
    assert list(failing(classifier, seeds)) == []


@pytest.mark.parametrize("edit", EDITS)
def test_a_wrong_edit_fails(edit: str, classifier: Classifier, seeds: duckdb.DuckDBPyConnection) -> None:
    seeds.execute(edit)
    assert any(failing(classifier, seeds))


def test_what_a_test_of_a_seed_finds_is_told_row_by_row(
    classifier: Classifier, seeds: duckdb.DuckDBPyConnection
) -> None:
    seeds.execute("update age_bands set birth_year_before = 1950 where age_band = 'senior'")
    [sql] = [sql for sql in classifier.seed_tests if seeds.execute(sql).fetchall()]
    test = SimpleNamespace(name="t", depends_on_nodes=["seed.project.age_bands"], compiled_code=sql, description="")
    [told] = problems(test, seeds)
    assert told.startswith("seeds/age_bands.csv: bands must follow each other without gap or overlap")
    assert "'age_band': middle" in told
    # Rows of people are nobody's to read in a terminal.
    test = SimpleNamespace(name="t", depends_on_nodes=["model.project.members"], description="Each once.")
    assert list(problems(test, seeds)) == ["What t tests: Each once."]
    test.description, test.original_file_path = "", "models/m.yml"
    assert list(problems(test, seeds)) == ["What t tests: see models/m.yml."]


def test_a_sign_that_tells_a_currency_may_stand_beside_a_number() -> None:
    signs = [sign for sign, *_ in duckdb.sql(f"from '{ROOT}/seeds/currency_signs.csv'").fetchall()]
    number = sql_macro("to_number", "'12 ' || sign", "integer", "'.'")
    asked = f"select sign from (select unnest($1) as sign) where {number} is distinct from 12"
    assert duckdb.execute(asked, [signs]).fetchall() == []


def test_every_finding_has_a_text() -> None:
    sql = (ROOT / "models" / "marts" / "ledger" / "findings.sql").read_text(encoding="utf-8")
    listed = yaml.safe_load((ROOT / "seeds" / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    [texts] = [seed["data_tests"][0]["sound_rows"] for seed in listed if seed["name"] == "finding_texts"]
    # The seed has all that are listed; a finding without a text would be told nowhere.
    in_one_only = {*texts["arguments"]["codes"]["finding"]} ^ {*re.findall(r"'(\w+)' as finding", sql)}
    assert not in_one_only, "in one only of models/marts/ledger/findings.sql and the list of them in seeds/_seeds.yml"

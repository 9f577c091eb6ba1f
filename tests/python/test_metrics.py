"""Each metric of dbt's semantic layer is a number of a mart."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, WRITTEN, Job

pytestmark = pytest.mark.slow

NUMBERS = {
    "orders": "select sum(orders) from marts.eda_customer_types",
    "amount": "select sum(amount) from marts.eda_customer_types",
    "lines": "select sum(lines) from marts.eda_customer_types",
    "customers": "select count(distinct card_id) from marts.orders",
    "pieces": "select sum(pieces) from marts.orders",
    "points": "select sum(points) from marts.sales_lines where reason is null or reason = 'unregistered_card'",
    "amount_per_order": "select sum(amount) / sum(orders) from marts.eda_customer_types",
    "attach_rate": "select sum(pieces) / count(*) from marts.orders",
    "lines_per_order": "select sum(lines) / sum(orders) from marts.eda_customer_types",
    "member_amount_share": """select sum(amount) filter (customer_type = 'member') / sum(amount)
        from marts.eda_customer_types""",
    "returned_amount": "select sum(returned_amount) from marts.member_returns where is_of_counted_purchase",
    "net_amount": "select sum(net_amount) from marts.sales_by_member_and_month",
    "members": "select count(*) from marts.member_life_cycle",
    "buyers": "select count(*) from marts.lrfmpsx",
    "orders_of_members": "select sum(f) from marts.lrfmpsx",
    "amount_of_buyers": "select sum(m) from marts.lrfmpsx",
    "orders_per_buyer": "select sum(f) / count(*) from marts.lrfmpsx",
    "amount_per_buyer": "select sum(m) / count(*) from marts.lrfmpsx",
    "repeat_buyers": "select count(*) from marts.lrfmpsx where f > 1",
    "repeat_rate": "select avg(cast(f > 1 as integer)) from marts.lrfmpsx",
    "expected_value": "select sum(cast(expected_value as decimal(18, 2))) from marts.member_next_steps",
    "inactive_members": "select sum(inactive_members) from marts.activation_by_month",
    "activated_members": "select sum(activated_members) from marts.activation_by_month",
    "activation_rate": """select sum(activation_rate * inactive_members) / sum(inactive_members)
        from marts.activation_by_month where activation_rate is not null""",
    "cohort_members": "select sum(members) from marts.cohort_retention",
    "cohort_buyers": "select sum(buyers) from marts.cohort_retention",
    "retention": """select sum(retention * members) / sum(members) from marts.cohort_retention
        where cohort_type = 'first_purchase' and months_since > 0 and retention is not null""",
}


def query(job: Job, out: Path, *arguments: str) -> list[dict[str, str]]:
    done = job.run("-m", "dbt_metricflow.cli.main", "query", *arguments, "--csv", str(out))
    assert done.returncode == 0, done.stdout
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def published(demo: Job) -> Job:
    # mf reads what dbt leaves in the project's own folder.
    parsed = replace(demo, odd=WRITTEN).dbt_anew(
        "parse", "--target", "published", "--target-path", str(ROOT / "target")
    )
    assert parsed.returncode == 0, parsed.stdout
    return demo


def test_every_metric_is_a_number_of_a_mart(published: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_TARGET", "published")
    (row,) = query(published, tmp_path / "all.csv", "--metrics", ",".join(NUMBERS))
    for metric, sql in NUMBERS.items():
        assert float(row[metric]) == pytest.approx(float(published.query(sql)[0][0])), metric


def test_members_by_a_trait_are_those_of_the_segments(
    published: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_TARGET", "published")
    metrics = ("--metrics", "buyers,amount_of_buyers", "--group-by", "member__segment_code")
    rows = query(
        published, tmp_path / "groups.csv", *metrics, "--where", "{{ Dimension('member__segment_code') }} is not null"
    )
    assert {(row["member__segment_code"], int(float(row["buyers"]))) for row in rows} == set(
        published.query("select segment_code, members from marts.segment_summary")
    )


def test_no_metric_is_left_out() -> None:
    text = (ROOT / "models" / "marts" / "_metrics.yml").read_text(encoding="utf-8")
    named = {
        line.split("name: ")[1]
        for line in text.partition("\nmetrics:")[2].splitlines()
        if line.startswith("  - name: ")
    }
    assert named == set(NUMBERS)

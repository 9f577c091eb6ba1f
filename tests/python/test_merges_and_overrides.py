"""Cards of one person, and segments that a person has set: a whole build with both lists, and what they may hold."""

import datetime
import json
from pathlib import Path

import numpy as np
import pytest
from conftest import QUICK_FIT, Job, input_problem, landed

from segmentation.audience import Request, export_audience, read_contacts
from segmentation.publication import publish

SHOP = """
members: {files: members.csv, columns: {card_id: card, registered_at: since, gender: sex}}
sales_lines: {files: sales.csv, columns: {card_id: card, purchased_at: at, amount: paid}}
"""
LISTS = """
card_merges: {files: merges.csv, columns: {card_id: old, merged_into: new}}
segment_overrides:
  files: overrides.csv
  date_format: "%d/%m/%Y"
  columns: {card_id: card, segment_code: segment, reason: why, expiry_date: until}
"""
SHORT_HORIZON = {"next_steps_horizon_days": 90, "clv_horizon_days": [90]}


def write_shop(raw: Path, lists: dict[str, str]) -> str:
    """Write a shop of 80 members, of whom every fourth spends much, and its lists; return its retailer file."""
    raw.mkdir()
    rng = np.random.default_rng(1)
    members = [f"m{number:02d},2015-01-{1 + number % 28:02d},{'FM'[number % 2]}\n" for number in range(80)]
    lines = [
        f"m{number:02d},{datetime.date(2016, 1, 1) + datetime.timedelta(int(day))} 1{hour}:00,{price}\n"
        for number in range(78)
        for day, hour, price in zip(
            rng.integers(0, 500, 12 if number % 4 == 0 else 3),
            rng.integers(0, 10, 12),
            rng.integers(500, 900, 12) if number % 4 == 0 else rng.integers(5, 60, 12),
            strict=False,
        )
    ]
    (raw / "members.csv").write_text("card,since,sex\n" + "".join(members))
    (raw / "sales.csv").write_text("card,at,paid\n" + "".join(lines))
    for name, content in lists.items():
        (raw / name).write_text(content)
    (raw.parent / "shop.yml").write_text(SHOP + (LISTS if lists else ""))
    return str(raw.parent / "shop.yml")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Job:
    job = Job(tmp_path_factory.mktemp("shop") / "raw", tmp_path_factory.mktemp("out"))
    retailer = write_shop(
        job.raw_dir,
        {
            # m02 came with m01, whose registration is the earlier one; m05 into two.
            "merges.csv": "old,new\nm02,m01\nm03,m02\nm05,m06\nm05,m07\nm08,m08\ngone,m01\n",
            "overrides.csv": "card,segment,why,until\n"
            "m03,TOP_VALUE,husband of the owner,\n"
            "m09,top_value,wholesaler,31/12/2016\n"
            "m10,top_value,wholesaler,31/12/2019\n"
            "m79,top_value,to come,\n"
            "m11,vip,,\n",
        },
    )
    done = job.dbt(
        "build", "--select", "+member_overview", "+findings", "+rejected_members", "+cleaning_funnel", "+vip_info",
        "+code_labels", "audience_columns",
        "--vars", json.dumps({"retailer": retailer} | QUICK_FIT | SHORT_HORIZON),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3_000:]
    publish(job.warehouse)
    return job


@pytest.mark.slow
def test_the_cards_of_a_person_are_one_member(shop: Job) -> None:
    assert shop.query("select card_id, merged_into, final_card_id, reason from marts.card_merges order by row_no") == [
        ("m02", "m01", "m01", None),
        ("m03", "m02", "m01", None),
        ("m05", "m06", None, "several_ends"),
        ("m05", "m07", None, "several_ends"),
        ("m08", "m08", None, "into_itself"),
        ("gone", "m01", None, "unknown_card"),
    ]
    assert shop.query(
        "select count(*), max(lines) from (select count(*) as lines from marts.vip_info group by card_id)"
    ) == [(76, 12)]
    assert shop.query(
        "select card_id, merged_card_id, reason from marts.member_rows where card_id = 'm01' order by all"
    ) == [
        ("m01", "m02", "other_card_of_person"),
        ("m01", "m03", "other_card_of_person"),
        ("m01", None, None),
    ]
    assert shop.query("select count(*), count(merged_card_id) from marts.sales_lines where card_id = 'm01'") == [(9, 6)]
    assert shop.query("select visits, gender from marts.member_overview where card_id in ('m01', 'm02', 'm03')") == (
        shop.query(
            "select count(distinct cast(purchased_at as date)), 'male' from marts.sales_lines where card_id = 'm01'"
        )
    )
    assert shop.query(
        "select rows_in, rows_removed, rows_out from marts.cleaning_funnel where step = 'one_row_per_card'"
    ) == [(80, 2, 78)]
    assert shop.query("select found, looked_at from marts.findings where subject = 'card_merges'") == [(3, 6)]


@pytest.mark.slow
def test_a_segment_that_a_person_has_set_is_what_next_steps_and_audiences_use(shop: Job, tmp_path: Path) -> None:
    assert shop.query("select card_id, segment_code, reason from marts.segment_overrides order by row_no") == [
        ("m01", "top_value", None),
        ("m09", "top_value", "expired"),
        ("m10", "top_value", None),
        ("m79", "top_value", "no_buyer"),
        ("m11", "vip", "no_reason"),
    ]
    assert shop.query(
        """select card_id, segment_code, override_segment_code, override_reason, effective_segment_code
        from marts.member_overview where override_segment_code is not null order by card_id"""
    ) == [
        ("m01", "base_value", "top_value", "husband of the owner", "top_value"),
        ("m10", "base_value", "top_value", "wholesaler", "top_value"),
    ]
    # The groups of the clusters are as they were: every fourth member.
    [(of_clusters,)] = shop.query("select count(*) from marts.member_segments where segment_code = 'top_value'")
    assert of_clusters == 20
    request = Request(where=("effective_segment=top_value",), reason="a test", name="top", holdout=0, minimum=1)
    said = str(export_audience(shop.warehouse, tmp_path, request)[1])
    assert "22 members to contact" in said
    # Who was contacted or has opted out under an old card is the same person.
    contacted = {contact.card_id for contact in read_contacts(tmp_path / "audiences")}
    assert {"m01", "m10"} < contacted
    (tmp_path / "stop.csv").write_text("card\nm02\nm10\n")
    stop = Request(
        where=("effective_segment=top_value",), reason="a test", name="less", holdout=0, minimum=1, recent_days=0,
        opt_out=tmp_path / "stop.csv",
    )  # fmt: skip
    assert "20 members to contact" in str(export_audience(shop.warehouse, tmp_path, stop)[1])


def test_lists_may_be_empty_and_are_read_as_other_files_are(tmp_path: Path) -> None:
    retailer = write_shop(
        tmp_path / "raw", {"merges.csv": "old,new\n", "overrides.csv": "card;segment;why;until\nm01;高;甲;01/02/2017\n"}
    )
    with landed(tmp_path / "raw", retailer) as connection:
        assert connection.execute("select count(*) from work.raw.card_merges").fetchall() == [(0,)]
        [row] = connection.execute(
            "select card_id, segment_code, reason, cast(expiry_date_parsed as date) from work.raw.segment_overrides"
        ).fetchall()
        assert row == ("m01", "高", "甲", datetime.date(2017, 2, 1))
    (tmp_path / "raw" / "merges.csv").write_text("old,new\n6.01235E+15,m01\n")
    assert "merges.csv, line 2: card_id is a long number" in str(input_problem(retailer, tmp_path / "raw"))
    (tmp_path / "raw" / "merges.csv").write_text("old,new\nm01,6.01235E+15\n")
    assert "merges.csv, line 2: merged_into is a long number" in str(input_problem(retailer, tmp_path / "raw"))
    (tmp_path / "raw" / "merges.csv").unlink()
    assert "merges.csv is missing: the retailer shop keeps the card merges there" in str(
        input_problem(retailer, tmp_path / "raw")
    )


def test_a_shop_without_lists_has_no_rows_of_them(tmp_path: Path) -> None:
    with landed(tmp_path / "raw", write_shop(tmp_path / "raw", {})) as connection:
        for name in ("card_merges", "segment_overrides"):
            assert connection.execute(f"select count(*) from work.raw.{name}").fetchall() == [(0,)]

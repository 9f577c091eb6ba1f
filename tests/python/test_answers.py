"""The example queries: short, described as they ask, and answered on demo data in docs/answers.md."""

from pathlib import Path

import duckdb
import yaml
from conftest import QUERIES, ROOT, Job, check_made_file, example_query

MOST_LINES = 15
ROWS_SHOWN = 8
HEADING = """# Questions and answers

The queries of the folder `analysis`, each with the beginning of its result on demo data (`make demo MEMBERS=2000
LINES=12000`). `dbt compile` writes them ready to run to `target/compiled`; `{{ ref('orders') }}` is the table
`marts.orders`. A test runs all of them and compares this page. They run on the files of any retailer; a question about
what those do not record gets no rows, or none but that of the unknown.
"""


def question(query: Path) -> str:
    return query.read_text(encoding="utf-8").splitlines()[0].removeprefix("-- ")


def test_every_query_fits_into_fifteen_lines_below_its_question() -> None:
    assert len(QUERIES) >= 24
    for query in QUERIES:
        first, *lines = query.read_text(encoding="utf-8").splitlines()
        assert first.startswith("-- "), query.name
        assert len(lines) <= MOST_LINES, query.name


def test_the_site_of_the_docs_describes_each_query_by_its_question() -> None:
    described = yaml.safe_load((ROOT / "analysis" / "_analyses.yml").read_text(encoding="utf-8"))["analyses"]
    assert {analysis["name"]: analysis["description"] for analysis in described} == {
        query.stem: question(query) for query in QUERIES
    }


def test_what_is_bought_next_is_of_the_next_order_and_counts_genders_that_are_known() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create table marts.orders as from (values ('a1', 'a', 1), ('a2', 'a', 4), ('b1', 'b', 1), ('b2', 'b', 2))
            as o (order_id, card_id, purchased_at);
        alter table marts.orders add column customer_type varchar default 'member';
        -- The first receipt of a has two moments; the gender of b was filled in.
        create table marts.vip_info as from (values ('a1', 'a', 1, 'tea'), ('a1', 'a', 2, 'cup'), ('a2', 'a', 4, 'pot'),
            ('b1', 'b', 1, 'tea'), ('b2', 'b', 2, 'cup')) as l (order_id, card_id, purchased_at, product_name);
        alter table marts.vip_info rename product_name to product_code;
        create table marts.products as select distinct product_code, product_code as product_name from marts.vip_info;
        alter table marts.vip_info add column counter_code varchar;
        update marts.vip_info set counter_code = product_code;
        create table marts.counters as select product_code as counter_code, product_name || 's' as counter_name
            from marts.products;
        create table marts.members as from (values ('a', 'female', false, 1980), ('b', 'female', true, 1980))
            as m (card_id, gender, is_gender_filled, birth_decade);
        create table marts.member_overview as
            select card_id, 'Female' as gender_name_en, 'Young' as age_band_name_en from marts.members"""
    )
    next_product, next_counter = (
        connection.sql(example_query(ROOT / "analysis" / f"{name}.sql")).fetchall()
        for name in ("next_product_for_women_of_the_1980s", "next_purchase_by_group")
    )
    assert next_product == [("cup", "pot", 1), ("tea", "pot", 1)]
    assert next_counter == [("Female", "Young", "pots", 1)]


def test_a_product_or_counter_without_a_name_is_shown_by_its_code_and_equal_names_are_not_one() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create table marts.orders as from (values ('a1', 'a', 1), ('a2', 'a', 2), ('b1', 'b', 1), ('b2', 'b', 2),
            ('c1', 'c', 1), ('c2', 'c', 2)) as o (order_id, card_id, purchased_at);
        alter table marts.orders add column customer_type varchar default 'member';
        create table marts.vip_info as select order_id, card_id, code as product_code, code as counter_code
            from (values ('a1', '1'), ('a2', '2'), ('b1', '1'), ('b2', '3'), ('c1', '1'), ('c2', '4'))
                as l (order_id, code)
            inner join marts.orders using (order_id);
        create table marts.products as
            from (values ('1', null), ('2', 'Tea'), ('3', 'Tea'), ('4', null)) as p (product_code, product_name);
        create table marts.counters as select product_code as counter_code, product_name as counter_name
            from marts.products;
        create table marts.members as select distinct card_id, 'female' as gender, false as is_gender_filled,
            1980 as birth_decade from marts.orders;
        create table marts.member_overview as select card_id, 'Female' as gender_name_en, card_id as age_band_name_en
            from marts.members;
        create table marts.basket_pairs as select 'product' as level, '1' as item_code, null::text as item_name,
            '2' as other_item_code, null::text as other_item_name, 1 as orders, 1 as support, 1 as confidence,
            1 as lift, 1 as chance_lift, true as is_above_chance, 1 as pair_rank;
        create table marts.segment_bundles as select 1 as segment, 'Top' as segment_name_en, * from marts.basket_pairs;
        create table marts.next_purchases as select 'counter' as level, '1' as item_code, null::text as item_name,
            '2' as next_item_code, null::text as next_item_name, 1 as members, 1 as recorded_members, 1 as share,
            1 as usual_share, 1 as median_days_between, true as is_above_chance, 1 as next_rank"""
    )

    def answer(name: str) -> list[tuple]:
        return connection.sql(example_query(ROOT / "analysis" / f"{name}.sql")).fetchall()

    products = answer("next_product_for_women_of_the_1980s")
    assert products == [("1", "Tea", 1), ("1", "Tea", 1), ("1", "4", 1)]
    counters = answer("next_purchase_by_group")
    assert counters == [("Female", "a", "Tea", 1), ("Female", "b", "Tea", 1), ("Female", "c", "4", 1)]
    assert [row[1:3] for row in answer("what_sells_together")] == [("1", "2")]
    assert [row[3:5] for row in answer("bundles_for_segments")] == [("1", "2")]
    assert [row[:2] for row in answer("what_follows_the_first_purchase")] == [("1", "2")]


def test_who_bought_before_registering_is_a_buyer_within_180_days_only_with_a_purchase_in_them() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create table marts.retailer as select true as has_registered_at;
        create table marts.eda_coverage as select cast(month_start as date) as month_start,
            case month(month_start) when 12 then 'missing' when 8 then 'partial' else 'complete' end as status
            from (select unnest(range(date '2016-12-01', date '2017-09-01', interval 1 month)) as month_start);
        create table marts.member_overview as select timestamp '2020-01-01' as as_of;
        create table marts.members as select unnest(['before', 'both', 'soon', 'late', 'never', 'in a gap', 'near one',
            'after the data']) as card_id, timestamp '2017-01-01 12:00:00' as registered_at;
        update marts.members set registered_at = '2018-01-31' where card_id = 'after the data';
        update marts.members set registered_at = '2016-12-31' where card_id = 'in a gap';
        update marts.members set registered_at = '2017-02-02' where card_id = 'near one';
        create table marts.orders as select card_id, cast(purchased_at as timestamp) as purchased_at,
            'member' as customer_type
            from (values ('before', '2016-12-01'), ('both', '2016-12-01'), ('both', '2017-01-11'),
                ('soon', '2017-01-01'), ('late', '2017-12-01')) as o (card_id, purchased_at)"""
    )
    rows = connection.sql(example_query(ROOT / "analysis" / "days_from_registration_to_purchase.sql")).fetchall()
    assert rows == [(2017, 5, 40.0, 40.0, 5.0)]


def test_what_nobody_spent_is_nothing_and_a_share_of_nothing_is_no_number() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create schema seeds;
        create table marts.vip_info as from (values ('once', 'a', 'a1', 5.00), ('gift', 'a', 'a1', 0.00))
            as l (product_code, card_id, order_id, amount);
        create table marts.products as from (values ('once', 'Pot'), ('gift', 'Bag')) as p (product_code, product_name);
        create table marts.lrfmpsx as select 'a' as card_id, 0.00 as m;
        create table marts.orders as from (values (timestamp '2017-02-02', 'no_card', 5.00),
            (timestamp '2017-01-02', 'no_card', 0.00)) as o (purchased_at, customer_type, amount);
        create table marts.dates as select cast(purchased_at as date) as day,
            cast(purchased_at as date) - 1 as month_start, 'complete' as coverage_status from marts.orders;
        create table marts.member_overview as select 'c' as favourite_counter_code, 'Cups' as favourite_counter_name,
            'active' as state, 5.00 as amount from range(10);
        create table seeds.life_cycle_states as select 'active' as state, false as is_inactive"""
    )

    def last_cells(name: str) -> list:
        return [row[-1] for row in connection.sql(example_query(ROOT / "analysis" / f"{name}.sql")).fetchall()]

    assert last_cells("best_sellers_of_members") == [0, None]
    assert last_cells("amount_of_the_best_members") == [None]
    assert last_cells("store_sales_by_month") == [0, None]
    assert last_cells("counters_that_lose_members") == [0]


def test_a_counter_with_returns_and_no_sales_is_among_those_of_returns_by_its_usual_name() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create table marts.vip_info as select 'c' as counter_code, 10.00 as amount;
        create table marts.counters as select 'c' as counter_code, 'Cups' as counter_name;
        create table marts.member_returns as from (values ('c', 'Pots (old)', 1.00, true),
            ('closed', 'Hats', 2.00, true), ('gifts', null, 3.00, false), (null, null, 4.00, true))
            as r (counter_code, counter_name, returned_amount, is_of_counted_purchase)"""
    )
    rows = connection.sql(example_query(ROOT / "analysis" / "returns_by_counter.sql")).fetchall()
    assert rows == [("c", "Cups", 10, 1, 10.0), ("closed", "closed", 0, 2, None)]


def test_down_is_to_a_segment_of_smaller_means_whatever_the_numbers() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create table marts.segment_summary as from (values (1, 90), (2, 10), (3, 40)) as s (segment, m);
        create table marts.segment_changes as from (
            values ('down', 3, 2), ('up', 2, 3), ('from_the_top', 1, 3), ('never', null, 2))
            as c (card_id, previous_segment, segment);
        alter table marts.segment_changes add column segment_change_date date;
        create table marts.member_overview as select card_id, 1 as amount, 1 as days_since_last_purchase
            from marts.segment_changes"""
    )
    rows = connection.sql(example_query(ROOT / "analysis" / "who_moved_down.sql")).fetchall()
    assert [card for card, *_ in rows] == ["down", "from_the_top"]


def test_who_buys_dear_goods_mostly_at_a_discount_does_not_pay_their_full_price() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create table marts.member_purchasing_power as select *, 60 as score, 1 as orders, 9 as amount_per_order,
            1 as high_price_share, 5 as days_since_last_purchase, 90 as amount_per_order_score,
            90 as high_price_share_score, 20 as orders_score
            from (values ('full', 0), ('half', 0.5), ('seldom', 0.2), ('not recorded', null))
                as m (card_id, discounted_share)"""
    )
    query = example_query(ROOT / "analysis" / "members_with_unused_purchasing_power.sql")
    assert {card for card, *_ in connection.sql(query).fetchall()} == {"full", "seldom", "not recorded"}


def test_a_last_receipt_that_goes_on_past_midnight_is_lost_whole() -> None:
    connection = duckdb.connect()
    connection.execute(
        """create schema marts;
        create table marts.member_life_cycle as
            select 'a' as card_id, 'lost' as state, date '2020-06-30' as last_visit_date;
        create table marts.vip_info as from (values ('a', timestamp '2020-06-30 23:50', 10),
            ('a', '2020-07-01 00:10', 5)) as l (card_id, purchased_at, amount);
        create table marts.orders as select 'a' as card_id, min(purchased_at) as purchased_at, sum(amount) as amount
            from marts.vip_info;
        create table marts.eda_coverage as
            select cast(month as date) as month_start, 'complete' as status
            from generate_series(date '2019-01-01', date '2020-12-01', interval 1 month) as months (month)"""
    )
    query = example_query(ROOT / "analysis" / "sales_lost_with_members_who_left.sql")
    assert connection.sql(query).fetchall() == [(2020, 1, 1.0, 15, 15.0)]


def test_the_page_of_answers_is_what_the_queries_give(demo: Job) -> None:
    page = HEADING
    with duckdb.connect(str(demo.warehouse), read_only=True) as connection:
        for query in QUERIES:
            result = connection.sql(example_query(query))
            rows = result.fetchall()
            assert rows, query.name
            page += f"\n## {question(query)}\n\n[{query.name}](../analysis/{query.name})\n\n"
            table = [result.columns, ["---"] * len(result.columns), *rows[:ROWS_SHOWN]]
            page += "".join("| " + " | ".join(shown(value) for value in row) + " |\n" for row in table)
            if len(rows) > ROWS_SHOWN:
                page += f"\n… {len(rows):,} rows in all\n"
    check_made_file("docs/answers.md", page)


def shown(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|")

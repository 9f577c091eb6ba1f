"""Selections say what a person wrote: every condition against the rows that it is true of."""

import re
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest
from test_report import texts as report_texts

from segmentation.errors import InputError
from segmentation.report.story import filled
from segmentation.selection import Condition, Overview, parse

ROWS = [
    # card, gender, segment, code, name_zh, name_en, counter, counter name, amount, orders, last visit, expected
    ("a", "female", 1, "top_value", "高价值客群", "Top-value group", "01", "护肤柜", 500, 5, "2017-12-01", 90),
    ("b", "male", 1, "top_value", "高价值客群", "Top-value group", "02", "Coats, or jackets", 400, 4, "2017-06-30", 80),
    ("c", "female", 2, "base_value", "基础客群", "Base-value group", "01", "护肤柜", 100, 1, "2016-01-01", None),
    ("d", None, 2, "base_value", "基础客群", "Base-value group", "03", "x' or 1=1 --", 20, 1, "2017-06-29", 0),
    ("e", "female", None, None, None, None, None, None, 0, 0, None, None),
]


@pytest.fixture
def overview() -> Iterator[Overview]:
    with duckdb.connect() as connection:
        connection.execute(
            """create schema marts; create table marts.member_overview (card_id varchar, gender varchar,
            segment integer, segment_code varchar, segment_name_zh varchar, segment_name_en varchar,
            favourite_counter_code varchar, favourite_counter_name varchar, amount decimal(18, 2), orders bigint,
            last_visit_date date, expected_value decimal(18, 2))"""
        )
        connection.execute(
            """create table marts.code_labels as from (values ('gender', 'other', '其他', 'Other'),
            ('gender', 'male', '男', 'Male'), ('state', 'top', '高', 'Top')) as l (code_set, code, name_zh, name_en)"""
        )
        connection.executemany(f"insert into marts.member_overview values ({', '.join('?' * 12)})", ROWS)
        yield Overview(connection)


@pytest.mark.parametrize(
    ("condition", "cards"),
    [
        ("gender=female", "ace"),
        ("gender!=female", "bd"),
        ("gender≠female", "bd"),
        ("gender≠female or segment=1", "abd"),
        ("gender=", "d"),
        ("gender!=", "abce"),
        ("gender = Female , male", "abce"),
        # Codes that nobody has.
        ("gender=other", ""),
        ("gender=其他,男", "b"),
        ("gender!=other", "abcde"),
        ("segment=1", "ab"),
        ("segment_code=top_value", "ab"),
        ("segment=TOP-VALUE GROUP", "ab"),
        ("segment=基础客群，１", "abcd"),
        ("segment!=2", "abe"),
        ("favourite_counter=护肤柜", "ac"),
        ("favourite_counter_name=02、03", "bd"),
        ("favourite_counter=Coats, or jackets", "b"),
        ("favourite_counter=x' or 1=1 --", "d"),
        ("amount>=100", "abc"),
        ("amount＞100", "ab"),
        ("amount!=100", "abde"),
        ("amount=20,500", "ad"),
        ("expected_value<90", "bd"),
        ("expected_value=", "ce"),
        ("last_visit_date>=2017-06-30", "ab"),
        ("last_visit_date<2017-06-30", "cd"),
        ("gender=male or amount<50", "bde"),
        ("not gender=female", "bd"),
        # Who has no value is not above it either: none of the two is true of d.
        ("NOT gender=male or expected_value>=80", "cde"),
        ("not (segment=2 or favourite_counter=Coats, or jackets)", "ae"),
        ("segment=2 OR favourite_counter=Coats, or jackets or orders=0", "bcde"),
    ],
)
def test_a_condition_selects_those_of_whom_it_is_true(condition: str, cards: str, overview: Overview) -> None:
    selected = overview.ranked([parse(condition)], "amount")
    assert "".join(sorted(card for (card,) in selected)) == cards
    assert overview.sums([parse(condition)]).members == len(cards)


@pytest.mark.parametrize(
    ("condition", "cards"),
    [
        ("favourite_counter=ABC", "p"),
        ("favourite_counter=abc", "q"),
        ("favourite_counter=Abc", "pq"),
        ("favourite_counter=abc,01", "acq"),
        ("favourite_counter=Salt or gender=lost", "r"),
        ("favourite_counter=salt OR gender = lost", "r"),
        ("not favourite_counter=Salt or gender=lost", "abcdepqs"),
        ("favourite_counter!=Salt or gender=lost", "abcdepqs"),
        ("favourite_counter=Salt or gender=male", "bs"),
    ],
)
def test_values_that_look_like_others_or_like_conditions_can_be_selected(
    condition: str, cards: str, overview: Overview
) -> None:
    overview.connection.execute(
        """insert into marts.member_overview (card_id, favourite_counter_code, amount, orders)
        values ('p', 'ABC', 0, 0), ('q', 'abc', 0, 0), ('r', 'Salt or gender=lost', 0, 0),
            ('s', 'Salt', 0, 0)"""
    )
    selected = overview.ranked([parse(condition)], "amount")
    assert "".join(sorted(card for (card,) in selected)) == cards


def test_traits_are_told_with_numbers_to_be_read(overview: Overview) -> None:
    overview.connection.execute("alter table marts.member_overview add column p_alive double default 1 / 3.0")
    told = list(Overview(overview.connection).described())
    assert "amount: a number from 0.00 to 500.00" in told
    assert told[-1] == "p_alive: a number from 0.33 to 0.33"
    with pytest.raises(InputError, match=r"p_alive is a share, from 0 to 1: write 0\.8 for 80 %, not 80"):
        Overview(overview.connection).where([parse("p_alive>=80")])


@pytest.mark.parametrize("condition", ["gender=female", "amount>100", "segment=1", "gender=", "expected_value<90"])
def test_not_selects_all_the_others(condition: str, overview: Overview) -> None:
    wanted = parse(condition)
    [comparison] = wanted.comparisons
    others = [wanted._replace(is_none_of=True)]
    if comparison.operator == "=":
        others.append(Condition((comparison._replace(operator="!="),)))
    for other in others:
        assert overview.sums([wanted]).members + overview.sums([other]).members == len(ROWS)
    assert 0 < overview.sums([wanted]).members < len(ROWS)


@pytest.mark.parametrize("condition", ["gender=female", "not gender=a,b or amount>=7", "gender!="])
def test_a_condition_as_a_text_is_read_as_it_was(condition: str) -> None:
    assert str(parse(condition)) == condition
    assert parse(str(parse(condition))) == parse(condition)


def test_conditions_hold_together_and_sums_are_of_the_selected(overview: Overview) -> None:
    sums = overview.sums([parse("gender=female"), parse("amount<200 or orders>4")])
    assert sums == (3, 2, 6, Decimal("600.00"), Decimal("90.00"))
    assert overview.sums([parse("orders=0")]).expected_value is None
    assert overview.sums([]).members == len(ROWS)


def test_members_are_ranked_by_a_number_then_by_amount_and_card(overview: Overview) -> None:
    assert [card for card, _ in overview.ranked([], "expected_value", ["favourite_counter"])] == list("abdce")
    assert overview.ranked([parse("orders=5")], "orders", ["favourite_counter", "gender"]) == [("a", "01", "female")]


def test_values_are_bound_and_never_part_of_the_sql(overview: Overview) -> None:
    sql, parameters = overview.where([parse("favourite_counter=x' or 1=1 --"), parse("amount>=7")])
    assert parameters == ["x' or 1=1 --", 7.0]
    assert "1=1" not in sql
    assert "7" not in sql


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("gendre=female", "no trait 'gendre'; choose one of amount, expected_value"),
        ("card_id=a", "no trait 'card_id'"),
        ("gender=woman", "no gender 'woman'; choose one of female, male, other, or one's name"),
        ("gender=top_value", r"no gender 'top_value' \(segment=top_value there is\)"),
        ("segment=1,9", "no segment '9'; choose one of base_value, top_value"),
        ("amount>=many", "'many' is no value of amount; write a number such as 1000"),
        ("amount>=inf", "'inf' is no value of amount"),
        ("amount>=1,000", "'amount>=1,000' cannot be compared"),
        ("amount>=", "cannot be compared"),
        ("gender>=female", "cannot be compared"),
        ("last_visit_date>=20170101x", "write a date such as 2017-06-30"),
        ("female", "'female' is no condition; write one such as"),
        ("", "'' is no condition"),
        ("not ", "'not ' is no condition"),
        ("not (gender=female", "is no condition"),
    ],
)
def test_what_there_is_not_is_one_sentence(condition: str, said: str, overview: Overview) -> None:
    with pytest.raises(InputError, match=said) as raised:
        overview.sums([parse(condition)])
    # The live page says the same in both languages.
    text, values = report_texts()[raised.value.key], raised.value.values
    assert filled("", text["text_en"], values) == str(raised.value)
    assert re.search("[\u4e00-\u9fff]", filled("", text["text_zh"], values))


def test_only_like_values_are_named_of_very_many(overview: Overview) -> None:
    overview.connection.execute(
        """insert into marts.member_overview (card_id, favourite_counter_code, amount, orders)
        select 'n' || n, 'counter' || n, 0, 0 from range(400) as r (n)"""
    )
    with pytest.raises(InputError, match=r"choose one of counter31, .* … \(\+373\), or one's name"):
        overview.sums([parse("favourite_counter=countr31")])


def test_the_traits_are_told_with_their_values(overview: Overview) -> None:
    assert [*overview.described()] == [
        "gender: female; male",
        "segment: 1 / top_value / 高价值客群 / Top-value group; 2 / base_value / 基础客群 / Base-value group",
        "favourite_counter: 01 / 护肤柜; 02 / Coats, or jackets; 03 / x' or 1=1 --",
        "amount: a number from 0.00 to 500.00",
        "orders: a number from 0 to 5",
        "last_visit_date: a date from 2016-01-01 to 2017-12-01",
        "expected_value: a number from 0.00 to 90.00",
    ]

"""Days off as the State Council of China announced them, and other countries' as they come."""

import datetime

import pandas as pd
import pytest

from segmentation.days_off import days_off


def test_chinas_days_off_of_2017_are_those_that_were_announced() -> None:
    year = datetime.datetime(2017, 1, 1, 10), datetime.datetime(2017, 12, 31, 22)
    frame = days_off("CN", *year, datetime.datetime(2018, 1, 1))
    assert len(frame) == 365
    off = {day.date().isoformat()[5:] for day in frame.loc[frame["is_day_off"], "day"]}
    long_holidays = [*range(127, 132), *range(201, 203), *range(402, 405), 501, *range(528, 531), *range(1001, 1009)]
    assert {f"{day // 100:02}-{day % 100:02}" for day in [101, 102, *long_holidays]} <= off
    # Weekends worked in exchange.
    assert not {"01-22", "02-04", "04-01", "05-27", "09-30"} & off
    names = frame.set_index(frame["day"].dt.strftime("%m-%d"))
    assert names.loc["10-01"].tolist()[1:] == [True, "国庆节", "National Day"]
    # Kept on another day, and off in exchange for a Sunday.
    assert names.loc["02-01", "holiday_name_zh"] == "春节"
    assert names.loc["02-02", "holiday_name_en"] == "Day off"
    assert names.loc["01-07"].isna().tolist() == [False, False, True, True]


@pytest.mark.parametrize(("country", "chinese"), [("NZ", 0), ("DE", 0), ("HK", 1)])
def test_names_are_in_the_languages_that_are_there(country: str, chinese: int) -> None:
    new_year = days_off(country, *[datetime.datetime(2018, 1, 1)] * 3)
    assert new_year["holiday_name_en"].tolist() in (["New Year's Day"], ["The first day of January"])
    assert new_year["holiday_name_zh"].count() == chinese


@pytest.mark.parametrize(
    ("as_of", "last_day"), [("2017-12-31", "2018-01-01"), ("2018-01-02", "2018-01-01"), ("2018-01-04", "2018-01-03")]
)
def test_days_reach_from_the_first_order_to_the_last_or_to_the_as_of_date(as_of: str, last_day: str) -> None:
    first, last = datetime.datetime(2017, 12, 30, 10), datetime.datetime(2018, 1, 1, 10)
    frame = days_off(None, first, last, datetime.datetime.fromisoformat(as_of))
    assert frame["day"].is_unique
    assert [frame["day"].min(), frame["day"].max()] == [pd.Timestamp("2017-12-30"), pd.Timestamp(last_day)]
    # Without a country nobody knows.
    assert frame["is_day_off"].isna().all()


def test_without_an_order_there_is_no_day() -> None:
    assert days_off("CN", None, None, datetime.datetime(2018, 1, 1)).empty

"""Days off as the State Council of China announced them, and other countries' as they come."""

import datetime

import pytest

from segmentation.days_off import days_off


def test_chinas_days_off_of_2017_are_those_that_were_announced() -> None:
    frame = days_off("CN", datetime.date(2017, 1, 1), datetime.date(2017, 12, 31))
    off = {day.date().isoformat()[5:] for day in frame["day"]}
    long_holidays = [*range(127, 132), *range(201, 203), *range(402, 405), 501, *range(528, 531), *range(1001, 1009)]
    assert {f"{day // 100:02}-{day % 100:02}" for day in [101, 102, *long_holidays]} <= off
    # Weekends worked in exchange.
    assert not {"01-22", "02-04", "04-01", "05-27", "09-30"} & off
    names = frame.set_index(frame["day"].dt.strftime("%m-%d"))
    assert names.loc["10-01"].tolist()[1:] == ["国庆节", "National Day"]
    # Kept on another day, and off in exchange for a Sunday.
    assert names.loc["02-01", "holiday_name_zh"] == "春节"
    assert names.loc["02-02", "holiday_name_en"] == "Day off"
    assert names.loc["01-07"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize(("country", "chinese"), [("NZ", 0), ("DE", 0), ("HK", 1)])
def test_names_are_in_the_languages_that_are_there(country: str, chinese: int) -> None:
    new_year = days_off(country, datetime.date(2018, 1, 1), datetime.date(2018, 1, 1))
    assert new_year["holiday_name_en"].tolist() in (["New Year's Day"], ["The first day of January"])
    assert new_year["holiday_name_zh"].count() == chinese


def test_without_a_country_there_are_none() -> None:
    assert days_off(None, datetime.date(2018, 1, 1), datetime.date(2018, 12, 31)).empty
    assert days_off("CN", None, None).empty

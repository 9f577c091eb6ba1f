"""The days of the sales, and which of them a country has off, as the package `holidays` knows them."""

import datetime
import re

import pandas as pd

# What the package adds to the name of a holiday that is kept on another day.
MOVED = re.compile(r" \((observed|substituted)[^)]*\)|（[^）]*）")


def days_off(
    country: str | None, first: datetime.datetime | None, last: datetime.datetime | None, as_of: datetime.datetime
) -> pd.DataFrame:
    """Return the days of the sales, and which a country has off: weekends and holidays, less those worked in exchange.

    Parameters
    ----------
    country : ISO 3166 code such as CN; without one it is not known of any day whether it is off.
    first, last : the first order and the last one; None where there is none, and no day.
    as_of : the days end with the last order, or with the day before this one where that is later.

    Returns
    -------
    Frame with a row per day: `day`, `is_day_off`, and `holiday_name_zh` and `holiday_name_en`, null on a day without
    a holiday and where the package has no name in the language.
    """
    if first is None or last is None:
        days = pd.DatetimeIndex([])
    else:
        days = pd.date_range(first.date(), max(last.date(), as_of.date() - datetime.timedelta(1)), unit="s")
    rows: list[tuple[bool | None, str | None, str | None]] = [(None, None, None)] * len(days)
    if country and len(days):
        # Only here is it needed, which takes a quarter of a second to load.
        import holidays

        years = range(days[0].year, days[-1].year + 1)
        known = holidays.country_holidays(country, years=years)
        # Without languages its names are English.
        languages = known.supported_languages or ("en",)
        chinese, english = (
            {} if language is None else holidays.country_holidays(country, years=years, language=language)
            for language in (_best(languages, "zh_CN"), _best(languages, "en_US"))
        )
        rows = [
            (True, _name(chinese.get(day)), _name(english.get(day)))
            if not known.is_working_day(day)
            else (False, None, None)
            for day in days.date
        ]
    frame = pd.DataFrame(rows, days, ["is_day_off", "holiday_name_zh", "holiday_name_en"])
    types = {"is_day_off": "boolean", "holiday_name_zh": "str", "holiday_name_en": "str"}
    return frame.astype(types).rename_axis("day").reset_index()


def _best(languages: tuple[str, ...], wanted: str) -> str | None:
    """Return the wanted one, or else another form of the same language."""
    same = [language for language in languages if language[:2] == wanted[:2]]
    return wanted if wanted in same else next(iter(same), None)


def _name(name: str | None) -> str | None:
    return name and MOVED.sub("", name)

"""Public holidays and the days off beside them, as the package `holidays` knows them."""

import datetime
import re

import pandas as pd

# What the package adds to the name of a holiday that is kept on another day.
MOVED = re.compile(r" \((observed|substituted)[^)]*\)|（[^）]*）")


def days_off(country: str | None, first: datetime.date | None, last: datetime.date | None) -> pd.DataFrame:
    """Return the days on which a country does not work: its weekends and holidays, less weekends worked in exchange.

    Parameters
    ----------
    country : ISO 3166 code such as CN; without one there are no rows.
    first, last : the days between which they are sought, both included; None where there is no day.

    Returns
    -------
    Frame with a row per day off: `day`, and `holiday_name_zh` and `holiday_name_en`, null on a mere weekend and where
    the package has no name in the language.
    """
    rows: list[tuple[pd.Timestamp, str | None, str | None]] = []
    if country and first and last:
        # Only here is it needed, which takes a quarter of a second to load.
        import holidays

        years = range(first.year, last.year + 1)
        known = holidays.country_holidays(country, years=years)
        # Without languages its names are English.
        languages = known.supported_languages or ("en",)
        chinese, english = (
            {} if language is None else holidays.country_holidays(country, years=years, language=language)
            for language in (_best(languages, "zh_CN"), _best(languages, "en_US"))
        )
        rows = [
            (day, _name(chinese.get(day.date())), _name(english.get(day.date())))
            for day in pd.date_range(first, last)
            if not known.is_working_day(day.date())
        ]
    frame = pd.DataFrame(rows, columns=["day", "holiday_name_zh", "holiday_name_en"])
    return frame.astype({"day": "datetime64[s]", "holiday_name_zh": "str", "holiday_name_en": "str"})


def _best(languages: tuple[str, ...], wanted: str) -> str | None:
    """Return the wanted one, or else another form of the same language."""
    same = [language for language in languages if language[:2] == wanted[:2]]
    return wanted if wanted in same else next(iter(same), None)


def _name(name: str | None) -> str | None:
    return name and MOVED.sub("", name)

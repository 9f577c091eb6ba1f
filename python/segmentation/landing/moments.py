"""SQL for moments whose writing a retailer file states: formats, time in a column of its own, time zones."""

from collections.abc import Sequence

from segmentation.landing.retailer_file import UNITS_SINCE
from segmentation.landing.sql_macros import sql_macro
from segmentation.sql_text import literal

MICROSECONDS = {
    "days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000, "milliseconds": 1_000,
    "microseconds": 1,
}  # fmt: skip


def parsed_moment(
    text: str, time: str | None, formats: Sequence[str], time_zone: str | None, recorded_time_zone: str | None
) -> str:
    """Return SQL for the local moment that a text stands for; null where the text does not fit.

    Parameters
    ----------
    text, time : SQL of the text, and of the text of a separate column with the time of day.
    formats : of strptime, or counts such as "days since 2010-01-01", tried in this order, before `to_moment`.
    time_zone : the retailer's; moments with an offset are converted to it. Without it an offset says nothing: the
        clock of the place counts.
    recorded_time_zone : that of moments without an offset, where it is not the retailer's.
    """
    text, time = _unmarked(text), time and _unmarked(time)
    moment = f"coalesce({', '.join([*(_reading(text, form) for form in formats), sql_macro('to_moment', text)])})"
    if time is not None:
        # A format is of the day, or of both columns with a blank between them.
        of_both = [_reading(f"{text} || ' ' || {time}", form) for form in formats if "%" in form]
        of_both = [f"cast({moment} as date) + {_time_of_day(time)}", *of_both]
        moment = f"case when {time} is null then {moment} else coalesce({', '.join(of_both)}) end"
        text = f"coalesce({time}, {text})"
    if time_zone is None:
        return moment
    pattern = literal(sql_macro("clock_with_offset"))
    sign, hours, minutes = (f"regexp_extract({text}, {pattern}, {group})" for group in (3, 4, 5))
    offset = f"coalesce(try_cast({hours} as integer), 0) * 60 + coalesce(try_cast({minutes} as integer), 0)"
    instant = f"{moment} - to_minutes(case when {sign} = '-' then -1 else 1 end * ({offset}))"
    if recorded_time_zone is not None:
        moment = _local(f"timezone({literal(recorded_time_zone)}, {moment})", time_zone)
    with_offset = _local(f"timezone('UTC', {instant})", time_zone)
    return f"case when regexp_matches({text}, {pattern}) then {with_offset} else {moment} end"


def _unmarked(text: str) -> str:
    """Clean a text and leave out the sign by which a spreadsheet is kept from reading it, as `to_moment` does."""
    return f"ltrim({sql_macro('clean_text', text)}, ' `''')"


def _local(instant: str, time_zone: str) -> str:
    return f"timezone({literal(time_zone)}, {instant})"


def _reading(text: str, form: str) -> str:
    """Return SQL for the moment by the clock of the place, an offset (%z) left out."""
    if count := UNITS_SINCE.fullmatch(form):
        unit, origin = count.groups()
        microseconds = f"cast(round(cast(replace({text}, ',', '.') as double) * {MICROSECONDS[unit]}) as bigint)"
        return f"try(timestamp '{origin}' + to_microseconds({microseconds}))"
    if "%z" in form:
        text = f"regexp_replace({text}, {literal(sql_macro('clock_with_offset'))}, '\\1\\2+00:00\\6')"
        return _local(f"try_strptime(trim({text}), {literal(form)})", "UTC")
    return f"try_strptime(trim({text}), {literal(form)})"


def _time_of_day(text: str) -> str:
    """Bare digits lose their leading zeros in many files: 905 is 09:05, 90512 is 09:05:12."""
    digits = f"case when regexp_full_match({text}, '\\d{{1,3}}') then lpad({text}, 4, '0')"
    digits += f" when regexp_full_match({text}, '\\d{{5}}') then '0' || {text} else trim({text}) end"
    of_day = sql_macro("to_moment", f"('1970-01-01 ' || {text})")
    return (
        f"cast(coalesce(try_strptime({digits}, ['%H%M', '%H%M%S']), {of_day}, try_cast({text} as timestamp)) as time)"
    )

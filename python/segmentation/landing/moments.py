"""SQL for moments whose writing a retailer file states: formats, time in a column of its own, time zones."""

from collections.abc import Sequence

from segmentation.landing.retailer import UNITS_SINCE

MICROSECONDS = {
    "days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000, "milliseconds": 1_000,
}  # fmt: skip
TIME_FORMATS = ("%H%M", "%H%M%S", "%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
# A clock time, then Z, UTC or an offset such as +08:00.
HAS_OFFSET = r"\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|UTC|[+-]\d\d(:?\d\d)?)\s*$"


def parsed_moment(
    text: str, time: str | None, formats: Sequence[str], time_zone: str | None, recorded_time_zone: str | None
) -> str:
    """Return SQL for the local moment that a text stands for; null where the text does not fit.

    Parameters
    ----------
    text, time : SQL of the text, and of the text of a separate column with the time of day.
    formats : of strptime, or counts such as "days since 2010-01-01", tried in this order, before ISO 8601.
    time_zone : the retailer's; moments with an offset are converted to it.
    recorded_time_zone : that of moments without an offset, where it is not the retailer's.
    """
    readings = [_reading(text, form, time_zone) for form in formats]
    moment = f"coalesce({', '.join([*readings, f'try_cast({text} as timestamp)'])})"
    if time is not None:
        moment = f"case when {time} is null then {moment} else cast({moment} as date) + {_time_of_day(time)} end"
    if time_zone is None:
        return moment
    if recorded_time_zone is not None:
        moment = f"timezone('{time_zone}', timezone('{recorded_time_zone}', {moment}))"
    with_offset = f"timezone('{time_zone}', try_cast({text} as timestamptz))"
    return f"case when regexp_matches({text}, '{HAS_OFFSET}') then {with_offset} else {moment} end"


def _reading(text: str, form: str, time_zone: str | None) -> str:
    if count := UNITS_SINCE.fullmatch(form):
        unit, origin = count.groups()
        microseconds = f"cast(round(cast({text} as double) * {MICROSECONDS[unit]}) as bigint)"
        return f"try(timestamp '{origin}' + to_microseconds({microseconds}))"
    reading = f"try_strptime(trim({text}), '{form.replace(chr(39), chr(39) * 2)}')"
    return f"timezone('{time_zone or 'UTC'}', {reading})" if "%z" in form else reading


def _time_of_day(text: str) -> str:
    """Bare digits lose their leading zeros in many files: 905 is 09:05, 90512 is 09:05:12."""
    digits = f"case when regexp_full_match({text}, '\\d{{1,3}}') then lpad({text}, 4, '0')"
    digits += f" when regexp_full_match({text}, '\\d{{5}}') then '0' || {text} else trim({text}) end"
    formats = ", ".join(f"'{form}'" for form in TIME_FORMATS)
    return f"cast(coalesce(try_strptime({digits}, [{formats}]), try_cast({text} as timestamp)) as time)"

"""HTTP's dates (RFC 9110 section 5.6.7): one form is written, three are read. By hand: `strftime` obeys the locale."""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["format_date", "parse_date"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_MONTH = f"({'|'.join(_MONTHS)})"
_CLOCK = "([0-9]{2}):([0-9]{2}):([0-9]{2})"
_LONG_DAYS = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_SHORT_DAYS = f"(?:{'|'.join(_DAYS)})"
_IMF_FIXDATE = re.compile(f"{_SHORT_DAYS}, ([0-9]{{2}}) {_MONTH} ([0-9]{{4}}) {_CLOCK} GMT")
_RFC850_DATE = re.compile(f"{_LONG_DAYS}, ([0-9]{{2}})-{_MONTH}-([0-9]{{2}}) {_CLOCK} GMT")
_ASCTIME_DATE = re.compile(f"{_SHORT_DAYS} {_MONTH} ([0-9]{{2}}| [0-9]) {_CLOCK} ([0-9]{{4}})")


def format_date(seconds: float) -> str:
    """Seconds since 1970 → an IMF-fixdate, like `Sun, 06 Nov 1994 08:49:37 GMT`."""
    at = datetime.fromtimestamp(int(seconds), UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"


def parse_date(text: str, now: float) -> int | None:
    """One of HTTP's three date forms → seconds since 1970; None for anything else.

    `now` (seconds since 1970) settles the century of a two-digit year.
    """
    if match := _IMF_FIXDATE.fullmatch(text):
        day, month, year, *clock = match.groups()
        return _seconds(int(year), month, day, clock)
    if match := _RFC850_DATE.fullmatch(text):
        day, month, year, *clock = match.groups()
        return _within_fifty_years(int(year), month, day, clock, now)
    if match := _ASCTIME_DATE.fullmatch(text):
        month, day, *clock, year = match.groups()
        return _seconds(int(year), month, day, clock)
    return None


def _within_fifty_years(two_digits: int, month: str, day: str, clock: list[str], now: float) -> int | None:
    # RFC 9110 section 5.6.7: "Recipients of a timestamp value in rfc850-date format, which uses a two-digit year, MUST
    # interpret a timestamp that appears to be more than 50 years in the future as representing the most recent year in
    # the past that had the same last two digits."
    today = datetime.fromtimestamp(now, UTC)
    year = today.year - today.year % 100 + two_digits
    in_fifty_years = (today.year + 50, *today.timetuple()[1:6])
    moment = (year, _MONTHS.index(month) + 1, int(day), *map(int, clock))
    return _seconds(year - 100 if moment > in_fifty_years else year, month, day, clock)


def _seconds(year: int, month: str, day: str, clock: list[str]) -> int | None:
    hour, minute, second = (int(number) for number in clock)
    try:  # a leap second counts as the second before it
        at = datetime(year, _MONTHS.index(month) + 1, int(day), hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    return None if second > 60 else int(at.timestamp())

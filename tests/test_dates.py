from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policykit.dates import (
    DayRange,
    Span,
    add,
    add_months,
    full_calendar_months,
    passing,
    read_day,
    read_partial,
    read_span,
    whole_months,
    whole_years,
)

ONE_DAY = timedelta(days=1)
# Every kind of month end lies in these days, and the century without a leap day.
NEAR_MONTH_ENDS = [
    date(year, month, 1) + timedelta(days=off)
    for year in (1899, 1900, 2000, 2023, 2024, 2025)
    for month in range(1, 13)
    for off in range(-4, 3)
]
days = st.sampled_from(NEAR_MONTH_ENDS) | st.dates(date(1890, 1, 1), date(2110, 12, 31))


def naively(day: date, months: int) -> date:
    """Month after month on the calendar, then the day, or the last one before it that there is."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        if months > 0:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        else:
            year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


@given(days, st.integers(-400, 400))
def test_adding_months_keeps_the_day_of_the_month_or_takes_the_last(day: date, months: int) -> None:
    assert add_months(day, months) == naively(day, months)


@given(days, st.integers(1, 90))
def test_a_year_is_twelve_months_and_a_week_is_seven_days(day: date, count: int) -> None:
    assert add(day, Span(count, "year")) == add(day, Span(12 * count, "month")) == naively(day, 12 * count)
    assert add(day, Span(count, "week")) == add(day, Span(7 * count, "day")) == day + timedelta(days=7 * count)


@pytest.mark.parametrize(
    ("day", "span", "later"),
    [
        ("2024-02-29", "1 year", "2025-02-28"),
        ("2024-02-29", "4 years", "2028-02-29"),
        ("2023-02-28", "1 year", "2024-02-28"),
        ("2023-01-31", "1 month", "2023-02-28"),
        ("2024-01-31", "1 month", "2024-02-29"),
        ("2023-01-31", "2 months", "2023-03-31"),
        ("2023-08-31", "6 months", "2024-02-29"),
        ("2023-12-15", "12 weeks", "2024-03-08"),
        ("2024-12-01", "90 days", "2025-03-01"),
        ("2023-12-31", "1 day", "2024-01-01"),
        ("9999-12-31", "1 day", None),
        ("9999-12-30", "1 day", "9999-12-31"),
        ("9999-12-25", "1 week", None),
        ("9999-11-30", "1 month", "9999-12-30"),
        ("9999-12-01", "1 month", None),
        ("9998-12-31", "1 year", "9999-12-31"),
        ("9999-01-01", "1 year", None),
        ("0001-01-01", "9998 years", "9999-01-01"),
        ("0001-01-01", "9999 years", None),
    ],
)
def test_adding_a_span_clamps_to_the_end_of_the_month_and_ends_with_the_calendar(
    day: str, span: str, later: str | None
) -> None:
    found = read_span(span)
    assert found is not None
    assert add(date.fromisoformat(day), found) == (date.fromisoformat(later) if later else None)


def test_adding_months_beyond_the_calendar_is_an_error() -> None:
    assert add_months(date(9999, 11, 30), 1) == date(9999, 12, 30)
    assert add_months(date(1, 2, 1), -1) == date(1, 1, 1)
    with pytest.raises(OverflowError):
        add_months(date(9999, 12, 1), 1)
    with pytest.raises(OverflowError):
        add_months(date(1, 1, 31), -1)


@given(days, days)
def test_whole_months_are_the_most_that_can_be_added_without_passing_the_day(since: date, until: date) -> None:
    months = whole_months(since, until)
    assert naively(since, months) <= until < naively(since, months + 1)


@given(days, days)
def test_whole_years_are_the_most_that_can_be_added_without_passing_the_day(since: date, until: date) -> None:
    years = whole_years(since, until)
    assert naively(since, 12 * years) <= until < naively(since, 12 * (years + 1))


@given(days, days, days)
def test_a_later_date_never_has_fewer_months_behind_it(since: date, one: date, other: date) -> None:
    assert whole_months(since, min(one, other)) <= whole_months(since, max(one, other))
    assert whole_months(max(one, other), since) <= whole_months(min(one, other), since)


@pytest.mark.parametrize(
    ("since", "until", "years", "months"),
    [
        ("2004-02-29", "2022-02-27", 17, 215),
        ("2004-02-29", "2022-02-28", 18, 216),
        ("2004-02-29", "2024-02-28", 19, 239),
        ("2004-02-29", "2024-02-29", 20, 240),
        ("2004-03-01", "2022-02-28", 17, 215),
        ("2023-01-31", "2023-02-27", 0, 0),
        ("2023-01-31", "2023-02-28", 0, 1),
        ("2023-01-31", "2023-03-30", 0, 1),
        ("2023-01-31", "2023-03-31", 0, 2),
        ("2022-03-01", "2022-02-28", -1, -1),
        ("2023-02-28", "2022-02-28", -1, -12),
    ],
)
def test_whole_years_and_months_on_the_days_where_they_turn(since: str, until: str, years: int, months: int) -> None:
    one, other = date.fromisoformat(since), date.fromisoformat(until)
    assert (whole_years(one, other), whole_months(one, other)) == (years, months)


@pytest.mark.parametrize(
    ("since", "until", "between"),
    [
        ("2024-01-31", "2024-01-31", 0),
        ("2024-01-01", "2024-02-29", 0),
        ("2024-01-31", "2024-03-01", 1),
        ("2024-01-01", "2024-03-31", 1),
        ("2023-11-15", "2024-03-01", 3),
        ("2024-04-01", "2024-03-31", -1),
        ("2025-03-01", "2024-03-31", -12),
    ],
)
def test_full_calendar_months_lie_between_the_two_months(since: str, until: str, between: int) -> None:
    assert full_calendar_months(date.fromisoformat(since), date.fromisoformat(until)) == between


spans = st.builds(Span, st.integers(1, 1400), st.sampled_from(("year", "month", "week", "day")))


@given(days | st.dates(), days | st.dates(), spans)
def test_whether_a_span_has_passed_is_what_adding_it_tells(since: date, day: date, span: Span) -> None:
    end = add(since, span)
    expected = 1 if end is None else (end > day) - (end < day)
    found = passing(span)(since, day)
    assert (found > 0) - (found < 0) == expected


@given(days, spans)
def test_a_span_has_passed_on_the_day_to_which_it_is_added_and_not_before(since: date, span: Span) -> None:
    end = add(since, span)
    if end is not None:
        assert passing(span)(since, end) == 0
        assert passing(span)(since, end - ONE_DAY) > 0
        # On the last of all days nothing follows.
        assert end == date.max or passing(span)(since, end + ONE_DAY) < 0


@given(st.dates())
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert read_day(day.isoformat()) == read_partial(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2025-02-29",
        "2026-00-01",
        "2026-13-01",
        "2026-01-00",
        "0000-01-01",
        "20260115",
        "2026-W03",
        "2026-W03-4",
        "2026-015",
        "2026-1-5",
        "2026-01-5",
        "26-01-05",
        "+2026-01-05",
        " 2026-01-05",
        "2026-01-05\n",
        "2026-01-05T00:00:00",
        "2026/01/05",
        "٢٠٢٦-٠١-٠٥",  # digits of another script
        "",
        "never",
        "date_of_service",
    ],
)
def test_no_other_spelling_is_a_day(text: str) -> None:
    assert read_day(text) is None
    assert read_partial(text) is None


@given(days, st.sampled_from((4, 7)))
def test_a_partial_date_stands_for_exactly_the_days_that_begin_with_it(day: date, length: int) -> None:
    text = day.isoformat()[:length]
    found = read_partial(text)
    assert isinstance(found, DayRange)
    assert found.first <= day <= found.last
    assert found.first.isoformat().startswith(text)
    assert found.last.isoformat().startswith(text)
    assert not (found.first - ONE_DAY).isoformat().startswith(text)
    assert not (found.last + ONE_DAY).isoformat().startswith(text)


def test_partial_dates_at_the_ends_of_the_calendar() -> None:
    assert read_partial("9999") == DayRange(date(9999, 1, 1), date(9999, 12, 31))
    assert read_partial("9999-12") == DayRange(date(9999, 12, 1), date(9999, 12, 31))
    assert read_partial("0001") == DayRange(date(1, 1, 1), date(1, 12, 31))
    assert read_partial("0001-01") == DayRange(date(1, 1, 1), date(1, 1, 31))
    assert read_partial("2024-01") == DayRange(date(2024, 1, 1), date(2024, 1, 31))
    assert read_partial("2024-12") == DayRange(date(2024, 12, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    "text", ["0000", "0000-01", "2008-00", "2008-13", "2008-6", "208", "20080", "2008-", "2008\n", "2008-06\n", "٢٠٠٨"]
)
def test_what_is_no_part_of_a_date_is_no_partial_date(text: str) -> None:
    assert read_partial(text) is None


@given(st.text("0123456789-", max_size=11))
def test_reading_a_date_gives_what_begins_with_it_or_nothing(text: str) -> None:
    match read_partial(text):
        case DayRange(first=first, last=last):
            assert first.isoformat().startswith(text)
            assert last.isoformat().startswith(text)
        case date() as day:
            assert day.isoformat() == text
        case None:
            # Nothing is refused that has the form of a date and exists.
            if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                with pytest.raises(ValueError, match=r"."):
                    date.fromisoformat(text)


@given(st.integers(1, 9999), st.sampled_from(("year", "month", "week", "day")), st.sampled_from(("", "s")))
def test_a_span_is_a_count_and_a_unit(count: int, unit: str, plural: str) -> None:
    found = read_span(f"{count} {unit}{plural}")
    assert found is not None
    assert (found.count, found.unit) == (count, unit)
    assert read_span(str(found)) == found


def test_one_is_written_in_the_singular() -> None:
    assert str(Span(1, "year")) == "1 year"
    assert str(Span(2, "year")) == "2 years"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "0 days",
            "00 days",
            "01 day",
            "-1 days",
            "1.5 years",
            "10000 days",
            "1  day",
            "1day",
            "day",
            "1 Days",
            "1 hour",
        ),
        *("1 days ago", " 1 day", "1 day\n", "a year", "١ day", ""),
    ],
)
def test_nothing_else_is_a_span(text: str) -> None:
    assert read_span(text) is None

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from samples import day, entry, library_of, policy

from policykit.codes import CodeSet
from policykit.policy import UNCHANGED, AppliesBy, Carried, Change, Entry, Kind, Policy, Service
from policykit.problems import Location
from policykit.timeline import DateNeeded, Miss, Reason, Revision, Timeline, View, standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policykit.library import Library
    from policykit.policy import Unchanged

ONE_DAY = timedelta(days=1)


def timeline(*entries: str) -> Timeline:
    library = library_of(policy("".join(entries)))
    return Timeline(library.policy("acme/p1"))


def found(
    line: Timeline, dos: str, known_on: str | None = None, processed: str | None = None
) -> Revision | Miss | DateNeeded:
    return line.in_effect(
        date_of_service=day(dos),
        known_on=day(known_on) if known_on else None,
        claim_processed=day(processed) if processed else None,
    )


def told(line: Timeline, dos: str, known_on: str | None = None, processed: str | None = None) -> str:
    """The name of the revision in effect, or the reason and the entries beside it, or the candidates."""
    match found(line, dos, known_on, processed):
        case DateNeeded(candidates=candidates):
            return " / ".join(each.name if isinstance(each, Revision) else each.reason for each in candidates)
        case Miss(reason=reason, before=before, after=after):
            beside = [each.revision if each else "-" for each in (before, after)]
            return f"{reason} {' '.join(beside)}"
        case Revision() as revision:
            return revision.name


def span(line: Timeline, dos: str, known_on: str | None = None) -> tuple[str, str | None, str | None]:
    """The first and last day of the revision in effect, and the entry that follows it."""
    revision = found(line, dos, known_on)
    assert isinstance(revision, Revision)
    following = revision.following.revision if revision.following else None
    return str(revision.effective), str(revision.last) if revision.last else None, following


def outcomes(line: Timeline, dos: str, known_on: str | None = None) -> dict[str, str]:
    """The services in effect, with the outcome of the first statement of each."""
    revision = found(line, dos, known_on)
    assert isinstance(revision, Revision)
    return {service.name: service.coverage[0].outcome.value for service in revision.services}


def two(*services: tuple[str, str, str]) -> str:
    """Services as an entry writes them: a name, a code, and an outcome or `unchanged`."""
    listed = [
        f"{{service: {name}, unchanged: true}}"
        if outcome == "unchanged"
        else f"{{service: {name}, codes: {{cpt: ['{code}']}}, coverage: [{{outcome: {outcome}}}]}}"
        for name, code, outcome in services
    ]
    return f"  services: [{', '.join(listed)}]\n"


def test_a_revision_governs_from_its_first_day_until_the_day_before_the_next() -> None:
    line = timeline(entry("a", "new", "2020-01-01"), entry("b", "criteria", "2021-01-01"))
    assert told(line, "2020-01-01") == "a"
    assert told(line, "2020-12-31") == "a"
    assert told(line, "2021-01-01") == "b"
    assert told(line, "9999-12-31") == "b"
    assert span(line, "2020-06-01") == ("2020-01-01", "2020-12-31", "b")
    assert span(line, "2021-06-01") == ("2021-01-01", None, None)


def test_before_the_first_entry_it_is_told_whether_there_was_an_earlier_one() -> None:
    line = timeline(entry("a", "new", "2020-01-01"), entry("b", "criteria", "2021-01-01"))
    assert told(line, "2019-12-31") == "not-yet-effective - a"
    for change in ("criteria", "codes", "review"):
        held = timeline(entry("a", change, "2020-01-01"), entry("b", "criteria", "2021-01-01"))
        assert told(held, "2019-12-31") == "earlier-not-held - a"
        assert told(held, "2020-01-01") == "a"


def test_the_nearest_entry_after_is_the_first_by_its_date() -> None:
    line = timeline(entry("a", "codes", "2021-01-01"), entry("b", "criteria", "2020-01-01"))
    assert told(line, "2019-12-31") == "earlier-not-held - b"
    assert told(line, "2020-12-31") == "b"
    assert told(line, "2021-01-01") == "a"


def test_a_gap_and_an_end_come_after_the_last_day() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", through="2020-06-30"),
        entry("b", "criteria", "2021-01-01", through="2021-06-30"),
    )
    assert told(line, "2020-06-30") == "a"
    assert told(line, "2020-07-01") == "in-a-gap a b"
    assert told(line, "2020-12-31") == "in-a-gap a b"
    assert told(line, "2021-01-01") == "b"
    assert told(line, "2021-06-30") == "b"
    assert told(line, "2021-07-01") == "ended b -"
    assert span(line, "2020-06-30") == ("2020-01-01", "2020-06-30", "b")
    assert span(line, "2021-06-30") == ("2021-01-01", "2021-06-30", None)


def test_nothing_comes_back_after_an_end() -> None:
    line = timeline(entry("a", "new", "2020-01-01"), entry("b", "criteria", "2021-01-01", through="2021-06-30"))
    assert told(line, "2020-12-31") == "a"
    assert told(line, "2021-07-01") == "ended b -"


def test_an_end_after_the_next_entry_has_begun_changes_nothing() -> None:
    line = timeline(entry("a", "new", "2020-01-01", through="2021-06-30"), entry("b", "criteria", "2021-01-01"))
    assert span(line, "2020-06-01") == ("2020-01-01", "2020-12-31", "b")
    assert told(line, "2021-01-01") == "b"


def test_a_policy_of_one_day_governs_that_day() -> None:
    line = timeline(entry("a", "new", "2020-01-01", through="2020-01-01"))
    assert [told(line, text) for text in ("2019-12-31", "2020-01-01", "2020-01-02")] == [
        "not-yet-effective - a",
        "a",
        "ended a -",
    ]


def test_a_retirement_without_services_governs_nothing() -> None:
    line = timeline(entry("a", "new", "2020-01-01"), entry("b", "retired", "2021-01-01", "none"))
    assert told(line, "2020-12-31") == "a"
    assert told(line, "2021-01-01") == "retired b -"
    assert span(line, "2020-12-31") == ("2020-01-01", "2020-12-31", "b")


def test_a_retirement_is_followed_by_what_comes_after_it() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01"),
        entry("b", "retired", "2021-01-01", "none"),
        entry("c", "criteria", "2022-01-01"),
    )
    assert told(line, "2021-12-31") == "retired b c"
    assert told(line, "2022-01-01") == "c"


def test_a_retirement_with_an_end_stays_a_retirement() -> None:
    line = timeline(entry("a", "new", "2020-01-01"), entry("b", "retired", "2021-01-01", "none", through="2021-06-30"))
    assert told(line, "2021-07-01") == "retired b -"


def test_a_retirement_with_services_governs_them() -> None:
    line = timeline(entry("a", "new", "2020-01-01"), entry("b", "retired", "2021-01-01", "deferred"))
    assert told(line, "2021-01-01") == "b"
    assert outcomes(line, "2021-01-01") == {"Operation": "deferred"}


def test_a_search_that_found_nothing_governs_from_its_day() -> None:
    library = library_of(policy(entry("a", "searched", "2026-01-02", "deferred"), kind="no-determination"))
    line = Timeline(library.policy("acme/p1"))
    assert told(line, "2026-01-02") == "a"
    assert told(line, "2026-01-01") == "earlier-not-held - a"


CORRECTED = (
    entry("a", "new", "2020-01-01", known_from="2019-12-01"),
    entry("b", "criteria", "2021-01-01", "not-covered", known_from="2020-12-01"),
    entry("c", "correction", "2021-02-01", "deferred", known_from="2021-03-01", replaces="b"),
)


def test_a_correction_takes_the_place_of_an_entry_for_every_date_once_it_is_known() -> None:
    line = timeline(*CORRECTED)
    assert told(line, "2021-01-15") == "a"
    assert told(line, "2021-02-01") == "c"
    assert told(line, "2021-01-15", "2021-02-28") == "b"
    assert told(line, "2021-02-01", "2021-02-28") == "b"
    assert told(line, "2021-01-15", "2021-03-01") == "a"
    assert told(line, "2021-02-01", "2021-03-01") == "c"
    assert span(line, "2020-06-01") == ("2020-01-01", "2021-01-31", "c")
    assert span(line, "2020-06-01", "2021-02-28") == ("2020-01-01", "2020-12-31", "b")


def test_a_withdrawn_correction_gives_back_what_it_had_replaced() -> None:
    line = timeline(*CORRECTED, entry("d", "withdrawn", None, "none", known_from="2021-04-01", withdraws="c"))
    assert told(line, "2021-01-15", "2021-03-31") == "a"
    assert told(line, "2021-01-15", "2021-04-01") == "b"
    assert told(line, "2021-01-15") == "b"
    assert outcomes(line, "2021-02-01") == {"Operation": "not-covered"}


def test_a_corrected_correction_does_not_give_back_what_it_had_replaced() -> None:
    line = timeline(
        *CORRECTED, entry("d", "correction", "2021-03-01", "covered", known_from="2021-04-01", replaces="c")
    )
    assert told(line, "2021-02-15", "2021-03-31") == "c"
    assert told(line, "2021-02-15", "2021-04-01") == "a"
    assert told(line, "2021-03-01") == "d"


def test_a_withdrawn_withdrawal_makes_its_entry_stand_again() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01"),
        entry("b", "criteria", "2021-01-01"),
        entry("c", "withdrawn", None, "none", known_from="2021-02-01", withdraws="b"),
        entry("d", "withdrawn", None, "none", known_from="2021-03-01", withdraws="c"),
    )
    assert told(line, "2021-06-01", "2021-01-31") == "b"
    assert told(line, "2021-06-01", "2021-02-01") == "a"
    assert told(line, "2021-06-01", "2021-03-01") == "b"
    assert told(line, "2021-06-01") == "b"


def test_when_all_is_void_the_policy_is_withdrawn() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", known_from="2019-12-01"),
        entry("b", "withdrawn", None, "none", known_from="2020-02-01", withdraws="a"),
    )
    assert told(line, "2020-06-01", "2019-11-30") == "not-yet-known - -"
    assert told(line, "2020-06-01", "2019-12-01") == "a"
    assert told(line, "2020-06-01", "2020-02-01") == "withdrawn - -"
    assert told(line, "2020-06-01") == "withdrawn - -"
    assert told(line, "2019-06-01") == "withdrawn - -"


def test_a_void_new_entry_is_not_the_first_there_ever_was() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01"),
        entry("b", "criteria", "2021-01-01"),
        entry("c", "withdrawn", None, "none", known_from="2021-02-01", withdraws="a"),
    )
    assert told(line, "2020-06-01") == "earlier-not-held - b"
    assert told(line, "2019-12-31", "2021-01-31") == "not-yet-effective - a"


def test_a_corrected_new_entry_still_is_the_first_there_ever_was() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01"), entry("b", "correction", "2020-02-01", known_from="2020-03-01", replaces="a")
    )
    assert told(line, "2020-01-15") == "not-yet-effective - b"


def test_advance_notice_is_known_before_it_governs_and_a_retroactive_change_after() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", known_from="2019-06-01"),
        entry("b", "criteria", "2020-03-01", known_from="2020-06-01"),
    )
    assert told(line, "2020-01-01", "2019-05-31") == "not-yet-known - -"
    assert told(line, "2020-01-01", "2019-06-01") == "a"
    assert told(line, "2019-12-31", "2019-06-01") == "not-yet-effective - a"
    assert told(line, "2020-03-01", "2020-05-31") == "a"
    assert told(line, "2020-03-01", "2020-06-01") == "b"
    assert told(line, "2020-03-01") == "b"
    assert span(line, "2020-01-01", "2020-05-31") == ("2020-01-01", None, None)


def test_an_entry_that_does_not_tell_since_when_is_known_with_those_above_it() -> None:
    line = timeline(
        entry("a", "codes", "2020-01-01"),
        entry("b", "codes", "2021-01-01", known_from="2020-12-01"),
        entry("c", "codes", "2022-01-01"),
        entry("d", "codes", "2023-01-01", known_from="2022-12-01"),
    )
    assert told(line, "2024-01-01", "1900-01-01") == "a"
    assert told(line, "2024-01-01", "2020-11-30") == "a"
    assert told(line, "2024-01-01", "2020-12-01") == "c"
    assert told(line, "2024-01-01", "2022-11-30") == "c"
    assert told(line, "2024-01-01", "2022-12-01") == "d"
    assert told(line, "2021-06-01", "2020-12-01") == "b"


def test_unchanged_carries_over_what_the_entry_before_has() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", "not-covered"),
        entry("b", "review", "2021-01-01", "unchanged"),
        entry("c", "review", "2022-01-01", "unchanged"),
    )
    assert outcomes(line, "2022-01-01") == {"Operation": "not-covered"}
    revision = found(line, "2022-01-01")
    assert isinstance(revision, Revision)
    assert all(isinstance(service, Service) and not isinstance(service, Carried) for service in revision.services)


def test_unchanged_goes_by_the_date_and_not_by_the_order_of_the_document() -> None:
    line = timeline(
        entry("a", "codes", "2020-01-01", "covered", known_from="2019-01-01"),
        entry("b", "review", "2022-01-01", "unchanged", known_from="2019-02-01"),
        entry("c", "criteria", "2021-01-01", "not-covered", known_from="2019-03-01"),
    )
    assert outcomes(line, "2022-01-01", "2019-02-28") == {"Operation": "covered"}
    assert outcomes(line, "2022-01-01") == {"Operation": "not-covered"}


def test_one_service_of_several_is_carried_over_and_one_that_is_not_listed_is_gone() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", "none")
        + two(("A", "64714", "covered"), ("B", "64713", "not-covered"), ("C", "64712", "covered")),
        entry("b", "criteria", "2021-01-01", "none") + two(("B", "", "unchanged"), ("A", "64714", "deferred, to: me")),
        entry("c", "review", "2022-01-01", "unchanged"),
        entry("d", "criteria", "2023-01-01", "none") + two(("A", "", "unchanged")),
    )
    assert outcomes(line, "2020-01-01") == {"A": "covered", "B": "not-covered", "C": "covered"}
    assert outcomes(line, "2021-01-01") == {"B": "not-covered", "A": "deferred"}
    assert outcomes(line, "2022-01-01") == {"B": "not-covered", "A": "deferred"}
    assert outcomes(line, "2023-01-01") == {"A": "deferred"}


def test_what_carried_over_follows_a_correction_of_where_it_came_from() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", "covered", known_from="2019-12-01"),
        entry("b", "review", "2021-01-01", "unchanged", known_from="2020-12-01"),
        entry("c", "correction", "2020-01-01", "not-covered", known_from="2021-02-01", replaces="a"),
    )
    assert outcomes(line, "2021-06-01", "2021-01-31") == {"Operation": "covered"}
    assert outcomes(line, "2021-06-01") == {"Operation": "not-covered"}


def test_a_correction_that_is_unchanged_has_what_it_replaces_has() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", "covered"),
        entry("b", "criteria", "2021-01-01", "not-covered"),
        entry("c", "correction", "2021-02-01", "unchanged", known_from="2021-01-15", replaces="b"),
    )
    assert outcomes(line, "2021-03-01") == {"Operation": "not-covered"}
    assert outcomes(line, "2021-01-15") == {"Operation": "covered"}


def test_a_correction_may_carry_over_one_service_of_what_it_replaces() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", "none") + two(("A", "64714", "covered"), ("B", "64713", "covered")),
        entry("b", "criteria", "2021-01-01", "none")
        + two(("A", "64714", "not-covered"), ("B", "64713", "not-covered")),
        entry("c", "correction", "2021-01-01", "none", known_from="2021-01-15", replaces="b")
        + two(("A", "", "unchanged"), ("B", "64713", "covered")),
    )
    assert outcomes(line, "2021-03-01") == {"A": "not-covered", "B": "covered"}


def test_what_a_correction_replaces_carries_over_from_before_it_and_not_from_the_correction() -> None:
    # `b` is unchanged from `a`; its correction, though it comes before `b` by its date, is left out.
    line = timeline(
        entry("a", "new", "2020-01-01", "covered"),
        entry("b", "review", "2021-01-01", "unchanged"),
        entry("c", "correction", "2020-06-01", "unchanged", known_from="2021-02-01", replaces="b"),
        entry("d", "correction", "2020-05-01", "unchanged", known_from="2021-03-01", replaces="c"),
    )
    assert outcomes(line, "2020-07-01") == {"Operation": "covered"}
    assert told(line, "2020-05-01") == "d"
    assert told(line, "2020-04-30") == "a"


def test_a_correction_that_is_later_than_what_it_replaces_carries_over_from_before_both() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", "covered"),
        entry("b", "review", "2021-01-01", "unchanged"),
        entry("c", "correction", "2021-02-01", "unchanged", known_from="2021-01-15", replaces="b"),
    )
    assert outcomes(line, "2021-02-01") == {"Operation": "covered"}
    assert told(line, "2021-01-31") == "a"


def test_the_entries_that_are_known_on_a_day() -> None:
    line = timeline(*CORRECTED)
    assert [each.revision for each in line.known()] == ["a", "b", "c"]
    assert [each.revision for each in line.known(day("2021-02-28"))] == ["a", "b"]
    assert [each.revision for each in line.known(day("2020-12-01"))] == ["a", "b"]
    assert [each.revision for each in line.known(day("2020-11-30"))] == ["a"]
    assert line.known(day("2019-11-30")) == ()


def test_a_withdrawal_takes_away_what_others_had_carried_over_from() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", "covered"),
        entry("b", "criteria", "2021-01-01", "not-covered"),
        entry("c", "review", "2022-01-01", "unchanged"),
        entry("d", "withdrawn", None, "none", known_from="2022-02-01", withdraws="b"),
    )
    assert outcomes(line, "2022-01-01", "2022-01-31") == {"Operation": "not-covered"}
    assert outcomes(line, "2022-01-01") == {"Operation": "covered"}


BOTH = (
    entry("a", "new", "2020-01-01"),
    entry("b", "codes", "2021-01-01", applies_by="claim-processed"),
    entry("c", "codes", "2022-01-01"),
    entry("d", "codes", "2023-01-01", applies_by="claim-processed", through="2023-06-30"),
)


@pytest.mark.parametrize(
    ("dos", "processed", "expected"),
    [
        ("2020-06-01", "2020-12-31", "a"),
        ("2020-06-01", "2021-01-01", "b"),
        ("2019-06-01", "2021-01-01", "b"),
        ("2019-06-01", "2020-12-31", "not-yet-effective - a"),
        ("2022-01-01", "2022-12-31", "c"),
        ("2021-12-31", "2022-12-31", "b"),
        ("2020-06-01", "2023-01-01", "d"),
        ("2022-06-01", "2023-01-01", "d"),
        ("2022-06-01", "2023-06-30", "d"),
        ("2022-06-01", "2023-07-01", "ended d -"),
        ("2020-06-01", None, "d / ended / b / a"),
        ("2019-06-01", None, "d / ended / b / not-yet-effective"),
        ("2022-01-01", None, "d / ended / c"),
        ("2021-12-31", None, "d / ended / b / a"),
    ],
)
def test_an_entry_may_apply_by_the_day_of_processing(dos: str, processed: str | None, expected: str) -> None:
    assert told(timeline(*BOTH), dos, None, processed) == expected


def test_each_kind_of_date_ends_only_what_applies_by_it() -> None:
    line = timeline(*BOTH)
    revisions = {revision.name: revision for revision in line.view().revisions}
    assert {name: str(revision.last) for name, revision in revisions.items()} == {
        "a": "2021-12-31",
        "b": "2022-12-31",
        "c": "None",
        "d": "2023-06-30",
    }
    assert [revision.following.revision if revision.following else None for revision in revisions.values()] == [
        "b",
        "c",
        "d",
        None,
    ]


def test_the_day_of_processing_is_not_needed_where_only_dates_of_service_matter() -> None:
    line = timeline(entry("a", "new", "2020-01-01", applies_by="claim-processed"), entry("b", "codes", "2021-01-01"))
    assert told(line, "2021-01-01") == "b"
    assert told(line, "2020-12-31") == "a / not-yet-effective"
    assert told(line, "2020-12-31", None, "2019-12-31") == "not-yet-effective - a"
    assert told(line, "2021-01-01", None, "2019-12-31") == "b"


def test_the_answer_may_hang_on_a_retirement_by_processing() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01", through="2020-12-31"),
        entry("b", "retired", "2022-01-01", "none", applies_by="claim-processed"),
    )
    assert told(line, "2020-06-01") == "retired / a"
    assert told(line, "2021-06-01") == "retired / in-a-gap"
    needed = found(line, "2021-06-01")
    assert isinstance(needed, DateNeeded)
    misses = [each for each in needed.candidates if isinstance(each, Miss)]
    assert [
        (miss.before.revision if miss.before else None, miss.after.revision if miss.after else None) for miss in misses
    ] == [
        ("b", None),
        ("a", "b"),
    ]


def test_a_retirement_by_date_of_service_below_one_by_processing_stays_possible() -> None:
    line = timeline(
        entry("a", "new", "2020-01-01"),
        entry("b", "retired", "2021-01-01", "none"),
        entry("c", "codes", "2022-01-01", applies_by="claim-processed"),
    )
    assert told(line, "2021-06-01") == "c / retired"
    assert told(line, "2020-06-01") == "c / a"


@pytest.mark.parametrize(("through", "gap"), [("2021-12-30", True), ("2021-12-31", False), ("2022-06-30", False)])
def test_an_end_by_processing_is_possible_only_if_some_day_lies_behind_it(through: str, gap: bool) -> None:
    line = timeline(
        entry("a", "new", "2020-01-01"),
        entry("b", "codes", "2021-01-01", applies_by="claim-processed", through=through),
        entry("c", "codes", "2022-01-01", applies_by="claim-processed"),
    )
    # Whatever the candidates are said to be, some day of processing gives each, and every day gives one of them.
    by_day = {
        told(line, "2020-06-01", None, str(day("2020-12-01") + timedelta(days=n))).partition(" ")[0] for n in range(500)
    }
    assert set(told(line, "2020-06-01").split(" / ")) == by_day
    assert ("in-a-gap" in by_day) is gap


def test_dates_that_are_not_effective_dates_select_nothing() -> None:
    more = {
        "published": "2000-01-01",
        "implemented": "2030-01-01",
        "last_reviewed": "2000-01-01",
        "next_review": "2000-01-01",
    }
    line = timeline(entry("a", "new", "2020-01-01", **more), entry("b", "codes", "2021-01-01", **more))
    assert [told(line, text) for text in ("2019-12-31", "2020-01-01", "2020-12-31", "2021-01-01", "2035-01-01")] == [
        "not-yet-effective - a",
        "a",
        "a",
        "b",
        "b",
    ]


def chain(count: int) -> list[str]:
    first = date(2000, 1, 1)
    return [entry("r0", "new", str(first), known_from=str(first))] + [
        entry(f"r{n}", "review", str(first + n * ONE_DAY), "unchanged", known_from=str(first + n * ONE_DAY))
        for n in range(1, count)
    ]


def test_a_history_of_900_unchanged_entries_is_read() -> None:
    line = timeline(*chain(900))
    last = found(line, "2020-01-01")
    assert isinstance(last, Revision)
    assert last.name == "r899"
    assert [service.name for service in last.services] == ["Operation"]
    assert told(line, "2020-01-01", "2000-04-10") == "r100"


def names_in_views(*entries: str) -> list[list[str]]:
    return [[revision.name for revision in view.revisions] for view in timeline(*entries).differing_views()]


def test_where_each_entry_only_follows_the_last_state_of_knowledge_says_it_all() -> None:
    assert names_in_views(
        entry("a", "codes", "2020-01-01"),
        entry("b", "codes", "2021-01-01", known_from="2020-06-01"),
        entry("c", "codes", "2022-01-01", known_from="2021-01-01"),
        entry("d", "codes", "2023-01-01", known_from="2021-01-01"),
    ) == [["a", "b", "c", "d"]]


def test_a_state_of_knowledge_is_looked_at_where_what_is_learned_next_does_not_only_follow() -> None:
    assert names_in_views(
        entry("a", "codes", "2020-01-01"),
        entry("b", "codes", "2022-01-01", known_from="2020-06-01"),
        entry("c", "codes", "2021-01-01", known_from="2021-01-01"),
        entry("d", "codes", "2023-01-01", known_from="2021-01-01"),
        entry("e", "correction", "2024-01-01", known_from="2021-01-02", replaces="d"),
        entry("f", "codes", "2025-01-01", known_from="2021-01-03"),
    ) == [["a", "b"], ["a", "c", "b", "d"], ["a", "c", "b", "e", "f"]]


def test_entries_learned_on_one_day_are_one_step_of_knowledge() -> None:
    assert names_in_views(
        entry("a", "codes", "2020-01-01"),
        entry("b", "codes", "2021-01-01", known_from="2020-06-01"),
        entry("c", "correction", "2020-02-01", known_from="2020-06-01", replaces="a"),
    ) == [["a"], ["c", "b"]]


DAYS = [date(2020, 1, number) for number in (1, 2, 3, 4)]
HERE = Location(file="a.yaml")


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Entries in order of publication, of which some may collide or have nothing to carry over."""
    entries: list[Entry] = []
    known: date | None = None
    for number in range(draw(st.integers(1, 7))):
        void, replaced = standing(entries)
        stand = [each for each in entries if each.revision not in void and each.revision not in replaced]
        kinds = [Change.CODES, Change.REVIEW, Change.RETIRED]
        kinds += (
            [Change.CORRECTION] if any(each.change not in {Change.RETIRED, Change.WITHDRAWN} for each in stand) else []
        )
        kinds += [Change.WITHDRAWN] if stand else []
        change = draw(st.sampled_from(kinds))
        told = draw(st.booleans()) or change in {Change.CORRECTION, Change.WITHDRAWN}
        if told:
            known = draw(st.sampled_from([each for each in DAYS if known is None or each >= known]))
        targets = [
            each
            for each in stand
            if change is Change.WITHDRAWN or each.change not in {Change.RETIRED, Change.WITHDRAWN}
        ]
        carried = Carried(name=draw(st.sampled_from("AB")), where=HERE)
        own = Service(name=draw(st.sampled_from("AB")), codes=CodeSet(()), coverage=(), where=HERE)
        plain = change in {Change.RETIRED, Change.WITHDRAWN}
        services: list[tuple[Service | Carried, ...] | Unchanged] = [UNCHANGED, (own,), (carried,), (own, carried)]
        entries.append(
            Entry(
                revision=f"r{number}",
                change=change,
                summary="",
                effective=None if change is Change.WITHDRAWN else draw(st.sampled_from(DAYS)),
                known_from=known if told else None,
                replaces=draw(st.sampled_from(targets)).revision if change is Change.CORRECTION else None,
                withdraws=draw(st.sampled_from(targets)).revision if change is Change.WITHDRAWN else None,
                applies_by=draw(st.sampled_from(AppliesBy)),
                services=() if plain else draw(st.sampled_from(services)),
                where=HERE,
            )
        )
    return entries


def faults(views: Iterable[View]) -> tuple[set[tuple[str, str]], set[tuple[str, str | None]]]:
    """The entries of the same day, and those that have nothing to carry over, in any of these states of knowledge."""
    alike = {
        (one.name, other.name)
        for view in views
        for one, other in pairwise(view.revisions)
        if one.effective == other.effective
    }
    return alike, {(each.entry.revision, each.name) for view in views for each in view.uncarried}


@law(200)
@given(histories())
def test_what_is_wrong_in_some_state_of_knowledge_is_seen_in_those_that_are_looked_at(history: list[Entry]) -> None:
    whole = Policy(id="a/b", title="", payer="a", kind=Kind.NCD, history=tuple(history), where=HERE)
    days = [date.min, *DAYS, None]
    every = faults([Timeline(whole).view(day) for day in days])
    looked_at = faults(list(Timeline(whole).differing_views()))
    assert [bool(each) for each in every] == [bool(each) for each in looked_at]
    assert looked_at[0] <= every[0]
    assert looked_at[1] <= every[1]


@law(200)
@given(histories())
def test_a_view_holds_the_entries_that_count_and_is_the_same_however_it_is_come_by(history: list[Entry]) -> None:
    whole = Policy(id="a/b", title="", payer="a", kind=Kind.NCD, history=tuple(history), where=HERE)
    for on in (*DAYS, None):
        latest = date.min
        known: list[Entry] = []
        for each in history:
            latest = max(latest, each.known_from or date.min)
            if on is None or latest <= on:
                known.append(each)
        withdrawn: set[str] = set()
        for each in reversed(known):
            if each.withdraws and each.revision not in withdrawn:
                withdrawn.add(each.withdraws)
        replaced = {each.replaces for each in known if each.revision not in withdrawn}
        counting = {each.revision for each in known if each.effective} - withdrawn - replaced
        view = Timeline(whole).view(on)
        assert {revision.name for revision in view.revisions} == counting
        assert [revision.effective for revision in view.revisions] == sorted(
            revision.effective for revision in view.revisions
        )


@law(150)
@given(histories(), st.lists(st.sampled_from((None, 0, 1, 2)), min_size=20, max_size=20))
def test_something_else_is_in_effect_only_from_a_day_on_that_a_view_names(
    plain: list[Entry], lengths: list[int | None]
) -> None:
    history = tuple(
        replace(each, through=each.effective + length * ONE_DAY) if each.effective and length is not None else each
        for each, length in zip(plain, lengths, strict=False)
    )
    whole = Policy(id="a/b", title="", payer="a", kind=Kind.NCD, history=history, where=HERE)
    near = {each + off * ONE_DAY for each in DAYS for off in (-2, -1, 0, 1, 2)}
    for known_on in (None, *DAYS[::5]):
        view = Timeline(whole).view(known_on)
        turns = view.turns()
        assert turns == sorted(set(turns))
        for each in near - set(turns):
            assert view.in_effect(each, None) == view.in_effect(each - ONE_DAY, None)
        for processed in DAYS[::3] if not view.asks_for_processing else ():
            assert all(view.in_effect(each, processed) == view.in_effect(each, None) for each in near)


@pytest.fixture(name="corrected", scope="module")
def _corrected() -> Library:
    return library_of(policy("".join(CORRECTED)))


def test_every_day_is_in_one_revision_at_most_and_its_neighbours_agree(corrected: Library) -> None:
    for known_on in (None, day("2021-02-28"), day("2019-12-15")):
        revisions = Timeline(corrected.policy("acme/p1")).view(known_on).revisions
        for one, other in pairwise(revisions):
            assert one.last == other.effective - ONE_DAY
            assert one.following is other.entry


def test_a_miss_names_its_reason_in_the_words_of_the_manual() -> None:
    assert {reason.value for reason in Reason} == {
        "not-yet-known",
        "not-yet-effective",
        "earlier-not-held",
        "in-a-gap",
        "ended",
        "retired",
        "withdrawn",
    }

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
import strategies
from examples import law
from handwriting import Hand
from hypothesis import event, given
from hypothesis import strategies as st
from samples import VOCABULARY, entry, policy
from strategies import CODES, PAYERS, TURNING_DAYS, is_valid, pick

from policykit.checking import check_files
from policykit.plain import service_as_data
from policykit.policy import AppliesBy, Change
from policykit.problems import InvalidDocuments
from policykit.shipped import POLICIES
from policykit.source import read_document
from policykit.timeline import Revision, Timeline
from policykit.vocabulary import VOCABULARY as WORD_FILES
from policykit.writing.revising import Revised, Unrevisable, Wish, revise

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn
    from oracle import Plain
    from strategies import Documents

    from policykit.policy import Policy
    from policykit.problems import Problem

NAME: Final = "acme/p1.yaml"
DAYS: Final = sorted({*TURNING_DAYS, date(2025, 6, 1), date(2026, 1, 1)})
STATES: Final = [*DAYS[::3], None]

often = law(15)


def library(found: Documents, text: str) -> dict[str, bytes]:
    facts, _ = found
    words = {"facts.yaml": facts, "payers.yaml": PAYERS, "codes.yaml": CODES}
    return {**{name: json.dumps(data).encode() for name, data in words.items()}, NAME: text.encode()}


def data_in(content: bytes) -> Any:
    document, problems = read_document(NAME, content)
    assert document is not None
    assert not problems
    return document.data


@st.composite
def handwritten(draw: DrawFn) -> tuple[Plain, dict[str, bytes]]:
    """A policy as plain data, and a library in which it is written by some hand."""
    found = draw(strategies.documents() | strategies.timelines())
    hand = Hand(Random(draw(st.integers(0, 2**32))), busy=draw(st.sampled_from((0.0, 0.1, 0.3))))  # noqa: S311
    files = library(found, hand.document(found[1]))
    assert data_in(files[NAME]) == found[1]
    return found[1], files


@st.composite
def wishes(draw: DrawFn, history: list[Plain], kind: str) -> Wish:
    """An entry that may follow, or may not."""
    latest = max((each["known_from"] for each in history if "known_from" in each), default="2019-01-01")
    known_from = date.fromisoformat(latest) + timedelta(days=draw(st.integers(-2, 400)))
    effective = draw(st.sampled_from(DAYS))
    change = pick(
        draw, (Change.REVIEW, Change.CRITERIA, Change.CODES, Change.CORRECTION, Change.WITHDRAWN, Change.RETIRED)
    )
    wish: dict[str, Any] = {
        "change": change,
        "summary": draw(st.sampled_from(("It: changed.", "Short", "word " * 40 + "end"))),
    }
    if change in {Change.CORRECTION, Change.WITHDRAWN}:
        return Wish(
            **wish,
            target=pick(draw, history)["revision"],
            known_from=known_from,
            effective=draw(st.sampled_from((None, effective))) if change is Change.CORRECTION else None,
            copy=change is Change.CORRECTION and draw(st.booleans()),
            through=draw(st.sampled_from((None, False))) if change is Change.CORRECTION else None,
        )
    if kind == "no-determination" and change is not Change.RETIRED:
        wish["change"] = Change.REVIEW
    return Wish(
        **wish,
        effective=effective,
        known_from=draw(st.sampled_from((None, known_from))),
        copy=change is not Change.RETIRED and draw(st.booleans()),
        applies_by=draw(st.sampled_from((None, None, *AppliesBy))),
        next_review=draw(st.sampled_from((None, effective))),
    )


def attempt(files: dict[str, bytes], wish: Wish) -> Revised | None:
    before = dict(files)
    try:
        return revise(NAME, files, wish)
    except (InvalidDocuments, Unrevisable):
        return None
    finally:
        assert files == before


@often
@given(st.data())
def test_all_that_was_there_stays_and_one_entry_comes_after_it(data: st.DataObject) -> None:
    plain, files = data.draw(handwritten())
    wish = data.draw(wishes(plain["history"], plain["kind"]))
    revised = attempt(files, wish)
    event(f"{wish.change} {'copied' if wish.copy else ''} {'made' if revised else 'refused'}")
    if revised is None:
        return
    old, new, added = files[NAME].decode(), revised.content.decode(), revised.insertion
    assert new == old[: added.at] + added.text + old[added.at :]
    after = data_in(revised.content)
    assert {**after, "history": after["history"][:-1]} == plain
    entry_ = after["history"][-1]
    assert entry_["revision"] not in {each["revision"] for each in plain["history"]}
    assert entry_["summary"] == wish.summary
    for key in ("effective", "known_from", "next_review"):
        wished = getattr(wish, key)
        assert wished is None or entry_[key] == str(wished)
    assert not check_files({**files, NAME: revised.content}).problems
    first = new.splitlines()[added.first - 1]
    assert re.match(r" *- revision:", first)


@often
@given(st.data())
def test_an_entry_is_refused_only_where_none_could_stand(data: st.DataObject) -> None:
    plain, files = data.draw(handwritten())
    wish = data.draw(wishes(plain["history"], plain["kind"]).filter(lambda each: each.target is None))
    latest = max((each["known_from"] for each in plain["history"] if "known_from" in each), default="")
    wanted: Plain = {"revision": "new", "change": str(wish.change), "effective": str(wish.effective)}
    wanted |= {"services": "unchanged"} if wish.change is not Change.RETIRED else {}
    wanted |= {"known_from": str(wish.known_from)} if wish.known_from else {}
    could = is_valid([*plain["history"], wanted]) and not (wish.known_from and str(wish.known_from) < latest)
    event("could" if could else "could not")
    assert (attempt(files, wish) is not None) == could


@often
@given(st.data())
def test_what_was_asked_as_known_earlier_is_answered_as_before(data: st.DataObject) -> None:
    plain, files = data.draw(handwritten())
    wish = data.draw(wishes(plain["history"], plain["kind"]).filter(lambda each: each.known_from is not None))
    revised = attempt(files, wish)
    if revised is None:
        return
    assert wish.known_from is not None
    before = Timeline(check_files(files).holdings.policies["acme/p1"])
    after = Timeline(revised.policy)
    for known_on in (wish.known_from - timedelta(days=1), *(day for day in DAYS if day < wish.known_from)):
        for day in DAYS:
            for processed in (None, day):
                asked: dict[str, Any] = {"date_of_service": day, "claim_processed": processed, "known_on": known_on}
                assert told(before.in_effect(**asked)) == told(after.in_effect(**asked))


def told(answer: Any) -> Any:
    """What governs, and all that it says."""
    if hasattr(answer, "candidates"):
        return [told(each) for each in answer.candidates]
    if hasattr(answer, "reason"):
        return (answer.reason, answer.before and answer.before.revision, answer.after and answer.after.revision)
    following = answer.following.revision if answer.following else None
    return (answer.name, answer.effective, answer.last, following, services_in(answer.services))


def services_in(services: Any, *, ids: bool = True) -> list[Any]:
    found = [service_as_data(each) for each in services]
    return found if ids else [strategies.without_ids(each) for each in found]


@often
@given(st.data())
def test_a_copy_says_what_would_have_been_carried_over(data: st.DataObject) -> None:
    plain, files = data.draw(handwritten())
    wish = data.draw(wishes(plain["history"], plain["kind"]).filter(lambda each: each.copy))
    copied = attempt(files, wish)
    if copied is None:
        return
    carried = attempt(files, Wish(**{**{key: getattr(wish, key) for key in Wish.__dataclass_fields__}, "copy": False}))
    assert carried is not None
    assert services_of(copied.policy, ids=False) == services_of(carried.policy, ids=False)
    assert copied.entry.services
    assert data_in(copied.content)["history"][-1]["services"] != "unchanged"
    assert all("unchanged" not in each for each in data_in(copied.content)["history"][-1]["services"])
    event(f"copied from {len(copied.copied)}")


def services_of(found: Policy, *, ids: bool) -> list[Any]:
    """The services of the last entry, with what it carries over."""
    view = Timeline(found).view()
    return services_in(next(each.services for each in view.revisions if each.entry is found.history[-1]), ids=ids)


# What the shipped policies become

SHIPPED: Final = sorted(
    each.relative_to(POLICIES).as_posix() for each in POLICIES.glob("*/*.yaml") if ".cases" not in each.name
)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize(("copy", "ending"), [(False, "\n"), (True, "\n"), (True, "\r\n")])
def test_every_shipped_policy_can_be_revised(name: str, copy: bool, ending: str) -> None:
    shipped = {each: (POLICIES / each).read_bytes() for each in (*WORD_FILES, name)}
    old = shipped[name].decode().replace("\n", ending)
    wish = Wish(change=Change.REVIEW, effective=date(2031, 1, 1), known_from=date(2030, 12, 1), copy=copy)
    revised = revise(name, {**shipped, name: old.encode()}, wish)
    new, added = revised.content.decode(), revised.insertion
    assert old == new[: added.at] + new[added.at + len(added.text) :]
    assert new.count("\r") == (new.count("\n") if ending == "\r\n" else 0)
    before = Timeline(check_files(shipped).holdings.policies[name.removesuffix(".yaml")])
    on_the_day = before.in_effect(date_of_service=date(2030, 12, 31))
    assert isinstance(on_the_day, Revision)
    assert services_of(revised.policy, ids=True) == services_in(on_the_day.services)
    if copy:
        (source,) = revised.copied
        text = old.replace("\r", "")
        start = text.index("    services:\n", text.index(f"- revision: {source}\n"))
        end = text.find("\n  - revision:", start)
        written = text[start : end if end > 0 else None].strip()
        assert written in new.replace("\r", "")[added.at - new.count("\r", 0, added.at) :]


# Single entries

WORDS: Final = {name: text.encode() for name, text in VOCABULARY.items()}
OPERATION: Final = """\
    services:
      # the only one
      - service: Operation  # in hospital
        codes: {cpt: ["64714"]}
        coverage:
          - outcome: covered
            # why
            when: {id: adult, fact: patient.age, at_least: 18}
          - {outcome: not-covered}
          # nothing else
      # no more services
    # end of the entry
  # end of the history
"""


def with_history(text: str, **more: str) -> dict[str, bytes]:
    """The sample library with a policy of this history, whose lines stand as they are."""
    head = policy("", **more).rstrip()
    return {**WORDS, NAME: f"{head}\n{text}".encode()}


def first(services: str = OPERATION, **keys: str) -> str:
    lines = {"revision": "first", "change": "new", "summary": "The first.", "effective": "2020-01-01", **keys}
    head = "\n    ".join(f"{key}: {value}" for key, value in lines.items())
    return f"  - {head}\n{services}"


def revised_text(files: dict[str, bytes], **wish: Any) -> str:
    """What is added where this is wished for."""
    wished = {"change": Change.CRITERIA, "effective": date(2021, 1, 1), "summary": "Changed.", **wish}
    return revise(NAME, files, Wish(**wished)).insertion.text


def refused(files: dict[str, bytes], **wish: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidDocuments) as caught:
        revised_text(files, **wish)
    return caught.value.problems


def test_a_copy_is_as_it_stands_with_its_comments() -> None:
    files = with_history(first())
    revised = revise(
        NAME, files, Wish(change=Change.CODES, effective=date(2021, 1, 1), summary="Other codes.", copy=True)
    )
    assert revised.content.decode().splitlines()[7:] == [
        *first().splitlines()[:-1],
        "",
        "  - revision: 2021-01-01",
        "    change: codes",
        "    summary: Other codes.",
        "    effective: 2021-01-01",
        "    # Copied from `first`. Change it to what the new text says, and delete this line.",
        *OPERATION.splitlines()[:-3],
        "  # end of the history",
    ]
    assert revised.copied == ("first",)


def test_services_are_copied_from_where_they_are_written() -> None:
    second = """\
  - revision: second
    change: criteria
    summary: Another.
    effective: 2021-01-01
    services:
    - {service: Scan, codes: {hcpcs: ["G0297"]},   # as before
       coverage: [{outcome: covered, when: {id: adult, fact: patient.age, at_least: 21}}, {outcome: not-covered}]}
    - {service: Operation, unchanged: true}
"""
    files = with_history(first() + second)
    revised = revise(NAME, files, Wish(change=Change.CRITERIA, effective=date(2022, 1, 1), summary="X.", copy=True))
    assert revised.copied == ("second", "first")
    assert revised.insertion.text.splitlines() == [
        "  - revision: 2022-01-01",
        "    change: criteria",
        "    summary: X.",
        "    effective: 2022-01-01",
        "    # Copied from `second` and `first`. Change it to what the new text says, and delete this line.",
        "    services:",
        '    - {service: Scan, codes: {hcpcs: ["G0297"]},   # as before',
        "       coverage: [{outcome: covered, when: {id: adult, fact: patient.age, at_least: 21}}, {outcome: not-covered}]}",
        "    # the only one",
        "    - service: Operation  # in hospital",
        '      codes: {cpt: ["64714"]}',
        "      coverage:",
        "        - outcome: covered",
        "          # why",
        "          when: {id: adult-2, fact: patient.age, at_least: 18}",
        "        - {outcome: not-covered}",
        "        # nothing else",
    ]


def test_an_id_that_is_taken_gets_a_number_that_is_not() -> None:
    service = "      - {{service: {}, codes: {{cpt: [{}]}}, coverage: [{{outcome: covered, when: {{all: [{}]}}}}, {{outcome: not-covered}}]}}\n"
    criterion = "{{id: {}, fact: patient.age, at_least: 18}}"
    one = service.format("One", '"64714"', criterion.format("a"))
    two = service.format("Two", '"64715"', ", ".join(map(criterion.format, ("a", "a-2", "b"))))
    second = "  - revision: second\n    change: codes\n    summary: S\n    effective: 2020-06-01\n    services:\n"
    files = with_history(first(f"    services:\n{two}") + second + one + "      - {service: Two, unchanged: true}\n")
    added = revised_text(files, copy=True)
    assert re.findall(r"id: ([a-z0-9-]+)", added) == ["a", "a-3", "a-2", "b"]


def test_services_in_brackets_are_copied_as_a_list() -> None:
    line = """    services: [{service: Operation, codes: {cpt: ["64714"]}, coverage: [{outcome: covered}]}]\n"""
    assert revised_text(with_history(first(line)), copy=True).splitlines()[6:] == [
        "    services:",
        '      - {service: Operation, codes: {cpt: ["64714"]}, coverage: [{outcome: covered}]}',
    ]


def test_services_in_brackets_over_several_lines_are_copied_with_their_indentation() -> None:
    lines = """\
    services: [  # all of them
        {service: Operation, codes: {cpt: ["64714"]},  # beside
         # above
         coverage: [{outcome: covered,
                     says: A}]}]
"""
    for ending in ("\n", "\r\n"):
        files = {name: text.replace(b"\n", ending.encode()) for name, text in with_history(first(lines)).items()}
        assert revised_text(files, copy=True).split(ending)[6:] == [
            "    services:",
            '      - {service: Operation, codes: {cpt: ["64714"]},  # beside',
            "         # above",
            "         coverage: [{outcome: covered,",
            "                     says: A}]}",
            "",
        ]


def test_empty_lines_between_entries_are_seen_whatever_ends_them() -> None:
    once = revise(NAME, with_history(first()), Wish(change=Change.REVIEW, effective=date(2021, 1, 1))).content
    for content in (once, once.replace(b"\n", b"\r\n"), once.replace(b"\n\n", b"\n  \n")):
        ending = "\r\n" if b"\r" in content else "\n"
        added = revised_text({**WORDS, NAME: content}, effective=date(2022, 1, 1))
        assert added.startswith(f"{ending}  - revision")


def test_where_entries_stand_without_empty_lines_none_is_added() -> None:
    two = first() + entry("second", "review", "2021-01-01", "unchanged").replace("\n", "\n  ").rstrip()
    two = two.replace("- revision: second", "  - revision: second")
    assert revised_text(with_history(two), effective=date(2022, 1, 1)).startswith("\n  - revision: 2022-01-01")
    assert revised_text(with_history(first())).startswith("\n  - revision")
    assert revised_text(
        with_history(two.replace("  # end of the history\n", "\n") + "\n"), effective=date(2022, 1, 1)
    ).startswith("\n  -")


def test_a_correction_is_like_what_it_corrects() -> None:
    files = with_history(first(through="2020-06-30", applies_by="claim-processed"))
    wish: dict[str, Any] = {
        "change": Change.CORRECTION,
        "target": "first",
        "known_from": date(2022, 1, 1),
        "effective": None,
    }
    assert revised_text(files, **wish).splitlines()[1:] == [
        "  - revision: first-corrected",
        "    change: correction",
        "    summary: Changed.",
        "    effective: 2020-01-01",
        "    through: 2020-06-30",
        "    known_from: 2022-01-01",
        "    applies_by: claim-processed",
        "    replaces: first",
        "    services: unchanged",
    ]
    other = {"through": False, "applies_by": AppliesBy.DATE_OF_SERVICE, "effective": date(2020, 2, 1)}
    assert revised_text(files, **{**wish, **other}).splitlines()[4:] == [
        "    effective: 2020-02-01",
        "    known_from: 2022-01-01",
        "    replaces: first",
        "    services: unchanged",
    ]


def test_names_are_found_that_are_not_taken() -> None:
    files = with_history(first())
    wish: dict[str, Any] = {
        "change": Change.CORRECTION,
        "target": "first",
        "known_from": date(2022, 1, 1),
        "effective": None,
    }
    again = {NAME: revise(NAME, files, Wish(summary="X.", **wish)).content}
    text = revised_text({**files, **again}, **{**wish, "target": "first-corrected"})
    assert "revision: first-corrected-2\n" in text
    assert "revision: mine\n" in revised_text(
        {**files, **again}, **{**wish, "target": "first-corrected", "name": "mine"}
    )
    withdrawal = {**wish, "change": Change.WITHDRAWN, "target": "first-corrected"}
    assert "revision: first-corrected-withdrawn\n" in revised_text({**files, **again}, **withdrawal)
    dated = with_history(first(revision="2021-01-01"))
    assert 'revision: "2021-01-01-2"\n' in revised_text(dated)


def test_what_is_carried_over_applies_by_the_same_date() -> None:
    files = with_history(first(applies_by="claim-processed"))
    assert "    applies_by: claim-processed\n" in revised_text(files)
    assert "applies_by" not in revised_text(files, applies_by=AppliesBy.DATE_OF_SERVICE)
    assert "applies_by" not in revised_text(files, change=Change.RETIRED)
    assert "applies_by" not in revised_text(with_history(first()))


def test_a_search_is_repeated_and_not_reviewed() -> None:
    services = (
        OPERATION.replace("covered", "deferred", 1).split("            # why")[0] + "            to: the reviewer\n"
    )
    files = with_history(first(services, change="searched"), kind="no-determination")
    assert "    change: searched\n" in revised_text(files, change=Change.REVIEW, summary=None)


def test_a_summary_is_asked_for_but_of_a_review() -> None:
    files = with_history(first())
    assert "    summary: Reviewed, no change.\n" in revised_text(files, change=Change.REVIEW, summary=None)
    assert "    summary: Retired.\n" in revised_text(files, change=Change.RETIRED, summary=None)
    with pytest.raises(Unrevisable, match="summary"):
        revised_text(files, summary=None)


def test_an_entry_that_is_not_there_is_told_with_the_one_that_may_be_meant() -> None:
    wish = {"change": Change.CORRECTION, "known_from": date(2022, 1, 1), "effective": None}
    with pytest.raises(Unrevisable, match=r"(?s)`frist` is not a revision.*did you mean `first`"):
        revised_text(with_history(first()), target="frist", **wish)
    with pytest.raises(Unrevisable, match=r"(?s)`other` is not a revision.*policykit history acme/p1"):
        revised_text(with_history(first()), target="other", **wish)


def test_where_nothing_stands_before_nothing_can_be_carried_over_or_copied() -> None:
    for copy in (True, False):
        with pytest.raises(Unrevisable, match=r"(?s)nothing that stands before 2020-01-01.*by hand"):
            revised_text(with_history(first()), effective=date(2020, 1, 1), copy=copy)


def test_an_entry_that_takes_from_a_later_one_what_it_carries_over_is_told_there() -> None:
    reviewed = revise(NAME, with_history(first()), Wish(change=Change.REVIEW, effective=date(2022, 1, 1)))
    files = {**WORDS, NAME: reviewed.content}
    (problem,) = refused(files, change=Change.RETIRED)
    place = next(number for number, line in enumerate(reviewed.content.decode().splitlines(), 1) if "unchanged" in line)
    assert (problem.rule, problem.where.line) == ("nothing-to-carry-over", place)


def test_a_history_in_brackets_is_not_written_to() -> None:
    text = policy("")[: -len("history:\n\n")]
    services = '[{service: Operation, codes: {cpt: ["64714"]}, coverage: [{outcome: covered}]}]'
    line = f"history: [{{revision: first, change: new, summary: S, effective: 2020-01-01, services: {services}}}]\n"
    with pytest.raises(Unrevisable, match=r"(?s)brackets.*policykit fmt"):
        revised_text({**WORDS, NAME: (text + line).encode()})


@pytest.mark.parametrize(
    ("last", "fits"),
    [
        ("    reading: |+\n      A text.\n\n\n", True),
        ("    reading: |\n      A text.\n", True),
        ("    reading: >-\n      A text.\n\n\n", True),
        ("    reading: |\n      A text.", False),
        ("    reading: |-\n      A text.", True),
        ("    reading: A text.", True),
    ],
)
def test_a_text_at_the_end_stays_what_it_is_or_nothing_is_added(last: str, fits: bool) -> None:
    files = with_history(
        first('    services: [{service: A, codes: {cpt: ["64714"]}, coverage: [{outcome: covered}]}]\n') + last
    )
    if fits:
        assert revised_text(files, change=Change.REVIEW)
    else:
        with pytest.raises(Unrevisable, match=r"(?s)without changing the entry above.*policykit fmt"):
            revised_text(files, change=Change.REVIEW)


def test_a_document_with_problems_is_not_written_to() -> None:
    (problem,) = refused(with_history(first().replace("patient.age", "patient.aeg")))
    assert (problem.rule, problem.where.line > 0) == ("unknown-fact", True)
    (problem,) = refused({**with_history(first()), "payers.yaml": b"format: 1\npayers: {acme: {nam: A}}\n"})[:1]
    assert problem.where.file == "payers.yaml"


def test_problems_of_other_policies_are_passed_over() -> None:
    files = {**with_history(first()), "acme/p2.yaml": b"format: 1\npolicy: acme/p2\n"}
    assert revised_text(files)


def test_a_problem_of_the_new_entry_is_told_by_its_line() -> None:
    files = with_history(first(known_from="2020-01-01"))
    (problem,) = refused(files, known_from=date(2019, 1, 1))
    assert str(problem).splitlines()[0] == (
        "acme/p1.yaml: line 5 of the new entry: this could be known from 2019-01-01, before `first`, which stands above it "
        "[history-order]"
    )
    (problem,) = refused(files, effective=date(2020, 1, 1), change=Change.RETIRED)
    assert (problem.rule, str(problem.where)) == ("same-effective", "acme/p1.yaml: line 4 of the new entry")
    (problem,) = refused(files, name="no name")
    assert (problem.rule, str(problem.where)) == ("malformed", "acme/p1.yaml: line 1 of the new entry")
    (problem,) = refused(files, summary="a\u200bb")
    assert (problem.rule, str(problem.where)) == ("invisible-character", "acme/p1.yaml: line 3 of the new entry")


def test_a_problem_below_the_new_entry_is_told_by_its_line_as_it_is() -> None:
    files = with_history(first() + 'criteria: {old: {fact: service.code, is: {cpt: "64714"}}}\n')
    assert not check_files(files).problems
    revised = revise(NAME, files, Wish(change=Change.REVIEW, effective=date(2021, 1, 1)))
    assert revised.content.decode().splitlines()[-1].startswith("criteria:")

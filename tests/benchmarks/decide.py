"""What a decision costs, against a Python function written by hand for the one policy that it decides.

Run it again with `python tests/benchmarks/decide.py`. It first sees to it that the two agree on every case. The
figures are medians of rounds in which everything takes its turn; only the ratios mean something elsewhere. Functions
that are written out for statements in use have been, before anything is measured.
"""

from __future__ import annotations

import sys
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from statistics import median
from timeit import Timer
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.claims import BY_HAND, CIGNA, CIGNA_EFFECTIVE, cigna_0587, claims_for, wrong_answers

from policykit import Library, open_library
from policykit.assembly import holdings_from_data
from policykit.plain import case_as_data
from policykit.shipped import POLICIES
from policykit.source import read_document
from policykit.vocabulary import VOCABULARY
from policykit.walking import ENOUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from policykit import Case

FULL: Final = "The same patient, with the answers of the clinician"
ROUNDS: Final = 9
NUMBER: Final = 2_000
POLICIES_HELD: Final = (1, 10, 100, 1_000)
REVISIONS: Final = (2, 10, 100, 500)


def microseconds(timers: Mapping[str, Timer], number: int = NUMBER, rounds: int = ROUNDS) -> dict[str, float]:
    """The median time of one run of each, all taking turns."""
    times: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            times[name].append(timer.timeit(number) / number * 1e6)
    return {name: median(each) for name, each in times.items()}


def warmed(library: Library, cases: Iterable[Case]) -> Library:
    """The library, after it was asked these cases so often that nothing is got ready any more."""
    for case in cases:
        for _ in range(ENOUGH):
            library.decide(case).findings  # noqa: B018  # reading is what is done
    return library


def timer(statement: str, **names: object) -> Timer:
    """A statement to be timed, over these names."""
    return Timer(statement, globals=names)


def print_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A table in Markdown."""
    columns = list(head)
    for row in (columns, ["---"] * len(columns), *rows):
        print(f"| {' | '.join(row)} |")
    print()


def sound(name: str) -> dict[str, Any]:
    """The plain data of a shipped document."""
    document, problems = read_document(name, (POLICIES / name).read_bytes())
    if document is None or problems:
        raise SystemExit(f"{name} cannot be read")
    data: dict[str, Any] = document.data
    return data


def shipped_cases(library: Library) -> Iterator[tuple[str, Case, dict[str, Any]]]:
    """The cases of the policy, read, and as the mappings that a program would hand over."""
    for data in sound(f"{CIGNA}.cases.yaml")["cases"]:
        if "problem" in (data.get("expect") or {}):
            continue
        given = {key: value for key, value in data.items() if key not in {"case", "expect"}} | {"policy": CIGNA}
        yield data["case"], library.read_case(given), given


def shipped() -> None:
    """Each shipped case of one policy: decided, explained, and given as a mapping."""
    library = open_library()
    found: dict[str, dict[str, float]] = {}
    read = [*shipped_cases(library)]
    warmed(library, [case for _, case, _ in read])
    for title, case, given in read:
        code = case.code.code if case.code else None
        told = {"a": code, "b": case.facts, "c": case.date_of_service, "d": case.known_on}
        if cigna_0587(code, case.facts, case.date_of_service, case.known_on) != library.decide(case).outcome.value:
            raise SystemExit(f"the two differ on: {title}")
        names = {"decide": library.decide, "case": case}
        found[title] = microseconds(
            {
                "by hand": timer("by_hand(a, b, c, d)", by_hand=cigna_0587, **told),
                "decided": timer("decide(case).outcome", **names),
                "with what is missing": timer("decide(case).missing", **names),
                "with the whole explanation": timer("d = decide(case); d.findings; d.missing", **names),
                "with explanation and receipt": timer("d = decide(case); d.findings; d.missing; d.receipt", **names),
                "read from a mapping, then decided": timer("decide(given).outcome", decide=library.decide, given=given),
            },
            NUMBER // 10,
        )
    total = {name: sum(each[name] for each in found.values()) for name in found[FULL]}
    worst = {name: max(each[name] / each["by hand"] for each in found.values()) for name in total}
    count = len(found)
    print(f"{CIGNA}: its {count} shipped cases on average; the case in which every criterion is met; the worst case\n")
    print_table(
        ("", f"{count} cases, µs", "ratio", "all met, µs", "ratio", "worst ratio"),
        (
            (
                name,
                f"{total[name] / count:.2f}",
                f"{total[name] / total['by hand']:.1f}",
                f"{found[FULL][name]:.2f}",
                f"{found[FULL][name] / found[FULL]['by hand']:.1f}",
                f"{worst[name]:.0f}",
            )
            for name in total
        ),
    )


def generated(policy: str) -> None:
    """The generated claims of a policy, each asked once in turn: decided, explained, and given as a mapping."""
    library = open_library()
    claims = claims_for(policy, library)
    wrong = wrong_answers(policy, claims, [library.decide(each.case).outcome.value for each in claims])
    if wrong.complete or wrong.missing:
        raise SystemExit(f"the two differ on {wrong.complete + wrong.missing} claims")
    warmed(library, [each.case for each in claims[:20]])
    told = [(each.code, each.facts, each.date_of_service, each.known_on) for each in claims]
    names = {"decide": library.decide, "cases": [each.case for each in claims]}
    found = microseconds(
        {
            "by hand": timer("for each in told: by_hand(*each)", by_hand=BY_HAND[policy], told=told),
            "decided": timer("for case in cases: decide(case).outcome", **names),
            "with what is missing": timer("for case in cases: decide(case).missing", **names),
            "with the whole explanation": timer("for case in cases: d = decide(case); d.findings; d.missing", **names),
            "read from a mapping, then decided": timer(
                "for given in cases: decide(given).outcome",
                decide=library.decide,
                cases=[each.given for each in claims],
            ),
        },
        number=1,
        rounds=5,
    )
    print(
        f"{policy}: {len(claims):,} generated claims, {wrong.of_missing:,} of them with something missing; none wrong\n"
    )
    print_table(
        ("", "µs", "ratio"),
        ((name, f"{each / len(claims):.2f}", f"{each / found['by hand']:.1f}") for name, each in found.items()),
    )


def copies(count: int) -> Library:
    """A library that holds the policy so many times, under different names."""
    policy = sound(f"{CIGNA}.yaml")
    documents = {name: sound(name) for name in VOCABULARY}
    names = [CIGNA, *(f"cigna/copy-{number}" for number in range(1, count))]
    return Library(holdings_from_data(documents | {f"{name}.yaml": policy | {"policy": name} for name in names}))


def long_history(count: int) -> Library:
    """A library with the policy alone, whose criteria were changed (to the same) so many times, ten days apart."""
    policy = deepcopy(sound(f"{CIGNA}.yaml"))
    (first,) = policy["history"]
    days = [CIGNA_EFFECTIVE - timedelta(days=10 * back) for back in range(count)]
    policy["history"] = [
        first
        | {
            "revision": f"{day}",
            "change": "criteria" if position else "new",
            "effective": f"{day}",
            "known_from": f"{day}",
        }
        for position, day in enumerate(reversed(days))
    ]
    return Library(holdings_from_data({name: sound(name) for name in VOCABULARY} | {f"{CIGNA}.yaml": policy}))


def growth(what: str, sizes: Iterable[int], library_of: Callable[[int], Library], *, spread: bool) -> None:
    """The same case decided by libraries of different sizes; `spread` over the whole history, as known that day."""
    data = case_as_data(next(shipped_cases(open_library()))[1])
    facts = {name: value for name, value in data["facts"].items() if not name.startswith(("service.", "claim."))}
    given = {"policy": CIGNA, "date_of_service": "2026-01-15", "service": {"cpt": "64714"}, "facts": facts}
    timers: dict[str, Timer] = {}
    asked = 20
    for size in sizes:
        library = library_of(size)
        days = [CIGNA_EFFECTIVE - timedelta(days=10 * (size - 1) * back // (asked - 1)) for back in range(asked)]
        asking = (
            [given | {"date_of_service": f"{day}", "known_on": f"{day}"} for day in days] if spread else [given] * asked
        )
        cases = [library.read_case(each) for each in asking]
        if any(library.decide(case).revision is None for case in cases):
            raise SystemExit("a date without a revision")
        warmed(library, cases)
        timers[f"{size}"] = timer("for case in cases: decide(case)", cases=cases, decide=library.decide)
    found = microseconds(timers, NUMBER // asked)
    smallest = next(iter(found.values()))
    print_table(
        (what, "µs", "against the smallest"),
        ((size, f"{each / asked:.2f}", f"{each / smallest:.2f}") for size, each in found.items()),
    )


def main() -> None:
    """All tables."""
    shipped()
    for policy in BY_HAND:
        generated(policy)
    growth("policies held", POLICIES_HELD, copies, spread=False)
    growth("revisions in the history", REVISIONS, long_history, spread=True)


if __name__ == "__main__":
    main()

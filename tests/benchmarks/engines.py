"""What a decision costs, against every engine that could be asked instead, on the same claims for the same policies.

Run it again with `python tests/benchmarks/engines.py`, after `pip install policykit[bench]`; whatever is not installed
is named, and passed over. Packages whose modules have the same name are looked for beside, each in a folder of its
own: `pip install --target beside/panzi-json-logic panzi-json-logic`, then `--beside beside`.

Each engine gets the claims in the form that it takes fastest. They are brought into that form beforehand where it can
be kept; the rows `from a dict` show what it costs where it cannot. Each answers every claim once, so that none is warm
from an answer before: in each round everything takes its turn on the same 2,000 claims, which are other ones in the
next. The figures are medians of the rounds, of the time of the processor (nothing here waits, or runs in parallel); only
their ratios mean something elsewhere.

An answer is wrong if it is not that of the function written by hand. An engine that fails on a fact that is not told is
taken to say `undetermined`. Where it takes such a fact for false, a row shows what the third value costs in the two
fastest, written out in their languages. For all claims it takes about an hour; `--count 10000` gives a first look.
"""

from __future__ import annotations

import gc
import os
import platform
import sys
from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import peers_cel, peers_json_logic, peers_openfisca, peers_rules, peers_zen
from benchmarks.claims import BY_HAND, CIGNA, COUNT, NCD, Claim, Wrong, claims_for, wrong_answers
from benchmarks.peers import Contender, Peer, load
from benchmarks.spelling import versions_of

from policykit import Library, open_library
from policykit.records import record
from policykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PEERS: Final = (
    peers_zen.ZEN,
    peers_cel.RUST,
    peers_cel.GOOGLE,
    peers_cel.PYTHON,
    peers_json_logic.RUST,
    peers_json_logic.PANZI,
    peers_json_logic.QUBIT,
    peers_json_logic.PYTHON,
    peers_json_logic.FIRST,
    peers_rules.RULE_ENGINE,
    peers_rules.CEDAR,
    peers_rules.REGO,
    peers_openfisca.OPENFISCA,
)
SLICE: Final = 2_000
WARM_UP: Final = 50
HEAD: Final = (
    "engine",
    "used as",
    "µs a claim",
    "against the function",
    "wrong, all told",
    "wrong, some missing",
    "facts missing are named",
)


@record
class Entrant:
    """A contender with the name and version of its engine."""

    engine: str
    contender: Contender


@record
class Measured:
    """What was found: the median time for one claim, in microseconds, and how many answers were wrong."""

    entrant: Entrant
    time: float
    wrong: Wrong


def own(library: Library, policy: str) -> Iterator[Entrant]:
    """The function written by hand, and this program in three uses."""
    by_hand, decide, reads = BY_HAND[policy], library.decide, library.read_case

    def explained(case: Any) -> Any:
        decision = decide(case)
        decision.findings  # noqa: B018  # what explains a decision is worked out when it is read
        decision.missing  # noqa: B018  # the same
        return decision.outcome

    yield Entrant(
        engine="by hand",
        contender=Contender(
            way="a function for this policy alone",
            selects=True,
            prepare=lambda claim: (claim.code, reads(claim.given).facts, claim.date_of_service, claim.known_on),
            answers=lambda cases: [by_hand(code, facts, day, known_on) for code, facts, day, known_on in cases],
        ),
    )
    engine, said = f"policykit {VERSION}", "those on which it hangs"
    for way, prepare, answers in (
        ("`decide`", lambda claim: reads(claim.given), lambda cases: [decide(case).outcome for case in cases]),
        (
            "`decide`, whole explanation",
            lambda claim: reads(claim.given),
            lambda cases: [explained(case) for case in cases],
        ),
        (
            "`decide`, from a dict, checked",
            lambda claim: claim.given,
            lambda cases: [decide(given).outcome for given in cases],
        ),
    ):
        contender = Contender(way=way, selects=True, prepare=prepare, answers=answers, names_missing=said)
        yield Entrant(engine=engine, contender=contender)


def entrants(
    library: Library, policy: str, peers: Iterable[Peer], beside: Path | None, trial: Sequence[Claim]
) -> tuple[list[Entrant], dict[str, str]]:
    """Everything that takes part for one policy; and who does not, with the reason."""
    found, out = list(own(library, policy)), dict[str, str]()
    versions = versions_of(library.policies[policy])
    for peer in peers:
        loaded = load(peer, beside)
        if peer.contenders is None or isinstance(loaded, str):
            out[peer.distribution] = peer.cannot or f"{loaded}"
            continue
        try:
            tried = list(peer.contenders(loaded.module, versions))
            for each in tried:
                outcomes(each, each.answers(prepared(each, trial)))
        except Exception as error:  # noqa: BLE001  # another version of it may fail in any way; the others go on
            out[peer.distribution] = f"version {loaded.version} fails: {error}".partition("\n")[0]
        else:
            found += [Entrant(engine=f"{peer.distribution} {loaded.version}", contender=each) for each in tried]
    return found, out


def prepared(contender: Contender, claims: Sequence[Claim]) -> Any:
    """Claims in the form that a contender takes."""
    each = [contender.prepare(claim) for claim in claims]
    return contender.gather(each) if contender.gather else each


def outcomes(contender: Contender, answers: Iterable[Any]) -> list[str | None]:
    """The outcomes behind what a contender handed back."""
    reading = contender.reading
    return [reading.get(answer, answer) for answer in answers]


def measure(everything: Sequence[Entrant], policy: str, claims: Sequence[Claim]) -> list[Measured]:
    """Each contender on all claims: a slice in each round."""
    times: dict[int, list[float]] = defaultdict(list)
    answered: dict[int, list[str | None]] = defaultdict(list)
    turns = list(enumerate(everything))
    for start in range(0, len(claims), SLICE):
        part = claims[start : start + SLICE]
        turns = [*turns[1:], turns[0]]  # nobody is always the first
        for number, entrant in turns:
            entrant.contender.answers(prepared(entrant.contender, claims[start - WARM_UP : start] or claims[-WARM_UP:]))
            cases = prepared(entrant.contender, part)
            gc.collect()
            gc.disable()
            begin = process_time()
            answers = entrant.contender.answers(cases)
            times[number].append((process_time() - begin) / len(part) * 1e6)
            gc.enable()
            answered[number] += outcomes(entrant.contender, answers)
        print(f"{policy}: {min(start + SLICE, len(claims)):,} of {len(claims):,} claims", file=sys.stderr)
    return [
        Measured(entrant=each, time=median(times[number]), wrong=wrong_answers(policy, claims, answered[number]))
        for number, each in enumerate(everything)
    ]


def print_table(title: str, found: Sequence[Measured]) -> None:
    """One table in Markdown: those that choose revision and service, the fastest first; then bare criteria."""
    reference = found[0].time
    print(f"### {title}\n\n| {' | '.join(HEAD)} |\n| {' | '.join(['---'] * len(HEAD))} |")
    for each in sorted(found, key=lambda one: (not one.entrant.contender.selects, one.time)):
        contender, wrong = each.entrant.contender, each.wrong
        cells = (
            each.entrant.engine,
            contender.way,
            f"{each.time:.2f}",
            f"{each.time / reference:.1f}",
            f"{wrong.complete:,} of {wrong.of_complete:,}",
            f"{wrong.missing:,} of {wrong.of_missing:,}",
            contender.names_missing if each is not found[0] else "no",
        )
        print(f"| {' | '.join(cells)} |")
    print()


def main() -> None:
    """The tables, one for each policy, and who is not in them."""
    parser = ArgumentParser(description="What a decision costs, against other engines.")
    parser.add_argument("--count", type=int, default=COUNT, help="how many claims for each policy")
    parser.add_argument("--beside", type=Path, help="the folder with packages in folders of their own")
    parser.add_argument("names", nargs="*", help="the packages to measure; all, if none is named")
    asked = parser.parse_args()
    # A stack with each error would make those slow that say by an error that a fact is not told.
    os.environ |= {"RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0"}
    peers = [peer for peer in PEERS if not asked.names or peer.distribution in asked.names]
    library = open_library()
    absent: dict[str, str] = {}
    print(f"Python {platform.python_version()}, {asked.count:,} claims for each policy\n")
    for policy in (CIGNA, NCD):
        claims = claims_for(policy, library, asked.count)
        everything, out = entrants(library, policy, peers, asked.beside, claims[:WARM_UP])
        for name, reason in out.items():
            print(f"{policy}: {name} is left out: {reason}", file=sys.stderr)
        print_table(policy, measure(everything, policy, claims))
        absent |= out
    for name, reason in absent.items():
        print(f"- not measured: {name}, {reason}")


if __name__ == "__main__":
    main()

"""The other engines that the benchmarks ask: each is put the same policy, or the comparison is worth nothing."""

from __future__ import annotations

import operator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from benchmarks.claims import BY_HAND, CIGNA, NCD, Claim, claims_for, right_answers
from benchmarks.engines import PEERS, Entrant, entrants, measure, outcomes, own, prepared
from benchmarks.peers import Contender, Peer, load, one_by_one
from benchmarks.run import BENCHMARKS, FOLDER, Ran, page, ran
from benchmarks.spelling import (
    CODE,
    DAY,
    UNDETERMINED,
    Language,
    criterion_in,
    number_of,
    plain,
    policy_in,
    versions_of,
)
from benchmarks.three_values import ThreeValued

from policykit import open_library
from policykit.criteria import Ago, FactIs, Notes
from policykit.dates import Span, add
from policykit.problems import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from policykit import Library

Asked: TypeAlias = "Callable[[dict[str, Any]], Any]"
POLICIES = (CIGNA, NCD)
COUNT = 1_000
SIGNS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library()


@pytest.fixture(scope="module", params=POLICIES)
def policy(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def claims(policy: str, library: Library) -> list[Claim]:
    return claims_for(policy, library, COUNT)


class Functions(Language[Asked]):
    """Functions of a claim in its plain form, with two values: a fact that is not told makes every question false."""

    def all_of(self, parts: Sequence[Asked]) -> Asked:
        return lambda told: all(each(told) for each in parts)

    def any_of(self, parts: Sequence[Asked]) -> Asked:
        return lambda told: any(each(told) for each in parts)

    def none_of(self, parts: Sequence[Asked]) -> Asked:
        return lambda told: not any(each(told) for each in parts)

    def one_of(self, fact: str, values: Sequence[bool | int | float | str]) -> Asked:
        return lambda told: told.get(fact) in values

    def has(self, fact: str, values: Sequence[str], *, every: bool) -> Asked:
        return lambda told: (all if every else any)(each in told.get(fact, ()) for each in values)

    def compares(self, fact: str, sign: str, limit: float | str, more: int = 0) -> Asked:
        compare = SIGNS[sign]
        return lambda told: (
            fact in told and compare(told[fact] + more, told[limit] if isinstance(limit, str) else limit)
        )

    def choose(self, branches: Sequence[tuple[Asked, Asked]], otherwise: Asked) -> Asked:
        return lambda told: next((answer for holds, answer in branches if holds(told)), otherwise)(told)

    def outcome(self, name: str) -> Asked:
        return lambda _: name


def told(fact: str) -> Asked:
    return lambda claim: fact in claim


def test_a_policy_put_in_two_values_is_right_wherever_every_fact_is_told(
    policy: str, library: Library, claims: list[Claim]
) -> None:
    answer = policy_in(Functions(), versions_of(library.policies[policy]))
    complete = [each for each in claims if each.complete]
    assert complete
    assert [answer(plain(each)) for each in complete] == right_answers(policy, complete)
    assert [answer(plain(each)) for each in claims] != right_answers(policy, claims)


def test_a_policy_with_the_third_value_written_out_is_right_everywhere(
    policy: str, library: Library, claims: list[Claim]
) -> None:
    answer = policy_in(ThreeValued(Functions(), told), versions_of(library.policies[policy])).holds
    assert [answer(plain(each)) for each in claims] == right_answers(policy, claims)


@pytest.mark.parametrize("day", [date(2020, 2, 29), date(2023, 2, 28), date(2023, 3, 1), date(2024, 1, 1)])
def test_years_since_are_counted_to_the_day(day: date) -> None:
    ago = Ago(operator="within_last", span=Span(15, "year"))
    where = Location(file="")
    criterion = FactIs(fact="smoking.quit_date", comparisons=(ago,), notes=(Notes(where=where),))
    holds = criterion_in(Functions(), criterion)
    for year in (day.year - 16, day.year - 15, day.year - 14, day.year):
        for number in range(366):
            quit_date = date(year, 1, 1) + timedelta(days=number)
            last = add(quit_date, ago.span)
            claim = {DAY: number_of(day), "smoking_quit_date": number_of(quit_date)}
            assert last is not None
            assert holds(claim) == (quit_date <= day <= last), quit_date


def test_an_error_stands_for_an_answer_that_is_not_determined() -> None:
    def evaluate(case: int) -> str:
        if case < 0:
            raise LookupError
        return f"{case}"

    assert one_by_one(evaluate, LookupError)([1, -1, 2]) == ["1", UNDETERMINED, "2"]
    with pytest.raises(LookupError):
        one_by_one(evaluate)([1, -1])
    with pytest.raises(LookupError):
        one_by_one(evaluate, TypeError)([1, -1])


def test_whoever_is_asked_gets_claims_of_every_outcome(policy: str, claims: list[Claim]) -> None:
    found = set(right_answers(policy, claims))
    assert {UNDETERMINED, "no-version-in-effect", "not-addressed"} < found
    assert len(found) >= 5


def test_a_criterion_and_what_it_surely_is_not_never_hold_together(
    policy: str, library: Library, claims: list[Claim]
) -> None:
    language = ThreeValued(Functions(), told)
    seen = set()
    for version in versions_of(library.policies[policy]):
        for service in version.services:
            for criterion, _ in service.statements:
                if criterion is None:
                    continue
                sure = criterion_in(language, criterion)
                seen |= {(sure.holds(plain(each)), sure.fails(plain(each))) for each in claims}
    assert seen == {(True, False), (False, True), (False, False)}


def test_a_plain_claim_tells_no_date_and_no_set(claims: list[Claim]) -> None:
    for claim in claims:
        said = plain(claim)
        assert said[DAY] == int(f"{claim.date_of_service:%Y%m%d}")
        assert said.get(CODE) == claim.code
        assert {type(value) for value in said.values()} <= {int, float, str, bool, list}


def test_this_program_answers_every_claim_rightly(policy: str, library: Library, claims: list[Claim]) -> None:
    for entrant in own(library, policy):
        found = outcomes(entrant.contender, entrant.contender.answers(prepared(entrant.contender, claims)))
        assert found == right_answers(policy, claims), entrant.contender.way


def on_the_edge(claim: Claim) -> list[Claim]:
    """The same patient, who has quit fifteen years ago to the day, give or take a day."""
    days = [claim.date_of_service - timedelta(days=365 * 15 + 4 + each) for each in (-1, 0, 1)]
    edge = {"smoking.status": "former", "patient.age": 65, "smoking.pack_years": 30}
    return [claim._replace(facts={**claim.facts, **edge, "smoking.quit_date": day}) for day in days]


@pytest.mark.parametrize("peer", [each for each in PEERS if each.contenders], ids=lambda each: each.distribution)
def test_a_peer_is_right_wherever_every_fact_is_told(
    peer: Peer, policy: str, library: Library, claims: list[Claim]
) -> None:
    loaded = load(peer, None)
    if isinstance(loaded, str):
        pytest.skip(f"{peer.distribution} is {loaded}")
    assert peer.contenders is not None
    complete = [each for each in claims if each.complete]
    complete += [edge for each in complete[:60] for edge in on_the_edge(each)]
    tried = 0
    for contender in peer.contenders(loaded.module, versions_of(library.policies[policy])):
        found = outcomes(contender, contender.answers(prepared(contender, complete)))
        assert len(found) == len(complete)
        if contender.selects:
            assert found == right_answers(policy, complete), contender.way
            tried += 1
    assert tried


def test_answers_are_counted_claim_by_claim(policy: str, library: Library, claims: list[Claim]) -> None:
    always = Contender(
        way="always the same",
        selects=True,
        prepare=lambda claim: claim,
        answers=lambda cases: [7] * len(cases),
        reading={7: UNDETERMINED},
    )
    entrants = [*own(library, policy), Entrant(engine="deaf", contender=always)]
    *rightly, deaf = measure(entrants, policy, claims)
    right = right_answers(policy, claims)
    assert all(each.wrong.complete == each.wrong.missing == 0 for each in rightly)
    assert deaf.wrong.complete + deaf.wrong.missing == len(claims) - right.count(UNDETERMINED)
    assert all(each.time > 0 for each in rightly)


def test_who_is_not_there_is_named_with_the_reason(
    tmp_path: Path, policy: str, library: Library, claims: list[Claim]
) -> None:
    def fails(*_: object) -> list[Contender]:
        raise LookupError("it has changed\nfrom top to toe")

    def fails_later(*_: object) -> list[Contender]:
        def answers(_: object) -> list[str]:
            raise ValueError("it cannot answer")

        return [Contender(way="any", selects=True, prepare=lambda claim: claim, answers=answers)]

    for name, text in (("broken", "raise ImportError('a library is missing')"), ("other", ""), ("late", "")):
        package = tmp_path / f"{name}-engine" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(text, encoding="utf-8")
        metadata = tmp_path / f"{name}-engine" / f"{name}_engine-1.0.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}-engine\nVersion: 1.0\n", encoding="utf-8")
    peers = [
        Peer(distribution="no-such-engine", module="no_such_engine", contenders=fails),
        Peer(distribution="mute-engine", module="mute_engine", cannot="it has no words"),
        Peer(distribution="broken-engine", module="broken", contenders=fails),
        Peer(distribution="other-engine", module="other", contenders=fails),
        Peer(distribution="late-engine", module="late", contenders=fails_later),
    ]
    found, out = entrants(library, policy, peers, tmp_path, claims[:10])
    assert [each.engine for each in found] == [each.engine for each in own(library, policy)]
    assert out == {
        "no-such-engine": "not installed",
        "mute-engine": "it has no words",
        "broken-engine": "cannot be loaded: a library is missing",
        "other-engine": "version 1.0 fails: it has changed",
        "late-engine": "version 1.0 fails: it cannot answer",
    }


def test_a_package_beside_is_loaded_under_a_name_of_its_own(tmp_path: Path) -> None:
    for name, answer in (("one-engine", 1), ("other-engine", 2)):
        folder = tmp_path / name
        (folder / "engine").mkdir(parents=True)
        (folder / "engine" / "__init__.py").write_text("from .inner import ANSWER", encoding="utf-8")
        (folder / "engine" / "inner.py").write_text(f"ANSWER = {answer}", encoding="utf-8")
        metadata = folder / f"{name.replace('-', '_')}-1.{answer}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.{answer}\n", encoding="utf-8")
    for name, answer in (("one-engine", 1), ("other-engine", 2)):
        loaded = load(Peer(distribution=name, module="engine", contenders=lambda *_: ()), tmp_path)
        assert not isinstance(loaded, str)
        assert (loaded.module.ANSWER, loaded.version) == (answer, f"1.{answer}")


def test_every_benchmark_has_its_script() -> None:
    assert all((FOLDER / f"{name}.py").is_file() for name in BENCHMARKS)
    assert set(BY_HAND) == set(POLICIES)


def test_the_last_words_of_a_benchmark_that_fails_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    failed = ran("engines", ["--no-such-option"])
    assert failed.status == 2
    assert "unrecognized arguments: --no-such-option" in failed.said
    assert "unrecognized arguments: --no-such-option" in capfd.readouterr().err


def test_a_page_has_everything_that_was_run_in_order() -> None:
    text = page([Ran("startup", "| a |\n", 1.4, 0), Ran("decide", "| b |\n", 2.6, 1)])
    assert text.startswith("# Benchmarks\n\npolicykit ")
    found = [text.index(each) for each in ("\n| a |\n\n`startup` took 1 s.", "\n| b |\n\n`decide` took 3 s.")]
    assert found == sorted(found)

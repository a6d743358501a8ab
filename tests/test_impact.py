"""An impact counts what the interpreter answers before and after, claim by claim, and loses none."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import strategies
from claim_tables import Claims, claims_of
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from policykit.answers.documents import as_document
from policykit.assembly import holdings_from_data
from policykit.batch.engine import Limits
from policykit.batch.sources import find_sources
from policykit.decision import PossibleOutcome
from policykit.document import Document
from policykit.impact import counting
from policykit.impact.measuring import Decider, Inquiry, measure
from policykit.impact.result import Flow, tally_of
from policykit.index import Holdings
from policykit.library import Library
from policykit.policy import Change, Entry, Outcome
from policykit.problems import InvalidDocuments, Location, PolicykitError
from policykit.schema import check_schema
from policykit.sql.walking import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hypothesis.strategies import DrawFn

    from policykit.decision import Decision
    from policykit.impact.result import Impact, Tally
    from policykit.timeline import Revision

Plain = dict[str, Any]
# The answers to a claim by the policy that gives each; None where the claim is wrong.
Answers = dict[str | None, "Decision"]
PAYERS: Plain = {"format": 1, "payers": {"acme": {"name": "Acme Health"}, "beta": {"name": "Beta Care"}}}
NOTHING = PossibleOutcome(Outcome.NO_POLICY_ON_FILE)
REGIONS = (None, "", "north", "SOUTH", "<b>&\"'")
BROKEN: tuple[Plain, ...] = (
    {"date_of_service": "2023-02-30"},
    {"policy": "acme/p7"},
    {"payer": "gamma"},
    {"service.cpt": "1"},
)


def law(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A property that is tried on so many examples, however long one of them takes to make."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=slow,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )


def library_of(vocabulary: Plain, *policies: Plain) -> Library:
    """The library of these policies."""
    files = {f"{policy['policy']}.yaml": policy for policy in policies}
    common = {"facts.yaml": vocabulary, "payers.yaml": PAYERS, "codes.yaml": strategies.CODES}
    return Library(holdings_from_data({**common, **files}))


def always(library: Library, identity: str, revision: Revision) -> Library:
    """The library of one policy, of which one revision governs whatever the date is."""
    entry = Entry(
        revision=revision.name,
        change=Change.NEW,
        summary="The only one.",
        effective=date.min,
        services=revision.services,
        where=Location(file="policy"),
    )
    policy = replace(library.policy(identity), history=(entry,))
    return Library(Holdings(vocabulary=library.vocabulary, policies={identity: policy}, codes={}))


# Measured and expected


def measured(
    rows: Sequence[Plain],
    before: Decider,
    after: Decider,
    folder: Path,
    *,
    policy: str | None = None,
    by: tuple[str, ...] = (),
    **more: Any,
) -> Impact:
    """The impact on claims with these cells, from a file of JSON lines."""
    path = folder / "claims.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=scratch) as place:
        inquiry = Inquiry(
            policy=policy,
            before=before,
            after=after,
            sources=find_sources([str(path)]),
            scratch=Path(place),
            by=by,
            told=lambda _: None,
            **{"limits": Limits(threads=1), **more},
        )
        impact = measure(inquiry)
    assert fits(impact)
    return impact


def fits(impact: Impact) -> bool:
    """Whether the answer is what its schema admits, and each claim is counted once."""
    data = json.loads(json.dumps(as_document(impact)))
    assert [str(problem) for problem in check_schema(Document(name="impact", data=data), "impact")] == []
    assert impact.claims == impact.answered + impact.elsewhere + impact.rejected
    for breakdown in impact.by:
        assert sum(group.tally.count for group in breakdown.groups) == impact.tally.count
    return True


def answers_of(library: Library, case: Plain, policy: str | None) -> Answers | None:
    """The answers to a case by the interpreter; of one policy, if one is asked for."""
    try:
        found = library.decide_each(library.read_case(case))
    except InvalidDocuments:
        return None
    answers = {each.policy.id if each.policy else None: each for each in found}
    return answers if policy is None else {name: each for name, each in answers.items() if name == policy}


def possible(decision: Decision | None) -> PossibleOutcome:
    """The outcome, with whom it is handed to."""
    return PossibleOutcome(decision.outcome, decision.to) if decision is not None else NOTHING


class Expected:
    """What the interpreter's answers come to, claim by claim."""

    def __init__(self) -> None:
        self.flows: Counter[tuple[PossibleOutcome, PossibleOutcome]] = Counter()
        self.by: dict[str | None, Counter[tuple[PossibleOutcome, PossibleOutcome]]] = {}
        self.missing: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self.flips: list[tuple[int, str | None, str, str]] = []
        self.answered = self.elsewhere = self.rejected = self.otherwise = 0

    def add(self, number: int, region: str | None, before: Answers | None, after: Answers | None) -> None:
        if before is None or after is None:
            self.rejected += 1
            return
        names = {*before, *after}
        names = names - {None} or names
        self.answered += bool(names)
        self.elsewhere += not names
        for name in sorted(names, key=str):
            one, other = before.get(name), after.get(name)
            flow = possible(one), possible(other)
            self.flows[flow] += 1
            self.by.setdefault(region, Counter())[flow] += 1
            for side, decision in enumerate((one, other)):
                if decision is not None and decision.outcome is Outcome.UNDETERMINED:
                    self.missing[side].update(each.fact for each in decision.missing)
            if flow[0] != flow[1]:
                self.flips.append((number, name, str(flow[0].outcome), str(flow[1].outcome)))
            if one is not None and other is not None and {one.outcome, other.outcome} == {Outcome.UNDETERMINED}:
                self.otherwise += {told(each) for each in one.possible} != {told(each) for each in other.possible}


def flows_of(tally: Tally) -> Counter[tuple[PossibleOutcome, PossibleOutcome]]:
    return Counter({(flow.before, flow.after): flow.count for flow in tally.flows})


def assert_agrees(impact: Impact, expected: Expected, flips: Path) -> None:
    """The impact is what was expected, in every count."""
    assert flows_of(impact.tally) == expected.flows
    assert (impact.answered, impact.elsewhere, impact.rejected) == (
        expected.answered,
        expected.elsewhere,
        expected.rejected,
    )
    for opened, missing in zip((impact.open_before, impact.open_after), expected.missing, strict=True):
        assert Counter({each.name: each.count for each in opened.missing}) == missing
        assert all(each.fact is not None for each in opened.missing)
    assert impact.otherwise == expected.otherwise
    (breakdown,) = impact.by
    assert {group.value: flows_of(group.tally) for group in breakdown.groups} == expected.by
    columns = ("row number", "answered_by", "before_outcome", "after_outcome")
    relation = duckdb.read_parquet(str(flips))
    assert relation.select(*map(duckdb.ColumnExpression, columns)).fetchall() == expected.flips


@st.composite
def tables(draw: DrawFn, cases: Sequence[Plain], library: Library) -> tuple[list[Plain], list[Plain]]:
    """Cases as the rows of a table, each in a region; some are made wrong, in the row and in the case alike."""
    claims: Claims = claims_of(cases, library.vocabulary)
    rows, kept = [], []
    for case, row in zip(cases, claims.rows, strict=True):
        broken = draw(st.sampled_from((*[{}] * 8, *BROKEN)))
        stated = dict(case)
        for name, cell in broken.items():
            if name == "service.cpt":
                stated["service"] = {"cpt": cell}
            else:
                stated[name] = cell
        cells = {**row, **broken}
        if "service.cpt" in broken:
            cells = {name: cell for name, cell in cells.items() if not name.startswith("service.") or name in broken}
        rows.append({**cells, "region": draw(st.sampled_from(REGIONS))})
        kept.append(stated)
    return rows, kept


@law(7)
@given(strategies.documents(), st.data())
def test_two_revisions_are_compared_as_if_each_alone_governed(
    documents: strategies.Documents, data: st.DataObject
) -> None:
    library = library_of(*documents)
    timeline = library.timeline(strategies.POLICY)
    revisions = [each for each in timeline.view().revisions if each.governs]
    if not revisions:
        return
    before, after = (data.draw(st.sampled_from(revisions)) for _ in range(2))
    cases = data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=12))
    rows, stated = data.draw(tables(cases, library))
    expected = Expected()
    sides = [always(library, strategies.POLICY, each) for each in (before, after)]
    for number, (row, case) in enumerate(zip(rows, stated, strict=True)):
        expected.add(number, row["region"], *(answers_of(side, case, strategies.POLICY) for side in sides))
    with TemporaryDirectory() as folder:
        flips = Path(folder, "flips.parquet")
        impact = measured(
            rows,
            Decider(library=library, name="library", revision=before.name),
            Decider(library=library, name="library", revision=after.name),
            Path(folder),
            policy=strategies.POLICY,
            by=("REGION",),
            flips=flips,
        )
        assert_agrees(impact, expected, flips)
    event(f"something changes: {impact.tally.changed > 0}")
    event(f"something is wrong: {impact.rejected > 0}")
    if before is after:
        assert impact.tally.changed == impact.otherwise == 0


@st.composite
def changes(draw: DrawFn) -> tuple[Library, Library, list[Plain]]:
    """Two libraries over one vocabulary that hold some policies alike and others not, and cases."""
    vocabulary = draw(strategies.vocabularies())
    held: tuple[list[Plain], list[Plain]] = ([], [])
    for identity in ("acme/p1", "acme/p2", "beta/p3"):
        policy = {**draw(strategies.policies(vocabulary)), "policy": identity, "payer": identity.partition("/")[0]}
        sides: tuple[Plain | None, Plain | None]
        match draw(st.sampled_from(("alike", "before", "after", "changed", "changed"))):
            case "alike":
                sides = (policy, policy)
            case "before":
                sides = (policy, None)
            case "after":
                sides = (None, policy)
            case _:
                other = draw(strategies.policies(vocabulary))
                sides = (policy, {**other, "policy": identity, "payer": policy["payer"]})
        for policies, each in zip(held, sides, strict=True):
            policies.extend([each] if each is not None else [])
    cases: list[Plain] = []
    for _ in range(draw(st.integers(1, 12))):
        policies = [*held[0], *held[1]]
        case = draw(strategies.cases((vocabulary, draw(st.sampled_from(policies)))))
        named = draw(st.sampled_from(({"policy": "acme/p1"}, {"payer": "acme"}, {"payer": "Beta Care"})))
        cases.append({**{key: value for key, value in case.items() if key != "policy"}, **named})
    before, after = (library_of(vocabulary, *policies) for policies in held)
    return before, after, cases


@law(6)
@given(changes(), st.sampled_from((None, "acme/p1")), st.data())
def test_two_libraries_are_compared_answer_by_answer(
    change: tuple[Library, Library, list[Plain]], policy: str | None, data: st.DataObject
) -> None:
    before, after, cases = change
    rows, stated = data.draw(tables(cases, before))
    # A table without any column for codes asks nothing of a payer.
    rows = [{"service.cpt": None, **row} for row in rows]
    expected = Expected()
    for number, (row, case) in enumerate(zip(rows, stated, strict=True)):
        expected.add(number, row["region"], *(answers_of(side, case, policy) for side in (before, after)))
    with TemporaryDirectory() as folder:
        flips = Path(folder, "flips.parquet")
        impact = measured(
            rows,
            Decider(library=before, name="old"),
            Decider(library=after, name="new"),
            Path(folder),
            policy=policy,
            by=("region",),
            flips=flips,
        )
        assert_agrees(impact, expected, flips)
    event(f"several answers: {impact.tally.count > impact.answered}")
    event(f"wrong: {impact.rejected > 0}")


# Counting alone


class Tables:
    """The tables that are counted, filled by hand."""

    def __init__(self, claims: Iterable[tuple[int, str | None]]) -> None:
        self.connection = duckdb.connect()
        self.ask("CREATE TABLE claims_read (policykit_row BIGINT, region VARCHAR)")
        self.ask("CREATE TABLE wrong (policykit_row BIGINT, after BOOLEAN, rule VARCHAR, reason VARCHAR)")
        for side in ("before", "after"):
            columns = (
                'policy VARCHAR, revision VARCHAR, outcome VARCHAR, "to" VARCHAR, possible VARCHAR[], missing VARCHAR[]'
            )
            self.ask(f"CREATE TABLE answers_{side} (policykit_row BIGINT, {columns})")
        self.connection.executemany("INSERT INTO claims_read VALUES (?, ?)", [*claims])

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What a statement gives."""
        return self.connection.execute(sql).fetchall()

    def answer(self, side: str, row: int, outcome: str, policy: str | None = "acme/p1", to: str | None = None) -> None:
        """One answer on one side."""
        self.connection.execute(
            f"INSERT INTO answers_{side} VALUES (?, ?, 'r1', ?, ?, [?], [])",  # noqa: S608  # a side
            [row, policy, outcome, to, outcome],
        )

    def counted(self, *by: str) -> counting.Counts:
        """The counts."""
        counting.pair(self.ask)
        return counting.count(self.ask, by, lambda _name: None, lambda _name: None)


@pytest.fixture
def many() -> Iterator[Tables]:
    """A claim for each of more values than are listed, of which the last changes."""
    last = counting.MOST + 100
    tables_ = Tables((number, f"value {number}" if number else None) for number in range(last + 1))
    for number in range(last + 1):
        tables_.answer("before", number, "covered")
        tables_.answer("after", number, "not-covered" if number == last else "covered")
    yield tables_
    tables_.connection.close()


def test_of_too_many_values_those_that_change_are_listed_and_the_others_summed_up(many: Tables) -> None:
    counts = many.counted("region", "policy")
    by_region, by_policy = counts.by
    assert len(by_region.groups) == counting.MOST
    assert by_region.groups[0].value == f"value {counting.MOST + 100}"
    assert by_region.groups[0].tally.changed == 1
    assert by_region.others is not None
    assert by_region.others.values == by_region.others.tally.count == 101
    assert sum(group.tally.count for group in by_region.groups) + 101 == counts.tally.count
    assert [(group.value, group.tally.count) for group in by_policy.groups] == [("acme/p1", counting.MOST + 101)]
    assert by_policy.others is None


def test_an_answer_on_one_side_only_has_nothing_on_file_on_the_other() -> None:
    tables_ = Tables([(1, None), (2, None), (3, None), (4, None)])
    tables_.answer("before", 1, "no-policy-on-file", policy=None)
    tables_.answer("after", 1, "covered")
    tables_.answer("after", 1, "deferred", policy="acme/p2", to="the director")
    tables_.answer("before", 2, "covered")
    tables_.answer("before", 3, "no-policy-on-file", policy=None)
    tables_.answer("after", 3, "no-policy-on-file", policy=None)
    tables_.answer("before", 4, "deferred", to="one")
    tables_.answer("after", 4, "deferred", to="another")
    counts = tables_.counted()
    covered, deferred = PossibleOutcome(Outcome.COVERED), PossibleOutcome(Outcome.DEFERRED, "the director")
    assert set(counts.tally.flows) == {
        Flow(NOTHING, covered, 1),
        Flow(NOTHING, deferred, 1),
        Flow(covered, NOTHING, 1),
        Flow(NOTHING, NOTHING, 1),
        Flow(PossibleOutcome(Outcome.DEFERRED, "one"), PossibleOutcome(Outcome.DEFERRED, "another"), 1),
    }
    assert (counts.answered, counts.tally.count, counts.tally.changed) == (4, 5, 4)
    tables_.connection.close()


def test_a_claim_that_is_wrong_on_one_side_is_rejected_and_has_no_outcome() -> None:
    tables_ = Tables([(1, "north"), (2, "north"), (3, "south")])
    for side in ("before", "after"):
        tables_.answer(side, 1, "covered")
    tables_.answer("before", 2, "covered")
    tables_.ask("INSERT INTO wrong VALUES (2, true, 'unknown-value', ''), (3, false, 'wrong-type', '')")
    tables_.ask("INSERT INTO wrong VALUES (3, true, 'wrong-type', '')")
    counts = tables_.counted("region")
    assert (counts.claims, counts.answered, counts.elsewhere, counts.rejected) == (3, 1, 0, 2)
    assert [(each.rule, each.before, each.after) for each in counts.rejected_by] == [
        ("unknown-value", 0, 1),
        ("wrong-type", 1, 1),
    ]
    assert counts.tally.count == 1
    assert [(group.value, group.tally.count) for group in counts.by[0].groups] == [("north", 1)]
    tables_.connection.close()


def test_flows_stand_in_an_order_of_their_own() -> None:
    covered, not_covered = PossibleOutcome(Outcome.COVERED), PossibleOutcome(Outcome.NOT_COVERED)
    same, more, fewer = Flow(covered, covered, 90), Flow(not_covered, covered, 5), Flow(covered, not_covered, 2)
    tally = tally_of([same, fewer, more])
    assert tally.flows == (more, fewer, same)
    assert (tally.count, tally.changed) == (97, 7)
    assert [*tally.before().items()] == [(covered, 92), (not_covered, 5)]
    assert [*tally.after().items()] == [(covered, 95), (not_covered, 2)]


# What cannot be measured


COVERED: Plain = {
    "format": 1,
    "policy": "acme/p1",
    "title": "A policy",
    "payer": "acme",
    "kind": "coverage-policy",
    "history": [
        {
            "revision": "r1",
            "change": "new",
            "summary": "The first.",
            "effective": "2020-01-01",
            "services": [
                {"service": "a", "codes": {"cpt": ["11001"]}, "coverage": [{"outcome": "covered"}]},
            ],
        }
    ],
}
VOCABULARY: Plain = {"format": 1, "facts": {"exam.done": {"type": "boolean", "ask": "Is it done?"}}}
ROW: Plain = {"date_of_service": "2024-02-01", "policy": "acme/p1", "service.cpt": "11001"}


@pytest.mark.parametrize(
    ("row", "more", "words"),
    [
        (ROW, {"by": ("regoin",), "flips": "f.txt"}, "does not tell how it is to be written"),
        (ROW, {"flips": "f.csv", "rejects": "scratch/../f.csv"}, "two things would be written"),
        (ROW, {"flips": "claims.jsonl"}, "holds claims"),
        (ROW, {"rejects": "scratch/../claims.jsonl"}, "holds claims"),
        ({**ROW, "exam_don": True}, {}, "did you mean `exam_done`?"),
        ({**ROW, "region": "x"}, {"by": ("regoin",)}, "did you mean `region`?"),
        ({**ROW, "POLICYKIT_ROW": "x"}, {}, "cannot be called `policykit_row`"),
        (ROW, {"revision": "r2"}, "there is no revision `r2`"),
    ],
)
def test_what_cannot_be_measured_is_refused_and_nothing_is_written(
    tmp_path: Path, row: Plain, more: Plain, words: str
) -> None:
    library = library_of(VOCABULARY, COVERED)
    paths = {key: tmp_path / more[key] for key in ("flips", "rejects") if key in more}
    by = {"by": more["by"]} if "by" in more else {}
    decider = Decider(library=library, name="library", revision=more.get("revision", "r1"))
    with pytest.raises(PolicykitError) as raised:
        measured([row], decider, decider, tmp_path, policy="acme/p1", **paths, **by)
    assert words in str(raised.value)
    assert {path.name for path in tmp_path.iterdir()} == {"claims.jsonl", "scratch"}
    assert [*(tmp_path / "scratch").iterdir()] == []


def test_rejects_are_listed_with_the_side_on_which_they_are_wrong(tmp_path: Path) -> None:
    before = library_of(VOCABULARY, COVERED)
    after = library_of({"format": 1, "facts": {"exam.done": {"type": "integer", "ask": "How many?"}}}, COVERED)
    rows = [{**ROW, "exam.done": cell, "rule": "old"} for cell in ("true", "3", "x", None)]
    rows.append({**ROW, "date_of_service": "2024-02-30"})
    rejects = tmp_path / "rejects.csv"
    sides = Decider(library=before, name="old"), Decider(library=after, name="new")
    impact = measured(rows, *sides, tmp_path, rejects=rejects)
    assert (impact.answered, impact.rejected) == (1, 4)
    with rejects.open(encoding="utf-8", newline="") as stream:
        found = [(row["exam.done"], row["rule"], row["wrong_in"]) for row in csv.DictReader(stream)]
    assert found == [
        ("true", "wrong-type", "after"),
        ("3", "wrong-type", "before"),
        ("x", "wrong-type", "before"),
        ("x", "wrong-type", "after"),
        ("", "malformed-date", "both"),
    ]
    assert [(each.rule, each.before, each.after) for each in impact.rejected_by] == [
        ("wrong-type", 2, 2),
        ("malformed-date", 1, 1),
    ]


# What only some claims show


def answering(identity: str, *coverage: Plain, **more: Any) -> Plain:
    """A policy of one service and one revision."""
    (entry,) = COVERED["history"]
    (service,) = entry["services"]
    history = [{**entry, **more, "services": [{**service, "coverage": [*coverage]}]}]
    return {**COVERED, "policy": identity, "payer": identity.partition("/")[0], "history": history}


OF_PAYER: Plain = {"date_of_service": "2024-02-01", "payer": "acme", "service.cpt": "11001"}
WHEN_DONE: Plain = {"outcome": "covered", "when": {"fact": "exam.done", "is": True}}
TRIED: Plain = {"exam.done": {"type": "boolean", "ask": "Is it done?"}}
TRIED["ways.tried"] = {
    "type": "choices",
    "values": {"rest": {"label": "Rest"}, "ice": {"label": "Ice"}},
    "ask": "Which?",
}


def sides(before: Library, after: Library) -> tuple[Decider, Decider]:
    return Decider(library=before, name="old"), Decider(library=after, name="new")


def listed(path: Path) -> list[dict[str, str]]:
    """The rows of a file of CSV."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_deferred_to_somebody_else_is_a_change_in_every_place(tmp_path: Path) -> None:
    before, after = (
        library_of(VOCABULARY, answering("acme/p1", {"outcome": "deferred", "to": to})) for to in ("one", "another")
    )
    flips = tmp_path / "flips.csv"
    rows = [{**ROW, "region": "alike"}, {**ROW, "date_of_service": "2019-01-01", "region": "too early"}]
    impact = measured(rows, *sides(before, after), tmp_path, by=("region",), flips=flips)
    assert (impact.tally.changed, impact.by[0].groups[0].tally.changed) == (1, 1)
    assert [(row["before_to"], row["after_to"]) for row in listed(flips)] == [("one", "another")]


def test_values_that_change_come_before_those_that_are_many() -> None:
    tables_ = Tables([(1, "many"), (2, "many"), (3, "changes"), (4, None)])
    for number in (1, 2, 3, 4):
        tables_.answer("before", number, "deferred", to="one")
        tables_.answer("after", number, "deferred", to="another" if number == 3 else "one")
    groups = tables_.counted("region").by[0].groups
    assert [group.value for group in groups] == ["changes", "many", None]
    tables_.connection.close()


def test_each_of_several_answers_has_its_own_possible_outcomes_and_missing_facts(tmp_path: Path) -> None:
    unsure = answering("acme/p2", WHEN_DONE, {"outcome": "not-covered"})
    before, after = library_of(VOCABULARY, COVERED, unsure), library_of(VOCABULARY)
    rows = [{**OF_PAYER, "exam.done": None}] * 2
    flips = tmp_path / "flips.csv"
    impact = measured(rows, *sides(before, after), tmp_path, flips=flips)
    assert (impact.answered, impact.tally.count, impact.tally.changed) == (2, 4, 4)
    found = [(row["answered_by"], row["before_possible"], row["before_missing"]) for row in listed(flips)]
    assert found == [("acme/p1", "covered", ""), ("acme/p2", "covered;not-covered", "exam.done")] * 2
    assert {row["after_outcome"] for row in listed(flips)} == {"no-policy-on-file"}


def test_lists_are_written_so_that_they_read_as_the_same_lists_again(tmp_path: Path) -> None:
    vocabulary = {"format": 1, "facts": TRIED}
    before, after = library_of(vocabulary, COVERED), library_of(vocabulary)
    rows = [{**OF_PAYER, "ways.tried": tried} for tried in (["rest", "ice"], [], None)]
    flips = tmp_path / "flips.csv"
    measured(rows, *sides(before, after), tmp_path, flips=flips)
    assert [row["ways.tried"] for row in listed(flips)] == ["rest;ice", "[]", ""]
    assert {row["after_missing"] for row in listed(flips)} == {""}


def test_rows_of_several_files_are_told_apart(tmp_path: Path) -> None:
    library = library_of(VOCABULARY, COVERED)
    names = [tmp_path / f"part-{number}.jsonl" for number in (1, 2)]
    for name in names:
        name.write_text(f"{json.dumps({**OF_PAYER, 'region': name.stem})}\n" * 3, "utf-8")
    flips, scratch = tmp_path / "flips.csv", tmp_path / "scratch"
    scratch.mkdir()
    before, after = sides(library, library_of(VOCABULARY))
    inquiry = Inquiry(
        policy=None,
        before=before,
        after=after,
        sources=find_sources([str(name) for name in names]),
        scratch=scratch,
        flips=flips,
        told=lambda _: None,
    )
    impact = measure(inquiry)
    assert (impact.claims, impact.answered, impact.tally.changed) == (6, 6, 6)
    assert [row["region"] for row in listed(flips)] == ["part-1"] * 3 + ["part-2"] * 3


def test_what_was_known_on_a_day_is_compared(tmp_path: Path) -> None:
    later = answering("acme/p1", {"outcome": "covered"}, known_from="2024-06-01")
    before, after = library_of(VOCABULARY, COVERED), library_of(VOCABULARY, later)
    then = measured([ROW], *sides(before, after), tmp_path, known_on=date(2024, 3, 1))
    now = measured([ROW], *sides(before, after), tmp_path, known_on=date(2024, 7, 1))
    assert (then.tally.changed, now.tally.changed) == (1, 0)


def test_rows_that_name_nothing_are_put_to_the_policy_or_the_payer(tmp_path: Path) -> None:
    library, none = library_of(VOCABULARY, COVERED), library_of(VOCABULARY)
    row = {name: cell for name, cell in ROW.items() if name != "policy"}
    asked: tuple[dict[str, Any], ...] = (
        {"policy": "acme/p1"},
        {"payer": "Acme Health"},
        {"payer": "acme", "policy": "acme/p1"},
    )
    for more in asked:
        impact = measured([row], *sides(library, none), tmp_path, **more)
        assert (impact.answered, impact.tally.changed) == (1, 1), more
    other = measured([row], *sides(library, none), tmp_path, policy="acme/p1", payer="beta")
    assert (other.answered, other.elsewhere) == (0, 1)


def test_a_claim_that_names_a_policy_is_wrong_where_that_is_not_held(tmp_path: Path) -> None:
    before, after = sides(library_of(VOCABULARY, COVERED), library_of(VOCABULARY))
    impact = measured([ROW, OF_PAYER], before, after, tmp_path)
    assert (impact.answered, impact.tally.changed, impact.rejected) == (1, 1, 1)
    assert [(each.before, each.after) for each in impact.rejected_by] == [(0, 1)]


def test_columns_of_an_earlier_time_and_those_to_be_ignored_are_passed_over(tmp_path: Path) -> None:
    row = {"Before_Outcome": "old", **OF_PAYER, "exam_don": True, "WRONG_IN": "old"}
    flips = tmp_path / "flips.csv"
    before, after = sides(library_of(VOCABULARY, COVERED), library_of(VOCABULARY))
    impact = measured([row], before, after, tmp_path, ignore=("exam_don",), flips=flips)
    assert impact.tally.changed == 1
    (found,) = listed(flips)
    assert found["before_outcome"] == "covered"
    assert not {"Before_Outcome", "WRONG_IN"} & found.keys()


def test_a_mapping_says_what_columns_state_on_both_sides(tmp_path: Path) -> None:
    mapping = Document(name="mapping.yaml", data={"format": 1, "date_of_service": "DOS", "payer": {"always": "acme"}})
    before, after = sides(library_of(VOCABULARY, COVERED), library_of(VOCABULARY))
    row = {"DOS": "2024-02-01", "service.cpt": "11001", "Region": "x"}
    impact = measured([row], before, after, tmp_path, mapping=mapping, by=("region",))
    assert (impact.tally.changed, impact.by[0].column) == (1, "Region")

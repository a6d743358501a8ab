from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from samples import COVERED, FACTS, VOCABULARY, coverage, day, decided, entry, library_of, policy, texts, when, write

import policykit
from policykit.codes import Code
from policykit.dates import NEVER, CountRange, DayRange

if TYPE_CHECKING:
    from pathlib import Path

    from policykit.library import Library

ON = day("2026-01-15")


def another(identity: str, codes: str = '{cpt: ["64714"]}', outcome: str = "covered") -> str:
    payer = identity.partition("/")[0]
    return policy(
        entry("first", "new", "2020-01-01", outcome).replace('{cpt: ["64714"]}', codes), identity=identity, payer=payer
    )


@pytest.fixture(name="library", scope="module")
def _library() -> Library:
    return library_of(
        {
            **VOCABULARY,
            "acme/p1.yaml": another("acme/p1"),
            "acme/p2.yaml": another("acme/p2", '{cpt: ["64700-64720"]}', "not-covered"),
            "acme/p3.yaml": another("acme/p3", '{icd9cm: ["71-"]}'.replace("71-", "715-")),
            "beta/p1.yaml": another("beta/p1", '{hcpcs: ["G0297"]}'),
            "beta/p2.yaml": policy(
                entry("second", "new", "2020-01-01").replace("64714", "64715")
                + entry("later", "codes", "2027-01-01").replace("64714", "64730"),
                identity="beta/p2",
                payer="beta",
            ),
        }
    )


def ids(policies: tuple[policykit.Policy, ...]) -> list[str]:
    return [each.id for each in policies]


def test_a_policy_is_found_by_its_id(library: Library) -> None:
    assert library.policy("acme/p1").title == "A policy"
    assert sorted(library.policies) == ["acme/p1", "acme/p2", "acme/p3", "beta/p1", "beta/p2"]
    assert library.policies["acme/p1"] is library.policy("acme/p1")


def test_an_unknown_policy_is_an_error_with_the_near_miss(library: Library) -> None:
    with pytest.raises(policykit.UnknownPolicy, match=r"there is no policy `acne/p1`; did you mean `acme/p1`\?"):
        library.policy("acne/p1")
    with pytest.raises(policykit.UnknownPolicy, match=r"^there is no policy `xyz`$"):
        library.policy("xyz")
    with pytest.raises(policykit.UnknownPolicy):
        library.in_effect("acme/p9", date_of_service=ON)
    with pytest.raises(LookupError):
        library.policy("xyz")


@pytest.mark.parametrize(
    ("code", "payer", "found"),
    [
        ("64714", None, ["acme/p1", "acme/p2"]),
        ("64714", "acme", ["acme/p1", "acme/p2"]),
        ("64714", "ACME HEALTH PLAN", ["acme/p1", "acme/p2"]),
        ("64714", "acme health", ["acme/p1", "acme/p2"]),
        ("64714", "beta", []),
        ("64714", "gamma", []),
        ("64715", None, ["acme/p2", "beta/p2"]),
        ("64700", None, ["acme/p2"]),
        ("64720", None, ["acme/p2"]),
        ("64721", None, []),
        ("64730", None, ["beta/p2"]),
        ("715.96", None, ["acme/p3"]),
        ("715", None, ["acme/p3"]),
        ("G0297", "Beta Care", ["beta/p1"]),
        ("", None, []),
        ("no code", None, []),
        (Code("cpt", "64714"), None, ["acme/p1", "acme/p2"]),
        (Code("hcpcs", "64714"), None, []),
    ],
)
def test_policies_are_found_by_code_and_payer(library: Library, code: Any, payer: str | None, found: list[str]) -> None:
    assert ids(library.policies_for(code, payer)) == found


def test_the_revision_in_effect_is_found_by_its_dates(library: Library) -> None:
    revision = library.in_effect("beta/p2", date_of_service=ON)
    assert isinstance(revision, policykit.Revision)
    assert (revision.name, revision.last) == ("second", date(2026, 12, 31))
    miss = library.in_effect("beta/p2", date_of_service=day("2019-12-31"))
    assert isinstance(miss, policykit.Miss)
    assert miss.reason is policykit.Reason.NOT_YET_EFFECTIVE


def test_every_payer_has_a_standing(library: Library) -> None:
    standings = library.standings("64715", date_of_service=ON)
    assert [
        (each.payer.id, each.policy.id if each.policy else None, each.service.name if each.service else None)
        for each in standings
    ] == [
        ("acme", "acme/p2", "Operation"),
        ("beta", "beta/p2", "Operation"),
    ]
    standings = library.standings("64714", date_of_service=ON)
    assert [(each.payer.id, each.policy.id if each.policy else None) for each in standings] == [
        ("acme", "acme/p1"),
        ("acme", "acme/p2"),
        ("beta", None),
    ]
    assert standings[2].found is None
    (one,) = library.standings("64714", date_of_service=ON, payer="Beta Care")
    assert (one.payer.id, one.policy) == ("beta", None)
    assert library.standings("64714", date_of_service=ON, payer="gamma") == ()
    # A policy that speaks of the code in a later revision stands to it, with no service yet.
    (acme, beta) = library.standings("64730", date_of_service=ON)
    assert acme.policy is None
    assert beta.policy is not None
    assert (beta.policy.id, beta.service) == ("beta/p2", None)
    (missed, _) = library.standings(Code("cpt", "64720"), date_of_service=day("2019-01-01"))
    assert isinstance(missed.found, policykit.Miss)
    assert missed.service is None


def test_standings_pass_the_dates_on() -> None:
    library = library_of(
        policy(
            entry("a", "new", "2020-01-01", known_from="2020-01-01")
            + entry("b", "codes", "2021-01-01", known_from="2026-01-01", applies_by="claim-processed")
        )
    )

    def found(**dates: date) -> Any:
        return library.standings("64714", date_of_service=ON, payer="acme", **dates)[0].found

    assert isinstance(found(), policykit.DateNeeded)
    assert found(claim_processed=day("2020-12-31")).name == "a"
    assert found(claim_processed=day("2021-01-01")).name == "b"
    assert found(known_on=day("2025-12-31")).name == "a"
    assert (
        library.standings("64714", date_of_service=ON, payer="acme", claim_processed=day("2021-01-01"))[0].service
        is not None
    )


CASE: dict[Any, Any] = {"date_of_service": "2026-01-15", "service": {"cpt": "64714"}}


def test_a_case_is_decided_by_the_one_policy_that_it_names_or_that_speaks_of_its_code(library: Library) -> None:
    assert library.decide({**CASE, "policy": "acme/p2"}).outcome == "not-covered"
    decision = library.decide({**CASE, "payer": "Beta Care", "service": {"cpt": "64715"}})
    assert decision.policy is library.policy("beta/p2")
    assert library.decide({**CASE, "payer": "beta"}).outcome == "no-policy-on-file"


def test_where_several_policies_speak_each_gives_its_answer(library: Library) -> None:
    case = library.read_case({**CASE, "payer": "acme"})
    with pytest.raises(policykit.SeveralPolicies, match="acme/p1, acme/p2"):
        library.decide(case)
    answers = library.decide_each(case)
    assert [(each.policy.id if each.policy else None, str(each.outcome)) for each in answers] == [
        ("acme/p1", "covered"),
        ("acme/p2", "not-covered"),
    ]
    (one,) = library.decide_each({**CASE, "policy": "acme/p1"})
    assert one.outcome == "covered"


def test_where_nothing_is_held_the_answer_says_so(library: Library) -> None:
    (decision,) = library.decide_each({**CASE, "payer": "beta"})
    assert decision.outcome == "no-policy-on-file"
    assert (
        decision.policy,
        decision.revision,
        decision.miss,
        decision.service,
        decision.statement,
        decision.number,
    ) == (None,) * 6
    assert (decision.findings, decision.missing, decision.to) == ((), (), None)
    assert [str(each.outcome) for each in decision.possible] == ["no-policy-on-file"]
    receipt = decision.receipt
    assert (receipt.policy, receipt.policy_digest, receipt.document_digest) == (None, None, None)
    assert library.replay(receipt, {**CASE, "payer": "beta"}).outcome == "no-policy-on-file"


def test_a_case_may_name_its_payer_and_its_policy_if_they_agree(library: Library) -> None:
    assert library.decide({**CASE, "payer": "Acme", "policy": "acme/p1"}).outcome == "covered"
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        library.decide({**CASE, "payer": "beta", "policy": "acme/p1"})
    assert [problem.rule for problem in refusal.value.problems] == ["unknown-policy"]


@pytest.mark.parametrize(
    ("case", "rule", "path"),
    [
        ({"policy": "acme/p1"}, "missing-key", ""),
        ({"policy": "acme/p1", "date_of_service": "2026-02-30"}, "malformed-date", "date_of_service"),
        ({"policy": "acme/p1", "date_of_service": datetime(2026, 1, 15, 12)}, "malformed-date", "date_of_service"),  # noqa: DTZ001
        ({"policy": "acme/p1", "date_of_service": 20260115}, "malformed-date", "date_of_service"),
        ({**CASE, "policy": "acme/p9"}, "unknown-policy", "policy"),
        ({**CASE, "policy": 5}, "wrong-type", "policy"),
        ({**CASE, "payer": "gamma"}, "unknown-payer", "payer"),
        ({**CASE, "policy": "acme/p1", "fact": {}}, "unknown-key", "fact"),
        ({**CASE, "policy": "acme/p1", "facts": []}, "wrong-type", "facts"),
        ({**CASE, "policy": "acme/p1", "facts": {"surgery.urgend": True}}, "unknown-fact", "facts.surgery.urgend"),
        ({**CASE, "policy": "acme/p1", "facts": {"service.code": {"cpt": "64714"}}}, "unknown-fact", "facts.service.code"),
        ({**CASE, "policy": "acme/p1", "facts": {"surgery.urgent": "yes"}}, "wrong-type", "facts.surgery.urgent"),
        ({**CASE, "policy": "acme/p1", "facts": {"visit.count": 1.0}}, "wrong-type", "facts.visit.count"),
        ({**CASE, "policy": "acme/p1", "facts": {"patient.weight": float("nan")}}, "wrong-type", "facts.patient.weight"),
        ({**CASE, "policy": "acme/p1", "facts": {"patient.weight": float("inf")}}, "wrong-type", "facts.patient.weight"),
        ({**CASE, "policy": "acme/p1", "facts": {"patient.weight": True}}, "wrong-type", "facts.patient.weight"),
        ({**CASE, "policy": "acme/p1", "facts": {"tests.done": "mri"}}, "wrong-type", "facts.tests.done"),
        ({**CASE, "policy": "acme/p1", "facts": {"tests.done": ["mri", 5]}}, "wrong-type", "facts.tests.done.1"),
        ({**CASE, "policy": "acme/p1", "facts": {"tests.done": ["mri", "xray"]}}, "unknown-value", "facts.tests.done.1"),
        ({**CASE, "policy": "acme/p1", "facts": {"quit.date": datetime(2026, 1, 1)}}, "malformed-date", "facts.quit.date"),  # noqa: DTZ001
        ({**CASE, "policy": "acme/p1", "facts": {"quit.date": "2026-13"}}, "malformed-date", "facts.quit.date"),
        ({**CASE, "policy": "acme/p1", "facts": {"patient.birth_date": NEVER}}, "never-not-allowed", "facts.patient.birth_date"),
        ({**CASE, "policy": "acme/p1", "facts": {"prior.code": "64714"}}, "wrong-type", "facts.prior.code"),
        ({**CASE, "policy": "acme/p1", "facts": {"prior.code": {"ctp": "64714"}}}, "unknown-key", "facts.prior.code.ctp"),
        ({**CASE, "policy": "acme/p1", "facts": {"prior.code": {"cpt": 64714}}}, "wrong-type", "facts.prior.code.cpt"),
        ({**CASE, "policy": "acme/p1", "service": "64714"}, "wrong-type", "service"),
        ({**CASE, "policy": "acme/p1", "service": ["64714"]}, "wrong-type", "service"),
        ({**CASE, "policy": "acme/p1", "service": {"cpt": "64714", "hcpcs": "G0297"}}, "too-many", "service"),
        ({**CASE, "policy": "acme/p1", "service": {"cpt": "64714", "site": "21"}}, "unknown-key", "service.site"),
        ({**CASE, "policy": "acme/p1", "service": {"modifiers": "RT"}}, "wrong-type", "service.modifiers"),
        ({**CASE, "policy": "acme/p1", "service": {"modifiers": ["rt"]}}, "malformed-code", "service.modifiers.0"),
        ({**CASE, "policy": "acme/p1", "service": {"place": "211"}}, "malformed-code", "service.place"),
        ({**CASE, "policy": "acme/p1", "service": {"place": 21}}, "wrong-type", "service.place"),
        ({**CASE, "policy": "acme/p1", "diagnoses": ["G54.1"]}, "wrong-type", "diagnoses"),
        ({**CASE, "policy": "acme/p1", "diagnoses": {"icd10cm": "G54.1"}}, "wrong-type", "diagnoses.icd10cm"),
        ({**CASE, "policy": "acme/p1", "diagnoses": {"icd10cm": ["G541"]}}, "malformed-code", "diagnoses.icd10cm.0"),
        ({**CASE, "policy": "acme/p1", 5: "x"}, "key-not-text", ""),
        ({**CASE, "policy": "acme/p1", "facts": {5: "x"}}, "key-not-text", "facts"),
    ],
)  # fmt: skip
def test_a_mapping_that_is_no_sound_case_is_refused(library: Library, case: Any, rule: str, path: str) -> None:
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        library.read_case(case)
    problems = refusal.value.problems
    assert (rule, path) in {(each.rule, each.where.path) for each in problems}, [str(each) for each in problems]
    assert (problems[0].where.line, problems[0].where.file) == (0, "case")


@pytest.mark.parametrize("case", [None, 5, "text", [], [CASE], True])
def test_what_is_no_mapping_is_no_case(library: Library, case: Any) -> None:
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        library.read_case(case)
    assert refusal.value.problems[0].rule == "wrong-type"


def test_everything_that_is_wrong_with_a_case_is_told_at_once(library: Library) -> None:
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        library.read_case({"date_of_service": "x", "known_on": "y", "facts": {"a.b": 1, "visit.count": "1"}})
    assert sorted(problem.rule for problem in refusal.value.problems) == [
        "malformed-date",
        "malformed-date",
        "no-policy-named",
        "unknown-fact",
        "wrong-type",
    ]
    assert str(refusal.value).count("[") == 5


def test_a_program_may_hand_over_values_of_its_own_types(library: Library) -> None:
    case = library.read_case(
        {
            "policy": "acme/p1",
            "date_of_service": ON,
            "claim_processed": ON,
            "known_on": ON,
            "service": {"cpt": "64714", "modifiers": {"RT", "LT"}, "place": "21"},
            "diagnoses": {"icd10cm": ("G54.1",), "icd9cm": []},
            "facts": {
                "patient.birth_date": date(2000, 1, 15),
                "quit.date": NEVER,
                "scan.last": 2024,
                "tests.done": frozenset({"mri"}),
                "prior.codes": {"cpt": {"64714"}},
                "prior.code": {"cpt": "64714", "hcpcs": None},
                "visit.count": None,
                "patient.weight": 80,
            },
        }
    )
    assert (case.date_of_service, case.claim_processed, case.known_on, case.code) == (ON, ON, ON, Code("cpt", "64714"))
    assert case.stated == {
        "service.code": Code("cpt", "64714"),
        "service.modifiers": frozenset({"RT", "LT"}),
        "service.place": "21",
        "claim.diagnoses": frozenset({Code("icd10cm", "G54.1")}),
        "patient.birth_date": date(2000, 1, 15),
        "quit.date": NEVER,
        "scan.last": DayRange(date(2024, 1, 1), date(2024, 12, 31)),
        "tests.done": frozenset({"mri"}),
        "prior.codes": frozenset({Code("cpt", "64714")}),
        "prior.code": Code("cpt", "64714"),
        "patient.weight": 80,
    }
    assert {name: value for name, value in case.facts.items() if name not in case.stated} == {
        "patient.age": 26,
        "patient.months": 312,
        "quit.years": NEVER,
        "scan.months": CountRange(12, 23),
    }


def test_what_is_unknown_is_never_taken_for_no_or_none(library: Library) -> None:
    case = library.read_case({"policy": "acme/p1", "date_of_service": ON, "facts": {"surgery.urgent": None}})
    assert case.stated == {}
    assert case.facts == {}
    case = library.read_case(
        {
            "policy": "acme/p1",
            "date_of_service": ON,
            "service": {"modifiers": []},
            "diagnoses": {},
            "facts": {"prior.codes": {}, "tests.done": []},
        }
    )
    assert case.stated == {
        "service.modifiers": frozenset(),
        "claim.diagnoses": frozenset(),
        "prior.codes": frozenset(),
        "tests.done": frozenset(),
    }


def test_none_of_them_is_written_so_in_a_file_too() -> None:
    library = library_of(when('{fact: prior.codes, has_any: {cpt: ["64714"]}}'))
    assert decided(library, "{prior.codes: {}}").outcome == "not-covered"
    assert decided(library, diagnoses="{}").missing[0].fact == "prior.codes"


def test_a_case_made_by_hand_names_what_it_asks(library: Library) -> None:
    with pytest.raises(ValueError, match="names its policy"):
        library.decide_each(policykit.Case(date_of_service=ON))
    with pytest.raises(policykit.UnknownPolicy):
        library.decide(policykit.Case(date_of_service=ON, policy="acme/p9"))


def test_a_receipt_is_replayed_only_over_what_it_names(library: Library) -> None:
    case = {**CASE, "policy": "acme/p1"}
    receipt = library.decide(case).receipt
    assert library.replay(receipt, case).receipt == receipt
    assert library.replay(receipt, library.read_case(case)).outcome == "covered"
    for other in ({**case, "date_of_service": "2026-01-16"}, {**case, "policy": "acme/p2"}):
        with pytest.raises(policykit.ReceiptMismatch):
            library.replay(receipt, other)
    for change in (
        {"format": 2},
        {"program": "0"},
        {"policy_digest": "x"},
        {"document_digest": "x"},
        {"vocabulary_digest": "x"},
        {"case_digest": "x"},
        {"policy": "x"},
    ):
        with pytest.raises(policykit.ReceiptMismatch):
            library.replay(replace(receipt, **change), case)


def test_a_receipt_is_replayed_also_where_several_policies_answer(library: Library) -> None:
    case = {**CASE, "payer": "acme"}
    for decision in library.decide_each(case):
        assert library.replay(decision.receipt, case).policy is decision.policy


BRANCHES = coverage("""\
- {outcome: covered, when: {all: [{fact: surgery.urgent, is: true}, {fact: patient.age, at_least: 18}]}}
- {outcome: deferred, to: me, when: {count_at_least: 2, of: [{fact: visit.count, at_least: 3}, {fact: pain.level, is: severe}, {fact: tests.done, has_any: [mri]}]}}
- {outcome: not-covered}
""")


def test_many_threads_deciding_at_once_get_the_same_answers() -> None:
    facts: list[dict[str, Any]] = [
        {"surgery.urgent": urgent, "patient.birth_date": born, "visit.count": visits, "pain.level": pain}
        for urgent in (True, False, None)
        for born in ("2000", "2008", "2008-01-15", None)
        for visits in (1, 5, None)
        for pain in ("mild", "severe", None)
    ]
    cases = [{**CASE, "policy": "acme/p1", "facts": each} for each in facts]
    alone = library_of(BRANCHES)
    expected = [told(alone, case) for case in cases]
    shared = library_of(BRANCHES)
    barrier = Barrier(16)

    def work(number: int) -> list[tuple[Any, ...]]:
        barrier.wait()
        return [told(shared, case) for case in cases[number:] + cases[:number]]

    with ThreadPoolExecutor(16) as pool:
        for number, answers in enumerate(pool.map(work, range(16))):
            assert answers == expected[number:] + expected[:number]


def told(library: Library, case: dict[str, Any]) -> tuple[Any, ...]:
    decision = library.decide(case)
    return decision.outcome, decision.possible, decision.number, decision.missing, decision.receipt


def test_the_shipped_library_is_sound_and_opens() -> None:
    library = policykit.open_library()
    assert "cigna/0587" in library.policies
    assert ids(library.policies_for("64714", "Cigna")) == ["cigna/0587"]


def test_a_library_that_is_not_sound_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path, texts(when("{fact: surgery.urgend, is: true}")))
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        policykit.open_library(tmp_path)
    (problem,) = refusal.value.problems
    assert problem.rule == "unknown-fact"
    assert problem.where.file == str(tmp_path / "acme" / "p1.yaml")
    assert str(refusal.value) == str(problem)
    assert isinstance(refusal.value, policykit.PolicykitError)


def test_a_library_may_be_named_by_text(tmp_path: Path) -> None:
    write(tmp_path, texts(COVERED))
    assert list(policykit.open_library(str(tmp_path)).policies) == ["acme/p1"]


WITHOUT = """\
import json, sys
import policykit
library = policykit.open_library(sys.argv[1], cache=sys.argv[2])
decision = library.decide({"policy": "acme/p1", "date_of_service": "2026-01-15", "service": {"cpt": "64714"}, "facts": {"patient.age": 20}})
assert decision.outcome == "covered", decision.outcome
policies = library.policies_for("64714")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} & {"ruamel", "jsonschema", "referencing", "click"})))
"""


def test_deciding_from_the_cache_loads_neither_yaml_nor_json_schema(tmp_path: Path) -> None:
    write(tmp_path / "library", texts(when("{fact: patient.age, at_least: 18}")))

    def loaded() -> list[str]:
        command = [sys.executable, "-c", WITHOUT, str(tmp_path / "library"), str(tmp_path / "cache")]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        found: list[str] = json.loads(ran.stdout)
        return found

    assert loaded() == ["jsonschema", "referencing", "ruamel"]
    assert loaded() == []


def test_importing_the_package_loads_nothing_of_others() -> None:
    script = "import sys, policykit; print(sorted({name.partition('.')[0] for name in sys.modules} & {'ruamel', 'jsonschema', 'referencing', 'click'}))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_is_promised_can_be_imported_and_nothing_else() -> None:
    for name in policykit.__all__:
        assert getattr(policykit, name) is not None
    assert sorted(policykit.__all__) == dir(policykit)
    with pytest.raises(AttributeError, match="xyz"):
        _ = policykit.xyz
    assert (
        policykit.__version__
        == policykit.open_library().decide({"policy": "cigna/0587", "date_of_service": "2026-01-15"}).receipt.program
    )


def test_a_payer_is_known_by_any_of_its_names(library: Library) -> None:
    vocabulary = library.vocabulary
    for name in ("acme", "Acme", "ACME", "Acme Health Plan", "acme health"):
        payer = vocabulary.payer(name)
        assert payer is not None
        assert payer.id == "acme"
    assert vocabulary.payer("Gamma") is None
    assert list(vocabulary.payer_names()) == ["acme", "Acme Health Plan", "Acme", "Acme Health", "beta", "Beta Care"]
    assert vocabulary.group("patient.age") == vocabulary.group("patient.months") == "patient.birth_date"
    assert vocabulary.group("visit.count") == "visit.count"
    assert vocabulary.group("xyz") == "xyz"
    assert FACTS.count("derived") == len(vocabulary.derived)


@pytest.mark.parametrize(
    ("keys", "rule", "path"),
    [
        ({"facts": 5}, "wrong-type", "facts"),
        ({"facts": [5]}, "wrong-type", "facts"),
        ({"service": {"modifiers": [5]}}, "wrong-type", "service.modifiers.0"),
        ({"facts": {"quit.date": datetime(2026, 1, 15, 12)}}, "malformed-date", "facts.quit.date"),  # noqa: DTZ001
        ({"facts": {"patient.birth_date": "2000-01-16", "patient.age": "26"}}, "wrong-type", "facts.patient.age"),
        ({"facts": {"patient.birth_date": "never", "patient.age": 26}}, "never-not-allowed", "facts.patient.birth_date"),
        ({"date_of_service": None, "facts": {"patient.birth_date": "2000-01-16"}}, "missing-key", ""),
        ({"date_of_service": "x", "facts": {"patient.birth_date": "2000-01-16"}}, "malformed-date", "date_of_service"),
    ],
)  # fmt: skip
def test_nothing_is_told_of_what_follows_from_a_fault_of_a_case(
    library: Library, keys: dict[str, Any], rule: str, path: str
) -> None:
    with pytest.raises(policykit.InvalidDocuments) as refusal:
        library.read_case({**CASE, "policy": "acme/p1", **keys})
    assert [(each.rule, each.where.path) for each in refusal.value.problems] == [(rule, path)]


def test_a_mapping_may_have_every_key_of_a_case(library: Library) -> None:
    more = {"format": 1, "case": "A title", "expect": {"outcome": "covered"}}
    assert library.read_case({**CASE, "policy": "acme/p1", **more}).title == "A title"

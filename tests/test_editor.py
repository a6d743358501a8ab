from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
import samples
import strategies
from examples import law
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from policykit.assembly import holdings_from_data
from policykit.document import Document
from policykit.editor.facts import declared
from policykit.editor.schemas import KINDS, MARK, Words, editor_schema
from policykit.folder import list_files, read_file, read_holdings
from policykit.index import Holdings
from policykit.library import Library
from policykit.problems import InvalidDocuments
from policykit.reading.comparisons import COMPARISONS, COMPARISONS_OF
from policykit.schema import check_schema, schema_text
from policykit.shipped import POLICIES, SCHEMAS
from policykit.source import read_document
from policykit.vocabulary import BUILT_IN, Fact, FactType, Payer, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import DataObject
    from oracle import Plain, Value

SHIPPED: Final = read_holdings()


def errors(schema: Any, data: Any, registry: Registry[Any] | None = None) -> list[tuple[str, ...]]:
    """The places in the data at which a validator that fetches nothing finds faults, each once."""
    checker = Draft202012Validator.FORMAT_CHECKER
    validator = Draft202012Validator(schema, registry=registry or Registry(), format_checker=checker)
    found = validator.iter_errors(data)
    return sorted({tuple(map(str, each.absolute_path)) for each in found})


def words_of(holdings: Holdings) -> Words:
    return Words(vocabulary=holdings.vocabulary, policies=tuple(holdings.policies))


def words_over(vocabulary: Plain) -> Words:
    """The words of a library with this facts document, and with one policy."""
    documents = {"facts.yaml": vocabulary, "payers.yaml": strategies.PAYERS, "codes.yaml": strategies.CODES}
    return Words(vocabulary=holdings_from_data(documents).vocabulary, policies=(strategies.POLICY,))


def sample_words() -> Words:
    return words_of(samples.holdings_of(samples.texts(samples.COVERED)))


def sample_schema(kind: str) -> Any:
    return editor_schema(kind, sample_words())


def mappings_in(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from mappings_in(each)


def criteria_with_a_fact(data: Value) -> list[Plain]:
    return [*strategies.facts_in(data)]


# One file


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", [None, words_of(SHIPPED)], ids=["alone", "with words"])
def test_a_schema_is_one_file_to_which_nothing_outside_belongs(kind: str, words: Words | None) -> None:
    schema = editor_schema(kind, words)
    Draft202012Validator.check_schema(schema)
    for each in mappings_in(schema):
        if isinstance(each.get("$ref"), str):
            name = each["$ref"].removeprefix("#/$defs/")
            assert name in schema["$defs"], each
        assert {"anyOf", "oneOf", "$id"}.isdisjoint(each)
    used = {each["$ref"] for each in mappings_in(schema) if isinstance(each.get("$ref"), str)}
    assert words is None or used == {f"#/$defs/{name}" for name in schema["$defs"]}
    assert schema["$comment"].startswith(MARK)
    assert [*schema][:2] == ["$schema", "$comment"]


def test_there_is_one_for_every_kind_of_document() -> None:
    kinds = {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json")}
    definitions = {kind for kind in kinds if kind.endswith("definitions")}
    answers = {kind for kind in kinds if "answer of `policykit" in schema_text(kind).get("description", "")}
    assert set(KINDS) == kinds - definitions - answers


def test_what_is_made_changes_nothing_of_what_it_is_made_from() -> None:
    before = {kind: json.dumps(schema_text(kind)) for kind in (*KINDS, "definitions")}
    for kind in KINDS:
        editor_schema(kind, words_of(SHIPPED))
    assert {kind: json.dumps(schema_text(kind)) for kind in before} == before


def test_it_is_the_same_for_the_same_library() -> None:
    again = words_of(read_holdings())
    for kind in KINDS:
        assert json.dumps(editor_schema(kind, again)) == json.dumps(editor_schema(kind, words_of(SHIPPED)))


@given(st.data())
@law(30)
def test_without_words_it_finds_the_faults_that_the_schemas_find(data: DataObject) -> None:
    found = data.draw(strategies.documents(timeless=True))
    files = [path.name for path in SCHEMAS.glob("*.schema.json")]
    schemas: Registry[Any] = Registry().with_resources(
        (name, DRAFT202012.create_resource(schema_text(name.removesuffix(".schema.json")))) for name in files
    )
    for kind, document in (("facts", found[0]), ("policy", found[1]), ("cases", cases_document(data, found))):
        spoiled = data.draw(strategies.spoiled(document))
        assert errors(editor_schema(kind), spoiled) == errors(schema_text(kind), spoiled, schemas)


def cases_document(data: DataObject, found: strategies.Documents) -> Plain:
    case = data.draw(strategies.cases(found))
    return {"format": 1, "cases": [{"case": "One", **case}]}


# With the words of a library: what is sound is valid


@given(st.data())
@law(30)
def test_what_check_finds_sound_is_valid(data: DataObject) -> None:
    found = data.draw(strategies.documents())
    words = words_over(found[0])
    assert errors(editor_schema("facts", words), found[0]) == []
    assert errors(editor_schema("policy", words), found[1]) == []
    case = data.draw(strategies.cases(found))
    assert errors(editor_schema("case", words), case) == []
    assert errors(editor_schema("cases", words), {"format": 1, "cases": [{"case": "One", **case}]}) == []


@given(st.data())
@law(10)
def test_dense_documents_that_are_sound_are_valid(data: DataObject) -> None:
    found = data.draw(strategies.dense_documents())
    words = words_over(found[0])
    assert errors(editor_schema("policy", words), found[1]) == []
    for case in data.draw(strategies.dense_cases(found)):
        assert errors(editor_schema("case", words), case) == []


@pytest.mark.parametrize("name", [*list_files(POLICIES).documents, *list_files(POLICIES).cases])
def test_the_shipped_documents_are_valid(name: str) -> None:
    content = read_file(POLICIES / name)
    assert isinstance(content, bytes)
    document, _ = read_document(name, content)
    assert document is not None
    inside = name.removesuffix(".yaml")
    kind = inside if inside in KINDS else "cases" if name.endswith(".cases.yaml") else "policy"
    assert errors(editor_schema(kind, words_of(SHIPPED)), document.data) == []


# What is wrong is invalid, at the node that is wrong


@given(st.data())
@law(30)
def test_one_wrong_word_in_a_sound_policy_is_one_fault_at_its_place(data: DataObject) -> None:
    vocabulary, policy = data.draw(strategies.documents())
    words = words_over(vocabulary)
    schema = editor_schema("policy", words)
    criteria = criteria_with_a_fact(policy)
    if not criteria or data.draw(st.booleans()):
        policy["payer"] = "nobody"
        assert errors(schema, policy) == [("payer",)]
        return
    criterion = data.draw(st.sampled_from(criteria))
    fact = words.vocabulary.facts[criterion["fact"]]
    match data.draw(st.sampled_from(("fact", "comparison", "value"))):
        case "fact":
            criterion["fact"] = "no.such"
            ((*_, place),) = errors(schema, policy)
            assert place == "fact"
        case "comparison":
            lacking = sorted(COMPARISONS - COMPARISONS_OF[fact.type])
            criterion[data.draw(st.sampled_from(lacking))] = data.draw(st.sampled_from((5, True, "neck", ["neck"])))
            assert len(errors(schema, policy)) == 1
        case _:
            key = next(key for key in criterion if key in COMPARISONS)
            criterion[key] = data.draw(st.sampled_from(WRONG[fact.type]))
            places = errors(schema, policy)
            assert len(places) == 1
            assert key in places[0]


WRONG: Final[dict[FactType, tuple[Any, ...]]] = {
    FactType.BOOLEAN: ("neck", 1, None, ["neck"]),
    FactType.INTEGER: ("neck", True, 1.5, [1.5], ["neck"], [], {}),
    FactType.NUMBER: ("neck", True, ["neck"]),
    FactType.DATE: ("neck", 5, True, "2024-2-1", ["2024-02-01"]),
    FactType.CHOICE: ("elbow", 5, True, ["elbow"], [], {}, {"cpt": ["11001"]}),
    FactType.CHOICES: ("neck", 5, ["elbow"], [5], [], {}, {"cpt": ["11001"]}),
    FactType.CODE: (
        {},
        {"cpt": "11001", "hcpcs": "G0100"},
        "11001",
        5,
        ["11001"],
        {"cpt": 11001},
        {"cpt": "1100"},
        {"cpt": ["1100"]},
        {"xyz": "11001"},
    ),
    FactType.CODES: ("11001", 5, ["11001"], {"cpt": [11001]}, {"cpt": ["1100"]}, {"cpt": []}, {"xyz": ["11001"]}, {}),
}


def test_every_comparison_is_valid_on_the_types_that_have_it_and_on_no_other() -> None:
    operands: dict[str, Any] = dict.fromkeys(COMPARISONS, 5)
    operands |= dict.fromkeys(("on_or_after", "after", "on_or_before", "before"), "2024-02-29")
    operands |= dict.fromkeys(("within_last", "at_least_ago", "longer_ago_than"), "3 years")
    of_type: dict[FactType, Any] = {
        FactType.BOOLEAN: True,
        FactType.CHOICE: "mild",
        FactType.CHOICES: "mri",
        FactType.CODE: {"cpt": "64714"},
        FactType.CODES: {"cpt": ["64714"]},
    }
    schema = sample_schema("policy")
    tried = 0
    for fact in sample_words().vocabulary.facts.values():
        if fact.shape is not None:
            continue
        for comparison in COMPARISONS:
            value = of_type.get(fact.type, operands[comparison])
            if comparison in {"in", "has_any", "has_all"}:
                value = {"cpt": ["64714"]} if isinstance(value, dict) else [value]
            found = errors(schema, policy_with({"fact": fact.name, comparison: value}))
            assert (found == []) == (comparison in COMPARISONS_OF[fact.type]), (fact, comparison, found)
            tried += 1
    assert tried == len(COMPARISONS) * (len(FactType) + 8)


def policy_with(criterion: Plain) -> Plain:
    data: Any = samples.data_in(samples.when("fact: surgery.urgent\nis: true"))
    data["history"][0]["services"][0]["coverage"][0]["when"] = criterion
    return data  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("criterion", "places"),
    [
        ("{fact: pain.level, is: mild}", []),
        ("{fact: pain.level, in: [mild, severe]}", []),
        ("{fact: pain.level, in: {value_set: any-name}}", []),
        ("{fact: pain.level, is: wild}", ["is"]),
        ("{fact: pain.level, in: [mild, wild, bad]}", ["in.1", "in.2"]),
        ("{fact: pain.level, is: mild, at_leest: 5, id: x}", [""]),
        ("{fact: pain.lebel, is: wild, at_least: 5}", ["fact"]),
        ("{fact: pain.lebel, is: wild, at_leest: 5}", ["", "fact"]),
        ("{fact: pain.lebel}", ["fact"]),
        ("{fact: pain_level, is: mild, at_least: 5}", ["fact"]),
        ("{fact: pain.level}", [""]),
        ("{fact: pain.level, says: It hurts}", [""]),
        ("{fact: tests.done, has_any: [mri], has_all: [mri, xray]}", ["has_all.1"]),
        ("{fact: visit.count, at_least: 2.5}", ["at_least"]),
        ("{fact: patient.weight, at_least: 2.5, in: [1, 2.5]}", []),
        ("{fact: service.place, is: '21'}", []),
        ("{fact: service.place, is: '211'}", ["is"]),
        ("{fact: service.modifiers, has_any: [RT, '59']}", []),
        ("{fact: service.modifiers, has_any: [RT, rt]}", ["has_any.1"]),
        ("{fact: service.code, is: {cpt: '64714'}}", []),
        ("{fact: service.code, is: {cpt: '64714-64716'}}", ["is.cpt"]),
        ("{fact: service.code, in: {cpt: [64714-64716, '00142'], hcpcs: [G0297]}}", []),
        ("{fact: service.code, in: {cpt: ['64714-']}}", ["in.cpt.0"]),
        ("{fact: service.code, in: {cpt: ['64714'], value_set: x}}", ["in"]),
        ("{fact: service.code, is: {}}", ["is"]),
        ("{fact: service.code, is: {cpt: '64714', hcpcs: G0297}}", ["is"]),
        ("{fact: pain.level, in: []}", ["in"]),
        ("{fact: pain.level, in: {}}", ["in"]),
        ("{fact: pain.level, in: [mild, mild]}", ["in"]),
        ("{fact: claim.diagnoses, has_any: {}}", ["has_any"]),
        ("{fact: claim.diagnoses, has_any: {icd10cm: []}}", ["has_any.icd10cm"]),
        ("{fact: claim.diagnoses, has_any: {icd10cm: [F17.21-, M17-M19, G54.1]}}", []),
        ("{all: [{fact: pain.level, is: wild}, {any: [{fact: no.such, is: true}]}]}", ["all.0.is", "all.1.any.0.fact"]),
        ("{use: some-name}", []),
        ("{id: x}", [""]),
        ("{}", [""]),
        ("mild", [""]),
    ],
)
def test_faults_of_a_criterion_are_found_at_their_places(criterion: str, places: list[str]) -> None:
    around = ("history", "0", "services", "0", "coverage", "0", "when")
    data: Any = samples.data_in(f"a: {criterion}")
    found = errors(sample_schema("policy"), policy_with(data["a"]))
    assert [".".join(each[len(around) :]) for each in found] == places


def test_a_policy_is_named_after_a_payer_of_the_library() -> None:
    policy: Any = policy_with({"fact": "surgery.urgent", "is": True})
    assert errors(sample_schema("policy"), {**policy, "policy": "beta/p1"}) == []
    assert errors(sample_schema("policy"), {**policy, "policy": "gamma/p1"}) == [("policy",)]
    assert errors(sample_schema("policy"), {**policy, "policy": "x-beta/p1"}) == [("policy",)]


def test_codes_are_looked_at_wherever_they_are_listed() -> None:
    policy: Any = policy_with({"fact": "surgery.urgent", "is": True})
    policy["value_sets"] = {"some": {"cpt": ["64714", "00500-00600", "6471"], "icd10cm": ["F17.21-", "64714"]}}
    policy["history"][0]["services"][0]["codes"] = {"cpt": ["64714", "647"], "hcpcs": ["G0297-G0299"]}
    assert errors(sample_schema("policy"), policy) == [
        ("history", "0", "services", "0", "codes", "cpt", "1"),
        ("value_sets", "some", "cpt", "2"),
        ("value_sets", "some", "icd10cm", "1"),
    ]


def test_the_beginning_of_a_name_is_not_taken_for_the_name() -> None:
    facts = {
        name: Fact(name=name, type=kind, ask="?", values={"yes": "Yes"} if kind is FactType.CHOICE else None)
        for name, kind in (("a.b", FactType.CHOICE), ("a.b_c", FactType.CHOICE), ("a.b_c_d", FactType.INTEGER))
    }
    schema = editor_schema("policy", Words(vocabulary=vocabulary_of(facts)))
    conditions = [
        each["if"]["properties"]["fact"]
        for each in mappings_in(schema)
        if isinstance(each.get("if"), dict) and "fact" in each["if"].get("properties", {})
    ]
    # Editors take an unfinished word for each word of an enumeration, or constant, that begins with it.
    named = [each for each in conditions if isinstance(each, dict) and "const" in each]
    assert {"a.b", "a.b_c"} <= {each["const"] for each in named}
    assert all(each["minLength"] == len(each["const"]) for each in named)
    assert errors(schema, policy_with({"fact": "a.b_c_d", "is": 1})) == []


def vocabulary_of(facts: dict[str, Fact]) -> Vocabulary:
    return Vocabulary(facts={**BUILT_IN, **facts}, payers={"acme": Payer(id="acme", name="Acme")}, codes={})


# Cases


@given(st.data())
@law(50)
def test_a_value_is_valid_where_the_reader_of_cases_takes_it(data: DataObject) -> None:
    words = words_over(data.draw(strategies.vocabularies()))
    fact = data.draw(st.sampled_from([*declared(words.vocabulary)]))
    value = data.draw(strategies.plain_values() | values_like(fact))
    case = {"policy": strategies.POLICY, "date_of_service": "2024-02-29", "facts": {fact.name: value}}
    is_valid = not errors(editor_schema("case", words), case)
    assert is_valid == is_taken(words.vocabulary, case) or is_lenient(fact, value)


def values_like(fact: Fact) -> st.SearchStrategy[Any]:
    """Values as a fact of this type could be written, and nearly so."""
    words = st.sampled_from((*(fact.values or ()), "elbow", "never", "2024", "2024-02", "2024-13", "2024-02-28"))
    codes = st.sampled_from(("11001", "1100", "F17.21", "F17.21-", "11001-11003", 11001, None))
    by_system = st.sampled_from(("cpt", "icd10cm", "xyz"))
    return st.one_of(
        words,
        st.lists(words, max_size=3),
        st.sampled_from((2024, 2024.0, 999, 10000, None, True, 2, 2.5)),
        st.dictionaries(by_system, codes | st.lists(codes, max_size=2), max_size=2),
    )


def is_taken(vocabulary: Vocabulary, case: Plain) -> bool:
    document = Document(name="case", data=case)
    if [*check_schema(document, "case")]:
        return False
    library = Library(Holdings(vocabulary=vocabulary, policies={}, codes={}))
    try:
        library.read_case({**case, "policy": None, "payer": "acme", "service": {"cpt": "11001"}})
    except InvalidDocuments:
        return False
    return True


def is_lenient(fact: Fact, value: Any) -> bool:
    """What JSON Schema does not tell: a day that no calendar has, and a whole number with a point."""
    is_whole = isinstance(value, float) and value.is_integer()
    match fact.type:
        case FactType.DATE:
            return is_whole or bool(value == "2024-02-30")
        case FactType.INTEGER:
            return is_whole
    return False


CASE: Final = "date_of_service: 2024-02-29\npolicy: acme/p1\n"


@pytest.mark.parametrize(
    ("case", "places"),
    [
        ("facts: {pain.level: mild, tests.done: [], surgery.urgent: null}", []),
        ("facts: {pain.level: wild, tests.done: [mri, xray]}", ["facts.pain.level", "facts.tests.done.1"]),
        ("facts: {pain.lebel: mild, patient.aeg: 5}", ["facts"]),
        ("facts: {service.place: '21'}", ["facts"]),
        ("facts: {prior.code: {cpt: '64714', hcpcs: G0297}}", ["facts.prior.code"]),
        ("facts: {patient.birth_date: never}", ["facts.patient.birth_date"]),
        ("facts: {patient.birth_date: 1980, quit.date: never, scan.last: 2020-02}", []),
        ("facts: {quit.date: 999, scan.last: 10000}", ["facts.quit.date", "facts.scan.last"]),
        ("facts: {quit.date: 02/2020, scan.last: 2020-13}", ["facts.quit.date", "facts.scan.last"]),
        ("facts: {prior.code: {cpt: '64714'}, prior.codes: {icd10cm: [G54.1], cpt: []}}", []),
        (
            "facts: {prior.code: {cpt: ['64714']}, prior.codes: {cpt: '64714'}}",
            ["facts.prior.code.cpt", "facts.prior.codes.cpt"],
        ),
        ("service: {cpt: '64714', modifiers: [RT, XX], place: '99'}", []),
        (
            "service: {cpt: '6471', modifiers: [rt], place: '9'}",
            ["service.cpt", "service.modifiers.0", "service.place"],
        ),
        ("diagnoses: {icd10cm: [G54.1, '64714']}", ["diagnoses.icd10cm.1"]),
        ("expect: {missing: [patient.age, service.code, claim_processed]}", []),
        ("expect: {missing: [patient.aeg]}", ["expect.missing.0"]),
        ("expect: {problem: unknown-fact}\nfacts: {no.such: 1}\nservice: 5", []),
        ("payer: acme", []),
        ("payer: ACME health PLAN", []),
        ("payer: Acme Health", []),
        ("payer: acmee", ["payer"]),
    ],
)
def test_faults_of_a_case_are_found_at_their_places(case: str, places: list[str]) -> None:
    data: Any = samples.data_in(CASE + case)
    assert [".".join(each) for each in errors(sample_schema("case"), data)] == places
    several = {"format": 1, "cases": [{"case": "One", **data}]}
    assert [".".join(each[2:]) for each in errors(sample_schema("cases"), several)] == places


def test_a_policy_that_the_library_does_not_hold_is_marked() -> None:
    data: Any = samples.data_in("date_of_service: 2024-02-29\npolicy: acme/p2\n")
    assert errors(sample_schema("case"), data) == [("policy",)]
    assert errors(sample_schema("cases"), {"format": 1, "policy": "acme/p2", "cases": [{"case": "One"}]}) == [
        ("cases", "0"),
        ("policy",),
    ]


@pytest.mark.parametrize(
    "name", ["Straße 7 (Süd)", "A.B.C*", "[x]", "İstanbul Sigorta", "ΣΟΦΟΣ", "A & B - #1 ~ {C} / $D^ | E\\F?+"]
)
def test_a_payer_is_known_in_every_case_of_its_letters(name: str) -> None:
    payers = {"x": Payer(id="x", name=name)}
    vocabulary = Vocabulary(facts=BUILT_IN, payers=payers, codes={})
    schema = editor_schema("case", Words(vocabulary=vocabulary, policies=()))
    for written in {name, name.upper(), name.lower(), name.swapcase(), name.title(), f"{name}x", f"x{name}", name[1:]}:
        case = {"date_of_service": "2024-02-29", "payer": written}
        if vocabulary.payer(written) is not None:
            assert errors(schema, case) == [], written
        else:
            assert errors(schema, case) == [("payer",)], written


def test_patterns_are_written_so_that_an_editor_can_read_them() -> None:
    payers = {"blue-cross": Payer(id="blue-cross", name="A & B - #1 ~ {C} / $D^ | E\\F?+")}
    vocabulary = Vocabulary(facts=SHIPPED.vocabulary.facts, payers=payers, codes=SHIPPED.vocabulary.codes)
    for kind in KINDS:
        for each in mappings_in(editor_schema(kind, Words(vocabulary=vocabulary))):
            if isinstance(each.get("pattern"), str):
                # In the patterns of JavaScript with Unicode, other escapes are errors.
                assert not re.search(r"\\[^\\^$.*+?()\[\]{}|/n]", each["pattern"].replace("\\\\", "")), each


# What an editor shows


def test_words_come_with_what_they_mean() -> None:
    definitions = sample_schema("policy")["$defs"]
    facts = dict(zip(definitions["fact"]["enum"], definitions["fact"]["enumDescriptions"], strict=True))
    assert facts["patient.age"] == "How old is the patient? (years) It follows from `patient.birth_date`."
    assert facts["surgery.urgent"] == "Is it urgent? Only a clinician can answer."
    assert "service.code" in facts
    payers = dict(zip(definitions["payer"]["enum"], definitions["payer"]["enumDescriptions"], strict=True))
    assert payers == {"acme": "Acme Health Plan (also Acme, Acme Health)", "beta": "Beta Care"}
    values = definitions["value-of-pain.level"]
    assert dict(zip(values["enum"], values["enumDescriptions"], strict=True)) == {
        "mild": "Mild",
        "moderate": "Moderate",
        "severe": "Severe",
    }
    assert definitions["code-cpt"]["defaultSnippets"] == [
        {"label": "64714", "description": "An operation", "bodyText": '"64714"'}
    ]


def test_a_word_that_yaml_takes_for_something_else_is_put_in_quotes() -> None:
    fact = Fact(name="a.b", type=FactType.CHOICE, ask="?", values={"no": "No", "1": "One"})
    schema = editor_schema("policy", Words(vocabulary=vocabulary_of({"a.b": fact})))
    assert schema["$defs"]["value-of-a.b"]["type"] == "string"
    payers = {"1199": Payer(id="1199", name="A fund")}
    words = Words(vocabulary=Vocabulary(facts=BUILT_IN, payers=payers, codes={}))
    (snippet,) = editor_schema("case", words)["$defs"]["payer"]["defaultSnippets"]
    assert snippet["bodyText"] == '"1199"'


def test_the_words_of_one_library_are_not_those_of_another() -> None:
    assert "patient.weight" in json.dumps(sample_schema("policy"))
    assert "patient.weight" not in json.dumps(editor_schema("policy", words_of(SHIPPED)))


def test_thousands_of_facts_make_a_schema_that_an_editor_can_hold() -> None:
    kinds = (FactType.BOOLEAN, FactType.INTEGER, FactType.DATE, FactType.CHOICE, FactType.CHOICES)
    facts: dict[str, Fact] = {}
    for number in range(2000):
        kind = kinds[number % len(kinds)]
        values = {f"v{number}-{each}": f"Value {each}" for each in range(5)}
        has_values = kind in {FactType.CHOICE, FactType.CHOICES}
        name = f"group_{number // 10}.fact_{number}"
        facts[name] = Fact(name=name, type=kind, ask=f"What of {number}?", values=values if has_values else None)
    schema = editor_schema("policy", Words(vocabulary=vocabulary_of(facts)))
    assert len(json.dumps(schema)) < 2**20
    # What one criterion is put to: branches within one another, few at each step.
    assert all(len(each.get("allOf", ())) <= 16 for each in mappings_in(schema))
    criteria = [
        {"fact": fact.name, "is" if fact.type is FactType.CHOICE else "has_any": value}
        for fact in facts.values()
        if fact.values is not None
        for value in ([next(iter(fact.values))] if fact.type is FactType.CHOICES else next(iter(fact.values)),)
    ]
    assert errors(schema, policy_with({"all": criteria})) == []
    criteria[399]["is"] = criteria[398]["is"] = "v0-0"
    assert len(errors(schema, policy_with({"all": criteria}))) == 2

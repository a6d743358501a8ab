from __future__ import annotations

from textwrap import dedent
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import sample

from policykit.batch.mapping import Mapped, Wishes, map_columns, read_mapping
from policykit.batch.tables import TableColumn
from policykit.batch.targets import names_of, recognised, targets_of
from policykit.problems import InvalidDocuments, Problem
from policykit.sql.columns import Kind

VOCABULARY: Final = sample().vocabulary
ENOUGH: Final = {"date_of_service": Kind.DATE}


def columns(kinds: dict[str, Kind]) -> tuple[TableColumn, ...]:
    return tuple(
        TableColumn(name=name, kind=kind, expression=f'"{name}"', shown=kind.value) for name, kind in kinds.items()
    )


def mapped(kinds: dict[str, Kind], text: str | None = None, wishes: Wishes | None = None) -> Mapped:
    document = read_mapping("map.yaml", dedent(text).lstrip("\n").encode()) if text is not None else None
    return map_columns(columns(kinds), VOCABULARY, "claims.csv", document, wishes or Wishes())


def refused(kinds: dict[str, Kind], text: str | None = None, wishes: Wishes | None = None) -> tuple[Problem, ...]:
    with pytest.raises(InvalidDocuments) as error:
        mapped(kinds, text, wishes)
    return error.value.problems


# By name


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("payer", "payer"),
        ("PAYER", "payer"),
        ("Claim_Processed", "claim_processed"),
        ("code", "service.code"),
        ("cpt", "service.cpt"),
        ("service_cpt", "service.cpt"),
        ("service.icd10pcs", "service.icd10pcs"),
        ("place", "service.place"),
        ("diagnoses.icd10cm", "diagnoses.icd10cm"),
        ("DIAGNOSES_ICD10CM", "diagnoses.icd10cm"),
        ("patient.age", "patient.age"),
        ("patient_age", "patient.age"),
        ("facts.patient.age", "patient.age"),
        ("facts_patient_age", "patient.age"),
    ],
)
def test_a_column_states_what_it_is_named_after(name: str, path: str) -> None:
    found = mapped({**ENOUGH, name: Kind.TEXT})
    assert set(found.said) == {"date_of_service", path}
    assert found.idle == ()


@pytest.mark.parametrize("name", ["icd10cm", "diagnoses", "age", "patient"])
def test_a_name_that_leaves_something_open_states_nothing(name: str) -> None:
    found = mapped({**ENOUGH, name: Kind.TEXT})
    assert set(found.said) == {"date_of_service"}
    assert [each for each, _ in found.idle] == [name]


def test_no_name_of_the_sample_states_two_things() -> None:
    targets = targets_of(VOCABULARY)
    assert all(len(each) == 1 for each in recognised(targets).values())
    assert all(
        name in recognised(targets) for target in targets.values() for name in map(str.casefold, names_of(target))
    )


@pytest.mark.parametrize(
    "name", ["patient.agee", "patient_ag", "date_of_servise", "servicecpt", "payr", "facts_patient_agge"]
)
def test_a_column_that_is_nearly_named_after_something_is_refused_with_what_is_meant(name: str) -> None:
    (problem,) = refused({**ENOUGH, name: Kind.TEXT})
    assert problem.rule == "wrong-value"
    assert problem.message == f"column `{name}` states nothing"
    assert problem.help is not None
    assert "did you mean" in problem.help
    assert mapped({**ENOUGH, name: Kind.TEXT}, wishes=Wishes(ignore=(name,))).idle == ()
    assert mapped({**ENOUGH, name: Kind.TEXT}, wishes=Wishes(keys=(name,))).keys[0].name == name


def test_a_column_that_is_named_after_nothing_is_told_of() -> None:
    found = mapped({**ENOUGH, "claim_id": Kind.INTEGER, "provider": Kind.TEXT, "rule": Kind.TEXT})
    assert [name for name, _ in found.idle] == ["claim_id", "provider"]


def test_two_columns_named_after_one_thing_are_refused() -> None:
    (problem,) = refused({**ENOUGH, "patient.age": Kind.INTEGER, "patient_age": Kind.INTEGER})
    assert (problem.rule, problem.message) == (
        "repeated",
        "columns `patient.age` and `patient_age` both state `patient.age`",
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("patient.age", Kind.BOOLEAN),
        ("patient.age", Kind.DATE),
        ("patient.birth_date", Kind.NUMBER),
        ("payer", Kind.INTEGER),
        ("cpt", Kind.INTEGER),
        ("place", Kind.INTEGER),
        ("diagnoses.icd10cm", Kind.OTHER),
        ("date_of_service", Kind.INTEGER),
    ],
)
def test_a_column_of_another_type_is_refused_before_a_row_is_read(name: str, kind: Kind) -> None:
    (problem,) = refused({**ENOUGH, name: kind})
    assert problem.rule == "wrong-type"
    assert problem.message.startswith(f"column `{name}` holds ")


def test_without_a_date_of_service_nothing_can_be_decided() -> None:
    (problem,) = refused({"DOS": Kind.DATE, "payer": Kind.TEXT})
    assert (problem.rule, problem.message) == ("missing-key", "no column states `date_of_service`")
    assert "`DOS`" in (problem.help or "")


# By a document

KINDS: Final = {
    "DOS": Kind.TEXT,
    "PROC": Kind.TEXT,
    "MOD1": Kind.TEXT,
    "MOD2": Kind.TEXT,
    "DX1": Kind.TEXT,
    "DX2": Kind.TEXT,
    "AGE": Kind.INTEGER,
    "patient_age": Kind.TEXT,
    "Other": Kind.TEXT,
}


def test_a_document_says_what_columns_state_and_goes_before_their_names() -> None:
    found = mapped(
        KINDS,
        """
        format: 1
        date_of_service: dos
        payer: {always: Acme}
        service: {cpt: PROC, modifiers: [MOD1, MOD2]}
        diagnoses: {icd10cm: [DX1, DX2]}
        facts: {patient.age: AGE}
        keys: [Other]
        """,
    )
    names = {path: [each.column.name if each.column else None for each in said] for path, said in found.said.items()}
    assert names == {
        "date_of_service": ["DOS"],
        "payer": [None],
        "service.cpt": ["PROC"],
        "service.modifiers": ["MOD1", "MOD2"],
        "diagnoses.icd10cm": ["DX1", "DX2"],
        "patient.age": ["AGE"],
    }
    assert [key.name for key in found.keys] == ["Other"]
    assert found.idle == (("patient_age", None),)


@pytest.mark.parametrize(
    ("text", "line", "column", "rule", "message"),
    [
        ("format: 2\n", 1, 9, "wrong-value", "`format` is 1"),
        ("format: 1\ndate_of_service: DOSS\n", 2, 18, "wrong-value", "there is no column `DOSS`"),
        ("format: 1\nfacts: {patient.agee: AGE}\n", 2, 9, "unknown-fact", "`patient.agee` is not a known fact"),
        ("format: 1\nfacts: {service.place: AGE}\n", 2, 9, "unknown-fact", None),
        ("format: 1\nfacts: {date_of_service: DOS}\n", 2, 9, "unknown-fact", None),
        (
            "format: 1\nfacts: {patient.age: {column: AGE, cpt: X}}\n",
            2,
            22,
            "wrong-type",
            "`patient.age` is not of codes",
        ),
        ("format: 1\nfacts: {patient.birth_date: AGE, patient.age: MOD1}\n", None, None, None, None),
        ("format: 1\nservice: {place: AGE}\n", 2, 18, "wrong-type", None),
        ("format: 1\nservice: {place: [MOD1, MOD2]}\n", 2, 18, "wrong-type", None),
        ("format: 1\nfacts: {patient.age: [AGE, DX1]}\n", 2, 22, "too-many", "`patient.age` is one value, and no set"),
        ("format: 1\npayer: {column: MOD1, always: Acme}\n", 2, 8, "missing-key", None),
        ("format: 1\npayer: {separator: x}\n", 2, 8, "missing-key", None),
        ("format: 1\npayer: {always: Acme, separator: x}\n", 2, 8, "unknown-key", None),
        ("format: 1\npayer: {column: MOD1, separator: x}\n", 2, 23, "unknown-key", None),
        ("format: 1\npayers: MOD1\n", 2, 1, "unknown-key", None),
        ("format: 1\nservice: {ctp: PROC}\n", 2, 11, "unknown-key", None),
        ("format: 1\nkeys: [Nothing]\n", 2, 8, "wrong-value", "there is no column `Nothing`"),
        ("format: 1\nfacts: {patient.age: {}}\n", 2, 22, "too-few", None),
        ("format: 1\nfacts: {patient.age: {column: AGE, values: {}}}\n", 2, 44, "too-few", None),
    ],
)
def test_what_is_wrong_with_a_document_is_told_with_its_place(
    text: str, line: int | None, column: int | None, rule: str | None, message: str | None
) -> None:
    kinds = {**KINDS, **ENOUGH}
    if rule is None:
        assert mapped(kinds, text).said
        return
    problem = refused(kinds, text)[0]
    assert (problem.where.file, problem.where.line, problem.where.column, problem.rule) == (
        "map.yaml",
        line,
        column,
        rule,
    )
    assert message in (None, problem.message)


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = "format: 1\ndate_of_service: A\npayer: B\nfacts: {patient.agee: C}\n"
    assert [each.where.line for each in refused(KINDS, text)] == [2, 3, 4]


@given(st.binary(max_size=60))
def test_whatever_the_bytes_a_mapping_is_a_document_or_problems(content: bytes) -> None:
    try:
        found = read_mapping("map.yaml", content).data["format"]
    except InvalidDocuments as error:
        found = len(error.problems)
    assert found >= 1

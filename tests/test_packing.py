"""Records as texts: nothing is lost, nothing else is taken for one, and the form does not change unnoticed."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import holdings_of, texts
from test_compiled_cache import EVERYTHING

from policykit.codes import Code, Stem
from policykit.compiled import form
from policykit.compiled.packing import ENUMERATIONS, FIELDS, RECORDS, Unreadable, pack, unpack
from policykit.policy import Outcome
from policykit.problems import Location
from policykit.vocabulary import BUILT_IN

# The form of a compiled file, by its number. Where something in it changes, the number does, and a line is added here.
FORMS: Final = {1: "fa1c07ae929bd932", 2: "1364ea24e3fdb831"}


def fingerprint() -> str:
    """A digest of all that a reader of compiled files has to know."""
    told = {
        "records": [[each.__name__, *FIELDS[each]] for each in RECORDS],
        "enumerations": [[each.__name__, *(str(one.value) for one in each)] for each in ENUMERATIONS],
        "tables": form.TABLES + form.INDEXES,
        "kinds": [sorted(form.SHARED.items()), form.LISTED, form.LABELS, form.PUBLISHED],
        "row": form.row_of("acme/p1", 1_000_003),
        "group": [form.group_of("acme", each) for each in _STEMS],
        "digest": form.digest_of_row(b"seal", "policy", 7, b"content").hex(),
        "packed": [pack(each, "a.yaml") for each in _VALUES],
        "root": [sorted(_ROOT.as_rows().items()), _ROOT.seal.hex()],
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


_STEMS: Final = (Stem("cpt", "64714", "00000"), Stem("cpt", "6", "00000"), Stem("icd10cm", "F17", ""))
_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    1,
    2.5,
    "text é",
    (1, ("a",)),
    date(2020, 2, 29),
    Code("cpt", "64714"),
    Outcome.COVERED,
    {"a": (1,)},
    Location(file="a.yaml", line=1, column=2, path="p"),
    Location(file="b.yaml", line=1, column=2, path="p"),
)
_ROOT: Final = form.Root(
    content="c", program="p", version="0", vocabulary="v", counts=dict.fromkeys(form.SHARED, 3), derived=("a.b", "c.d")
)


def test_the_form_has_a_number_of_its_own() -> None:
    assert FORMS[form.FORMAT] == fingerprint(), "the form has changed: give it the next number, and add it to `FORMS`"
    assert max(FORMS) == form.FORMAT


def test_what_is_packed_is_unpacked_the_same() -> None:
    holdings = holdings_of(texts(EVERYTHING))
    policy = holdings.policies["acme/p1"]
    values: tuple[Any, ...] = (
        *policy.history,
        *(fact for name, fact in holdings.vocabulary.facts.items() if name not in BUILT_IN),
        *holdings.vocabulary.payers.values(),
        *holdings.vocabulary.codes.values(),
        *_VALUES,
    )
    for value in values:
        again = unpack(pack(value, "acme/p1.yaml"), "acme/p1.yaml")
        assert again == value
        assert repr(again) == repr(value)
        # Places take part in no comparison, so the texts are compared.
        assert pack(again, "acme/p1.yaml") == pack(value, "acme/p1.yaml")
    # A policy equals only itself.
    again = unpack(pack(policy, "acme/p1.yaml"), "acme/p1.yaml")
    assert (again.id, again.title, again.kind, again.document_digest) == (
        policy.id,
        policy.title,
        policy.kind,
        policy.document_digest,
    )
    assert again.history == policy.history
    assert [each.where for each in again.history] == [each.where for each in policy.history]
    assert [dict(each.places) for each in again.history] == [dict(each.places) for each in policy.history]
    assert [each.where.path for each in again.history] == [each.where.path for each in policy.history]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-3, 40) | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=8,
    )
)
def test_whatever_stands_there_is_unpacked_or_refused(data: Any) -> None:
    try:
        unpack(json.dumps(data), "a.yaml")
    except Unreadable:
        return


@pytest.mark.parametrize(
    "text", ["", "[", "[99]", "[1,5]", "[3,99,1]", "[]", '["a"]', "[" * 100_000, '[1,"x"]', "[-9]"]
)
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        unpack(text, "a.yaml")

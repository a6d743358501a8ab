"""The schemas as an editor uses them: by way of the real yaml-language-server, where Node is installed."""

from __future__ import annotations

import itertools
import json
import time
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any, Final

import pytest
import samples
from acceptance.language_server import running, server_script

from policykit.editor.schemas import Words, editor_schema
from policykit.shipped import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from acceptance.language_server import LanguageServer
    from acceptance.terminal import Run

SCHEMA: Final = "# yaml-language-server: $schema="
_NUMBERS: Final = itertools.count()


class Editor:
    """An editor in which documents are opened, each with the schema of its kind."""

    def __init__(self, server: LanguageServer, folder: Path) -> None:
        self._server = server
        self._folder = folder

    def open(self, text: str, kind: str = "policy") -> Path:
        """Opens a text with the schema of its kind."""
        path = self._folder / f"{next(_NUMBERS)}.yaml"
        self._server.open(path, f"{SCHEMA}./{kind}.json\n{text}")
        return path

    def marked(self, path: Path) -> list[tuple[int, str]]:
        """The lines of what was opened that are marked, and what is said of them."""
        return [(line - 1, message) for line, message in self._server.marked(path)]

    def offered(self, text: str, kind: str = "policy") -> dict[str, dict[str, Any]]:
        """What is offered at `⌖`."""
        plain, line, column = samples.unmarked(text)
        return self._server.complete(self.open(plain, kind), line + 1, column)

    def shown(self, text: str, kind: str = "policy") -> str:
        """What is shown where the pointer rests, at `⌖`."""
        plain, line, column = samples.unmarked(text)
        return self._server.hover(self.open(plain, kind), line + 1, column)


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor with the schemas of the sample library."""
    server_script()
    folder = tmp_path_factory.mktemp("editor")
    holdings = samples.holdings_of(samples.texts(samples.COVERED))
    words = Words(vocabulary=holdings.vocabulary, policies=tuple(holdings.policies))
    for kind in ("policy", "cases", "facts", "codes"):
        (folder / f"{kind}.json").write_text(json.dumps(editor_schema(kind, words)))
    with running(folder, {}) as server:
        yield Editor(server, folder)


def assert_marked(editor: Editor, kind: str, faulty: list[tuple[str, str, str]]) -> None:
    """That in each text one line is marked, the one with these words, and what is said of it."""
    # All are opened before the first is waited for.
    opened = [(editor.open(text, kind), text, words, said) for text, words, said in faulty]
    for path, text, words, said in opened:
        ((line, message),) = editor.marked(path)
        assert line == line_of(text, words)
        assert said in message


def line_of(text: str, words: str) -> int:
    """The line of a text, from 1, on which these words stand last."""
    return text[: text.rindex(words)].count("\n") + 1


def cases(facts: str, *, top: str = "policy: acme/p1") -> str:
    head = f"format: 1\n{top}\ncases:\n  - case: One\n    date_of_service: 2024-02-29\n"
    return f"{head}{indent(dedent(facts), '    ')}"


def test_facts_complete_with_their_questions(editor: Editor) -> None:
    for text in (samples.when("fact: ⌖"), samples.when("fact: pat⌖"), samples.when("all:\n  - {fact: ⌖}")):
        found = editor.offered(text)
        assert {"patient.age", "pain.level", "service.code", "claim.diagnoses"} <= found.keys()
        assert found["patient.age"]["documentation"].startswith("How old is the patient? (years)")
        assert found["patient.age"]["textEdit"]["newText"] == "patient.age"


def test_the_comparisons_that_a_fact_has_complete_and_no_others(editor: Editor) -> None:
    found = editor.offered(samples.when("fact: patient.age\n⌖"))
    assert {"is", "in", "at_least", "more_than", "at_most", "less_than", "says", "cite"} <= found.keys()
    assert not {"has_any", "before", "within_last", "all", "fact"} & found.keys()
    assert {"within_last", "before"} <= editor.offered(samples.when("fact: quit.date\n⌖")).keys()


def test_operators_complete_where_none_stands_yet(editor: Editor) -> None:
    operators = {"fact", "all", "any", "none", "count_at_least", "use"}
    for text in (samples.when("⌖"), samples.when("all:\n  - ⌖"), samples.when("all:\n  - f⌖")):
        found = editor.offered(text)
        assert operators <= found.keys()
        assert not {"at_least", "has_any", "is"} & found.keys()


def test_the_values_of_a_choice_complete_with_their_labels(editor: Editor) -> None:
    for text in (
        samples.when("fact: pain.level\nis: ⌖"),
        samples.when("fact: pain.level\nin: [⌖]"),
        samples.when("fact: pain.level\nin:\n  - ⌖"),
    ):
        found = editor.offered(text)
        assert {"mild", "moderate", "severe"} == found.keys()
    assert found["mild"]["documentation"] == "Mild"
    assert {"true", "false"} <= editor.offered(samples.when("fact: surgery.urgent\nis: ⌖")).keys()


def test_payers_complete_with_their_names(editor: Editor) -> None:
    found = editor.offered(samples.COVERED.replace("payer: acme", "payer: ⌖"))
    assert found["acme"]["documentation"] == "Acme Health Plan (also Acme, Acme Health)"
    assert {"acme", "beta"} == found.keys()
    assert {"acme/", "beta/"} == editor.offered(samples.COVERED.replace("policy: acme/p1", "policy: ⌖")).keys()


def test_codes_complete_in_quotes_with_their_labels(editor: Editor) -> None:
    found = editor.offered(samples.COVERED.replace('cpt: ["64714"]', "cpt: [⌖]"))
    assert found["64714"]["documentation"] == "An operation"
    assert found["64714"]["textEdit"]["newText"] == '"64714"'
    assert "64714" in editor.offered(samples.when("fact: service.code\nin: {cpt: [⌖]}"))


def test_in_a_case_facts_and_their_values_complete(editor: Editor) -> None:
    found = editor.offered(cases("facts:\n  ⌖"), "cases")
    assert {"patient.age", "pain.level", "quit.date"} <= found.keys()
    assert "service.code" not in found
    assert found["patient.age"]["documentation"].startswith("How old is the patient? (years)")
    assert {"mild", "moderate", "severe", "null"} == editor.offered(cases("facts:\n  pain.level: ⌖"), "cases").keys()
    assert {"mri", "ct", "emg-ncs"} == editor.offered(cases("facts:\n  tests.done: [⌖]"), "cases").keys()
    assert "never" in editor.offered(cases("facts:\n  quit.date: ⌖"), "cases")
    assert "never" not in editor.offered(cases("facts:\n  patient.birth_date: ⌖"), "cases")


def test_in_a_case_policies_payers_and_missing_facts_complete(editor: Editor) -> None:
    assert {"acme/p1"} == editor.offered(cases("", top="policy: ⌖"), "cases").keys()
    assert {"acme", "beta"} == editor.offered(cases("", top="payer: ⌖"), "cases").keys()
    found = editor.offered(cases("expect:\n  missing: [⌖]"), "cases")
    assert {"patient.age", "service.code", "claim_processed"} <= found.keys()
    found = editor.offered(cases("service:\n  cpt: ⌖"), "cases")
    assert found["64714"]["textEdit"]["newText"] == '"64714"'
    assert "RT" in editor.offered(cases("service:\n  modifiers: [⌖]"), "cases")
    assert editor.offered(cases("service:\n  place: ⌖"), "cases")["21"]["documentation"] == "Hospital"


def test_in_the_vocabulary_itself_what_is_declared_is_offered(editor: Editor) -> None:
    fact = (
        "format: 1\nfacts:\n  a.b:\n    type: integer\n    ask: How many?\n    derived:\n      whole_years_since: ⌖\n"
    )
    found = editor.offered(fact, "facts")
    assert {"patient.birth_date", "quit.date", "scan.last"} == found.keys()
    assert found["quit.date"]["documentation"] == "When did the patient quit?"
    code = 'format: 1\ncodes:\n  cpt:\n    "64714":\n      label: One\n'
    assert "21" in editor.offered(f"{code}      sites: [⌖]\n", "codes")
    assert "RT" in editor.offered(f"{code}      modifiers: [⌖]\n", "codes")


def test_pointing_at_a_fact_shows_its_question_first(editor: Editor) -> None:
    for text in (samples.when("fact: pain.⌖level\nis: mild"), samples.when("fa⌖ct: pain.level\nis: mild")):
        listed = [line for line in editor.shown(text).splitlines() if line.startswith("* ")]
        assert listed[0] == "* `pain.level`: How strong is the pain?"
    shown = editor.shown(cases("facts:\n  pain.⌖level: mild"), "cases")
    assert "How strong is the pain?" in shown
    assert "* `mild`: Mild" in shown


def test_each_fault_is_marked_once_on_its_line(editor: Editor) -> None:
    criteria = [
        ("fact: pain.level\nis: wild", "wild", '"mild", "moderate", "severe"'),
        ("fact: pain.level\nin: [mild, wild]", "wild", '"mild", "moderate", "severe"'),
        ("fact: pain.lebel\nis: mild", "lebel", "this is not a fact of facts.yaml"),
        ("fact: pain.level\nhas_any: [mild]", "has_any", "a fact of type choice has no such key"),
        ("fact: patient.age\nat_leest: 18", "at_leest", "a fact of type integer has no such key"),
        ("fact: patient.age\nat_least: old", "old", "integer"),
        ("fact: quit.date\nwithin_last: 3 yaers", "yaers", "a span is written like"),
        ("fact: quit.date\nat_least: 5", "at_least", "a fact of type date has no such key"),
        ('fact: service.code\nin: {cpt: ["6471"]}', "6471", "this is not a code of cpt"),
    ]
    faulty = [(samples.when(criterion), words, said) for criterion, words, said in criteria]
    payer = samples.COVERED.replace("payer: acme", "payer: acmee")
    assert_marked(editor, "policy", [*faulty, (payer, "acmee", "this is not a payer of payers.yaml")])


def test_each_fault_of_a_case_is_marked_once_on_its_line(editor: Editor) -> None:
    faulty = [
        ("facts: {pain.level: wild}", "wild", '"mild", "moderate", "severe"'),
        ("facts:\n  pain.level: mild\n  pain.lebel: mild", "lebel", "pain.lebel is not allowed"),
        ("facts: {patient.birth_date: never}", "never", "this is a date, YYYY-MM-DD"),
        ("facts: {visit.count: many}", "many", "integer"),
        ("expect: {missing: [patient.aeg]}", "aeg", "this is not a fact of facts.yaml"),
        ("policy: acme/p2", "p2", "this is not a policy of the library"),
    ]
    assert_marked(editor, "cases", [(cases(facts), words, said) for facts, words, said in faulty])


def test_a_case_that_is_to_be_refused_is_not_marked(editor: Editor) -> None:
    assert editor.marked(editor.open(cases("facts: {no.such: 1}\nexpect: {problem: unknown-fact}"), "cases")) == []


def test_names_with_signs_that_mean_something_in_patterns(tmp_path: Path) -> None:
    server_script()
    payers = f"{samples.PAYERS}  g-h: {{name: 'A & B - #1 ~ (C) / $D^ | E?+'}}\n"
    words = Words(vocabulary=samples.holdings_of(samples.texts(samples.COVERED, payers=payers)).vocabulary)
    for kind in ("policy", "cases"):
        (tmp_path / f"{kind}.json").write_text(json.dumps(editor_schema(kind, words)))
    with running(tmp_path, {}) as server:
        editor = Editor(server, tmp_path)
        policy = editor.open(samples.COVERED.replace("policy: acme/", "policy: g-h/").replace("r: acme", "r: g-h"))
        case = editor.open(cases("", top="payer: 'a & B - #1 ~ (C) / $d^ | e?+'"), "cases")
        other = editor.open(cases("", top="payer: 'a & B - #1 ~ (C) / $d^ | e'"), "cases")
        assert editor.marked(policy) == []
        assert editor.marked(case) == []
        assert editor.marked(other) == [(2, "this is not a payer of payers.yaml")]


def test_shipped_documents_are_not_marked(run: Run, tmp_path: Path) -> None:
    server_script()
    for kind in ("policy", "cases"):
        file = tmp_path / f"{kind}.json"
        assert run("schema", kind, "--with-vocabulary", "--library", POLICIES, "-o", file).status == 0
    paths = sorted(POLICIES.glob("*/*.yaml"))
    assert len(paths) > 10
    with running(tmp_path, {}) as server:
        editor = Editor(server, tmp_path)
        opened = []
        for path in paths:
            kind = "cases" if path.name.endswith(".cases.yaml") else "policy"
            lines = path.read_text("utf-8").splitlines(keepends=True)
            text = "".join(line for line in lines if not line.startswith(SCHEMA))
            assert "effective: " in text or "date_of_service: " in text
            broken = text.replace("effective: ", "efective: ", 1).replace("date_of_service: ", "date_of_servise: ", 1)
            opened.append((path.name, editor.open(text, kind), editor.open(broken, kind)))
        for name, sound, broken_one in opened:
            assert editor.marked(sound) == [], name
            assert editor.marked(broken_one) != [], name


def test_schemas_can_be_named_in_the_settings_of_the_editor(tmp_path: Path) -> None:
    server_script()
    holdings = samples.holdings_of(samples.texts(samples.COVERED))
    words = Words(vocabulary=holdings.vocabulary, policies=tuple(holdings.policies))
    patterns = {"policy": ["policies/*/*.yaml", "!policies/*/*.cases.yaml"], "cases": ["policies/*/*.cases.yaml"]}
    schemas = {}
    for kind, pattern in patterns.items():
        file = tmp_path / f"{kind}.json"
        file.write_text(json.dumps(editor_schema(kind, words)))
        schemas[file.as_uri()] = pattern
    folder = tmp_path / "policies" / "acme"
    with running(tmp_path, schemas) as server:
        for name, marked in (("p1.yaml", samples.when("fact: ⌖")), ("p1.cases.yaml", cases("facts:\n  ⌖"))):
            text, line, column = samples.unmarked(marked)
            server.open(folder / name, text)
            # Settings are taken up beside what is asked.
            until = time.monotonic() + 20
            while not (found := server.complete(folder / name, line, column)):
                assert time.monotonic() < until
                time.sleep(0.1)
            assert "patient.age" in found
            assert "format" not in found
        server.open(folder / "p2.cases.yaml", cases("facts: {patient.age: 5}"))
        assert server.marked(folder / "p2.cases.yaml") == []

"""What the documentation shows is run, and what it names is there.

In `README.md`, a block of `console` is a transcript, in which `[...]` stands for lines left out; a block of `python` is a
program whose output the block of `text` after it shows; and a block of `yaml` that begins with `# NAME.yaml` is a file
that the commands use. The blocks of `docs/format.md` that begin with `# policies: NAME` make up
a library.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import click
import pytest
from pages import FORMAT, PAGES, README, ROOT, Block, blocks, commands, is_as_shown, of_a_reader, typed

import policykit
from policykit.advisories import ADVISORIES
from policykit.cli import VERBS, main
from policykit.dates import add, full_calendar_months, read_day, read_span, whole_months, whole_years
from policykit.rules.catalogue import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE: Final = ROOT / "policykit"

# The chapters that are followed in order are those of test_walkthroughs.py.
ALL_BLOCKS: Final = blocks(README)
TRANSCRIPTS: Final = [block for block in ALL_BLOCKS if block.kind == "console"]
PROGRAMS: Final = [
    (block, after.text if after.kind == "text" else "")
    for block, after in pairwise([*ALL_BLOCKS, Block("", 0, "", "")])
    if block.kind == "python"
]


def section(heading: str) -> str:
    """The text of docs/format.md from a heading to the next."""
    text = FORMAT.read_text(encoding="utf-8")
    found = re.search(rf"^### {re.escape(heading)}[^\n]*\n(.*?)(?=^##)", text, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


def tables(text: str) -> list[list[list[str]]]:
    """The rows of each table in a text, without its head."""
    found = re.findall(r"(?:^\|[^\n]*\n)+", text, re.MULTILINE)
    return [[[cell.strip() for cell in row[1:-1].split("|")] for row in each.splitlines()[2:]] for each in found]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return of_a_reader(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the pages show."""
    for block in ALL_BLOCKS:
        if block.kind == "yaml" and (found := re.match(r"# (?P<name>[\w.-]+\.yaml)\n", block.text)):
            (tmp_path / found["name"]).write_text(block.text, encoding="utf-8")
    return tmp_path


def format_library(folder: Path) -> Path:
    """The library that docs/format.md shows, written into a folder."""
    for block in blocks(FORMAT):
        if found := re.match(r"# policies: (?P<name>\S+\.yaml)\n", block.text):
            path = folder / found["name"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return folder


# What is shown is what happens


@pytest.mark.parametrize("block", TRANSCRIPTS, ids=str)
def test_commands_print_what_is_shown(block: Block, folder: Path, environment: dict[str, str]) -> None:
    assert commands(block), "a transcript without a command"
    for command, shown in commands(block):
        printed = typed(command, folder, environment)
        assert is_as_shown(printed, shown), printed


@pytest.mark.parametrize(("block", "output"), PROGRAMS, ids=str)
def test_programs_print_what_is_shown(block: Block, output: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("POLICYKIT_LIBRARY", raising=False)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})  # noqa: S102  # the program of a reader
    assert printed.getvalue() == output


def test_readme_sets_up_with_one_command_each() -> None:
    lines = [line for block in blocks(README) if block.kind == "sh" for line in block.text.splitlines()]
    assert len(lines) == 2
    assert all(line.startswith("python3 -m venv .venv && .venv/bin/pip install ") for line in lines)
    assert " && .venv/bin/policykit " in lines[0]
    assert " && .venv/bin/python -m pytest" in lines[1]


def test_every_command_is_shown_at_work() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"^\$ policykit (\w+)", pages, re.MULTILINE)) == set(VERBS)
    table = set(re.findall(r"^\| `policykit (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE))
    assert table == set(VERBS)


# The library of docs/format.md


def test_documents_of_the_format_are_sound(tmp_path: Path, environment: dict[str, str]) -> None:
    library = format_library(tmp_path)
    for command in (("check",), ("test",), ("fmt", "--check")):
        ran = subprocess.run(
            [sys.executable, "-m", "policykit", *command, "--library", str(library)],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_revisions_in_effect_are_those_of_the_table(tmp_path: Path) -> None:
    library = policykit.open_library(format_library(tmp_path))
    (rows,) = tables(section("4.7").partition("With `acme/knee-brace`:")[2])
    assert rows
    for service, known, expected in rows:
        day, known_on = read_day(service), read_day(known)
        assert day
        found = library.in_effect("acme/knee-brace", date_of_service=day, known_on=known_on)
        told = found.name if isinstance(found, policykit.Revision) else f"none: `{getattr(found, 'reason', '')}`"
        assert told == (expected if expected.startswith("none") else expected.partition(":")[0]), (service, known)


@dataclass(frozen=True, slots=True)
class Asking:
    """One criterion on one fact, asked of one value through a library of its own."""

    folder: Path

    def __call__(self, declared: dict[str, Any], comparisons: str, value: str | float, day: str) -> str:
        """Whether the criterion is met, not met or unknown."""
        when = f"{{fact: a.fact, {comparisons}}}"
        coverage = [f"{{outcome: covered, when: {when}}}", "{outcome: not-covered}"]
        service = f'{{service: a, codes: {{cpt: ["64714"]}}, coverage: [{", ".join(coverage)}]}}'
        entry = f"{{revision: one, change: new, summary: One., effective: 1900-01-01, services: [{service}]}}"
        documents = {
            "facts.yaml": {"format": 1, "facts": {"a.fact": declared | {"ask": "What is it?"}}},
            "payers.yaml": {"format": 1, "payers": {"a": {"name": "A"}}},
            "codes.yaml": {"format": 1, "codes": {"cpt": {"64714": {"label": "A code"}}}},
        }
        for name, data in documents.items():
            (self.folder / name).write_text(json.dumps(data), encoding="utf-8")
        (self.folder / "a").mkdir(exist_ok=True)
        policy = f"{{format: 1, policy: a/b, title: B, payer: a, kind: coverage-policy, history: [{entry}]}}"
        (self.folder / "a" / "b.yaml").write_text(policy, encoding="utf-8")
        case = {"policy": "a/b", "date_of_service": day, "service": {"cpt": "64714"}, "facts": {"a.fact": value}}
        outcome = policykit.open_library(self.folder).decide(case).outcome
        return {"covered": "met", "not-covered": "not met", "undetermined": "unknown"}[outcome.value]


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    return Asking(tmp_path)


def test_comparisons_do_what_the_table_says(asking: Asking) -> None:
    (rows,) = tables(section("6.4"))
    assert len(rows) == 15
    for _, types, example, met, not_met in rows:
        comparison, value = example.strip("`"), met.strip("`")
        if types == "date":
            declared: dict[str, Any] = {"type": "date"}
        elif types == "integer, number":
            declared = {"type": "number"}
        else:
            continue
        for given, truth in ((value, "met"), (not_met.strip("`"), "not met")):
            written = given if types == "date" else float(given)
            assert asking(declared, comparison, written, "2026-01-15") == truth, (example, given)


def test_partial_dates_give_what_the_table_says(asking: Asking) -> None:
    (rows,) = tables(section("6.5"))
    assert rows
    for fact, comparisons, result in rows:
        truth = re.split(r"[:,]", result)[0]
        assert asking({"type": "date"}, comparisons.strip("`"), fact.strip("`"), "2024-03-01") == truth, fact


def test_never_meets_what_the_section_says(asking: Asking) -> None:
    declared = {"type": "date", "may_be_never": True}
    others = ("within_last: 3 years", "on_or_after: 1900-01-01", "after: 1900-01-01", "before: 2100-01-01")
    for comparison in ("at_least_ago: 1 day", "longer_ago_than: 1 day"):
        assert asking(declared, comparison, "never", "2024-03-01") == "met"
    for comparison in others:
        assert asking(declared, comparison, "never", "2024-03-01") == "not met"


def test_sums_of_dates_are_those_of_the_table() -> None:
    (rows,) = tables(section("6.7"))
    assert rows
    for start, plus, gives in rows:
        day, span = read_day(start), read_span(plus)
        assert day
        assert span
        assert add(day, span) == read_day(gives), (start, plus)


def test_derived_numbers_are_those_of_the_tables() -> None:
    whole, calendar = tables(section("6.8"))
    assert whole
    assert calendar
    for since, until, years, months in whole:
        first, day = read_day(since), read_day(until)
        assert first
        assert day
        assert (whole_years(first, day), whole_months(first, day)) == (int(years), int(months)), (since, until)
    for since, until, told in calendar:
        first, day = read_day(since), read_day(until)
        assert first
        assert day
        assert full_calendar_months(first, day) == int(told.partition(" ")[0]), (since, until)


TABLES_OF_KEYS: Final = {
    "3.1": ("policy", "properties"),
    "4.1": ("policy", "$defs/entry/properties"),
    "5.1": ("policy", "$defs/service/else/properties"),
    "5.2": ("policy", "$defs/statement/properties"),
    "7.1": ("facts", "$defs/fact/properties"),
    "7.4": ("codes", "$defs/system/additionalProperties/properties"),
    "8.2": ("case", "properties"),
    "8.4": ("case", "properties/expect/else/properties"),
}


@pytest.mark.parametrize("number", TABLES_OF_KEYS)
def test_tables_of_keys_are_in_the_order_of_the_schemas(number: str) -> None:
    kind, path = TABLES_OF_KEYS[number]
    keys = json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8"))
    for step in path.split("/"):
        keys = keys[step]
    told = [name for row in tables(section(number))[0] for name in re.findall(r"`(\w+)`", row[0])]
    # `problem` stands alone; a case in a document of cases has no format of its own.
    expected = [name for name in keys if (number, name) != ("8.2", "format")]
    assert [name for name in told if name != "problem"] == expected


# The rules


def modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def rules_in_the_code() -> set[str]:
    """Every rule that a call in the package passes to a parameter named `rule`."""
    places: dict[tuple[Path | None, str], int] = {}
    for path, module in modules().items():
        for name, function in _functions(module):
            names = [ast.unparse(argument) for argument in function.args.args if argument.arg != "self"]
            if "rule: str" in names:
                places[path if name.startswith("_") else None, name] = names.index("rule: str")
    found: set[str] = set()
    for path, module in modules().items():
        for _, function in _functions(module):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if (rule := _rule_of(call, path, places)) is not None:
                    found |= _possible(rule, function, module)
    return found


def _functions(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function by the name that calls it: a class, for its `__init__`."""
    for node in ast.walk(module):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                makes = isinstance(node, ast.ClassDef) and child.name == "__init__"
                yield (node.name if makes and isinstance(node, ast.ClassDef) else child.name), child


def _rule_of(call: ast.Call, path: Path, places: dict[tuple[Path | None, str], int]) -> ast.expr | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = places.get((path if name.startswith("_") else None, name))
    if name == "Problem" or place is not None:
        for keyword in call.keywords:
            if keyword.arg == "rule":
                return keyword.value
    return call.args[place] if place is not None and place < len(call.args) else None


def _possible(rule: ast.expr, function: ast.FunctionDef, module: ast.Module) -> set[str]:
    """The texts that an expression can be; none where it hands on what it was given."""
    match rule:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=body, orelse=other):
            return _possible(body, function, module) | _possible(other, function, module)
        case ast.Attribute(attr="rule"):
            return set()
        case ast.Name(id=name):
            if name in {argument.arg for argument in function.args.args}:
                assert name == "rule"
                return set()
            for node in module.body:
                if isinstance(node, ast.AnnAssign) and name in _bound(node) and isinstance(node.value, ast.Constant):
                    return {str(node.value.value)}
            given = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and name in _bound(node)]
            assert given, f"`{name}` in `{function.name}`: it cannot be told which rules that are"
            alone = [each.value for each in given if isinstance(each.targets[0], ast.Name)]
            from_tables = [each.value for each in given if not isinstance(each.targets[0], ast.Name)]
            known = [_possible(each, function, module) for each in alone]
            return set[str]().union(*known, *(_in_tables(each, module) for each in from_tables))
    raise AssertionError(f"{ast.unparse(rule)} in `{function.name}`: it cannot be told which rules that are")


def _bound(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}


def _in_tables(value: ast.expr, module: ast.Module) -> set[str]:
    """The hyphenated words in the tables of a module that an expression looks something up in."""
    used = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and used & _bound(node):
            return {word for word in _texts(node.value) if re.fullmatch(r"[a-z]+(-[a-z]+)+", word)}
    raise AssertionError(f"{ast.unparse(value)}: it cannot be told which rules that are")


def _texts(node: ast.AST) -> set[str]:
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_every_rule_that_the_format_names_is_there() -> None:
    text = FORMAT.read_text(encoding="utf-8")
    named = set(re.findall(r"\(`([a-z]+(?:-[a-z]+)+)`", text))
    assert len(named) > 10
    assert named <= set(RULES) | set(ADVISORIES)


# What is named is there


def options() -> set[str]:
    """Every option of every command."""
    # As the program itself makes it: a command keeps the option for help that it is first asked for.
    context = click.Context(main, **main.context_settings)
    commands = [main, *(main.get_command(context, verb) for verb in VERBS)] if isinstance(main, click.Group) else [main]
    return {
        option
        for command in commands
        if command is not None
        for parameter in command.get_params(context)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_named_exists(page: Path) -> None:
    text = re.sub(r"^```sh\n.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
    assert named <= options()


def test_every_command_has_help() -> None:
    context = click.Context(main)
    assert isinstance(main, click.Group)
    for verb in VERBS:
        command = main.get_command(context, verb)
        assert command
        assert command.help
        assert all(each.help for each in command.params if isinstance(each, click.Option))


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        assert leads_to.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", leads_to.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


@pytest.mark.parametrize("page", [README, ROOT / "CHANGELOG.md", ROOT / "NOTICE"], ids=lambda page: page.name)
def test_every_path_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    paths = re.findall(
        r"(?<![\w/.-])(?:docs|schemas|policies|tests|\.ci)/[\w./-]*\w|(?:docs|schemas|policies)/(?![\w.])", text
    )
    for path in paths:
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", [README, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_every_shipped_policy_is_named(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    held = {
        path.relative_to(ROOT / "policies").with_suffix("").as_posix()
        for path in (ROOT / "policies").glob("*/*.yaml")
        if not path.name.endswith(".cases.yaml")
    }
    assert held <= set(re.findall(r"`([a-z]+/[a-z0-9.-]+)`", text))

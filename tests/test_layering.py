"""Who may import whom: the table is the architecture, and the code is held to it.

Each line names a module and all that it imports of the package when it is loaded. What it imports only for the type
checker is not listed. A module stands below everything that it imports, so there can be no circle.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import policykit

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = Path(policykit.__file__).parent

TABLE: Final = """\
__init__:
answers:
batch:
checks.passages:
cli.impact_style:
cli.impact_words:
cli.loading:
cli.markup:
cli.misuse:
compiled:
compiled.digests:
compiled.placing:
coverage:
coverage.cells:
coverage.cells.numbers:
differing:
differing.matching:
editor:
impact:
memory:
pytest_plugin:
reading:
records:
rules:
shipped:
sql:
sql.lists:
sql.terms:
version:
writing:
batch.database: records
batch.tally: records
case: records
checks.wording: records
cli.text: records
codes: records
compiled.form: compiled.digests records
compiled.program: shipped version
criteria: records
dates: records
differing.result: records
policy: records
problems: records
results: records
rules.rule: records
sql.dialects: sql.terms
sql.faults: records sql.terms
sql.scope: records
sql.steps: sql.terms
writing.insertion: records
writing.markup: records
writing.shapes: records
answers.reports: problems results version
batch.engine: problems records
batch.sources: problems records
carrying: policy records
checks.branches: criteria policy
checks.scales: codes criteria records
checks.subject: memory problems records
cli: cli.loading cli.misuse problems version
cli.output: __init__ cli.text
comparison: codes criteria dates
coverage.cells.codes: codes
coverage.measures: criteria
coverage.occasions: criteria dates policy records
differing.codes: codes records
document: problems records
impact.result: policy records
plain: codes criteria dates policy
reading.ranges: criteria
rules.sample: records rules.rule
schema: problems shipped
sql.calendar: sql.dialects sql.terms
sql.numbers: criteria sql.terms
sql.sets: codes sql.dialects sql.terms
sql.tables: records sql.dialects sql.terms
vocabulary: codes dates records
writing.copying: records writing.insertion writing.markup
writing.remarks: records writing.markup
writing.saving: problems records
__main__: cli
batch.workplace: records writing.saving
checks.code_expired: checks.passages checks.subject codes policy rules.rule rules.sample
checks.copied_text: checks.passages checks.subject checks.wording rules.rule rules.sample
checks.facing: checks.branches checks.passages checks.scales criteria problems records vocabulary
checks.judgement_with_test: checks.subject problems rules.rule rules.sample vocabulary
checks.long_quote: checks.passages checks.subject checks.wording rules.rule rules.sample
checks.no_cite: checks.branches checks.subject problems rules.rule rules.sample
checks.repeated_criterion: checks.passages checks.subject records rules.rule rules.sample
checks.review_passed: checks.subject problems rules.rule rules.sample
checks.search_not_repeated: checks.subject dates policy problems rules.rule rules.sample
checks.unused_fact: checks.passages checks.subject problems rules.rule rules.sample vocabulary
cli.watching: cli.output
compiled.packing: codes criteria dates policy problems vocabulary
derivation: dates vocabulary
differing.meaning: codes criteria differing.codes records
evaluation: comparison criteria records vocabulary
reading.comparisons: codes criteria dates problems vocabulary
reading.facts: codes dates problems vocabulary
rules.correctness.histories: rules.rule rules.sample
rules.correctness.libraries: rules.rule rules.sample
rules.correctness.publishing: rules.rule rules.sample
rules.correctness.questions: rules.rule rules.sample
rules.correctness.reading: rules.rule rules.sample
rules.correctness.shape: rules.rule rules.sample
rules.correctness.words: rules.rule rules.sample
rules.explaining: records rules.sample
source: document problems
sql.columns: records vocabulary
sql.counting: sql.calendar sql.scope sql.steps sql.terms vocabulary
sql.meeting: criteria records sql.calendar sql.dialects sql.terms
timeline: carrying policy records
advisories: records timeline
answers.parts: plain timeline
batch.expressions: batch.engine records sql.columns
batch.tables: batch.engine problems records sql.columns
batch.targets: codes records sql.columns vocabulary
checks.threshold_gap: checks.facing checks.subject rules.rule rules.sample
checks.threshold_overlap: checks.facing checks.subject rules.rule rules.sample
chronicle: policy records timeline
cli.words: codes criteria policy timeline
compiled.periods: timeline
compiled.writing: codes compiled.digests compiled.form compiled.packing compiled.placing plain version vocabulary writing.saving
coverage.cells.days: criteria dates derivation
coverage.possible: criteria evaluation
differing.facts: codes criteria differing.codes differing.meaning differing.result plain records
differing.standing: criteria differing.meaning differing.result records
editor.facts: codes reading.comparisons vocabulary
index: codes policy problems records timeline
lookup: codes policy records timeline
published: criteria plain policy problems records timeline vocabulary
reading.cases: case codes dates derivation problems records vocabulary
reading.criteria: criteria problems reading.comparisons reading.facts reading.ranges vocabulary
reading.histories: policy problems timeline
rules.correctness: rules.correctness.histories rules.correctness.libraries rules.correctness.publishing rules.correctness.questions rules.correctness.reading rules.correctness.shape rules.correctness.words
sql.days: criteria sql.calendar sql.dialects sql.meeting sql.terms
sql.routing: codes problems records sql.columns
sql.stated: codes sql.calendar sql.columns sql.dialects sql.faults sql.scope sql.sets sql.steps sql.terms
sql.timetable: policy records timeline
writing.spelling: source
answers.batches: answers.parts
answers.coverage: answers.parts
answers.decisions: answers.parts criteria plain timeline
answers.differences: answers.parts
answers.impacts: answers.parts
answers.rules: answers.parts
batch.mapping: batch.expressions batch.tables batch.targets problems records schema source sql.columns vocabulary
batch.staging: batch.engine batch.sources batch.tables problems
cases: advisories policy problems reading.cases records schema source
checks.allowing: problems records rules.correctness rules.rule rules.sample
cli.impact_plot: cli.impact_words cli.markup cli.text cli.words records
cli.impact_text: cli.impact_words cli.words
cli.phrases: cli.words
cli.tree: cli.words criteria evaluation plain records
compiled.documents: codes compiled.periods records
compiled.holding: compiled.packing index
compiled.reading: codes compiled.form compiled.packing index problems vocabulary
coverage.cells.domains: codes coverage.cells.codes coverage.cells.days coverage.cells.numbers criteria dates derivation evaluation records vocabulary
decision: advisories criteria dates evaluation plain policy records timeline version vocabulary
differing.criteria: criteria differing.facts differing.matching differing.meaning differing.result differing.standing plain
differing.vocabularies: codes differing.meaning differing.result index plain policy vocabulary
editor.schemas: codes editor.facts records schema vocabulary
reading.policies: codes criteria policy problems reading.criteria reading.facts reading.histories
reading.sound: case codes dates derivation reading.cases vocabulary
sql.criteria: criteria sql.days sql.numbers sql.scope sql.sets sql.terms
sql.values: records sql.calendar sql.counting sql.faults sql.scope sql.stated sql.steps sql.terms vocabulary
writing.layout: writing.markup writing.remarks writing.shapes writing.spelling
answers.documents: answers.batches answers.coverage answers.decisions answers.differences answers.impacts answers.parts answers.rules batch.tally chronicle decision differing.result impact.result lookup plain published results rules.rule timeline
assembly: document index memory problems reading.facts reading.policies vocabulary
batch.duck: batch.database batch.engine batch.sources batch.staging sql.columns sql.dialects
cli.impact_page: cli.impact_plot cli.impact_style cli.impact_words cli.markup cli.words version
compiled.cache: compiled.digests compiled.reading shipped version
compiled.earlier: compiled.documents compiled.form compiled.reading published records vocabulary
coverage.case_text: plain policy vocabulary writing.layout
coverage.witness: coverage.cells.domains coverage.possible criteria evaluation records vocabulary
differing.services: differing.codes differing.criteria differing.matching differing.meaning differing.result differing.standing plain
generation: codes comparison criteria decision evaluation
impact.counting: batch.engine decision impact.result policy records
sql.asking: problems records sql.dialects sql.faults sql.routing sql.scope sql.terms sql.timetable sql.values vocabulary
sql.sharing: criteria sql.criteria sql.dialects sql.scope sql.terms
sql.variants: decision policy records timeline vocabulary
sql.walking: criteria decision sql.criteria sql.lists sql.terms
batch.spark_files: batch.duck batch.engine batch.sources sql.columns
checking: assembly memory published reading.policies records schema source vocabulary
checks.unreachable_statement: checks.branches checks.subject coverage.measures coverage.occasions coverage.witness policy problems rules.rule rules.sample
coverage.goals: coverage.witness criteria evaluation policy records
differing.entries: differing.result differing.services plain policy
folder: compiled.cache compiled.digests compiled.reading problems records shipped version vocabulary
impact.listing: batch.database batch.duck batch.engine impact.counting sql.columns
sql.answering: criteria decision policy sql.asking sql.dialects sql.lists sql.sharing sql.tables sql.terms sql.walking
sql.by_policy: criteria sql.asking sql.criteria sql.routing sql.tables sql.terms sql.timetable sql.values vocabulary
sql.by_route: index sql.asking sql.tables sql.terms sql.timetable sql.values
walking: decision evaluation generation
batch.spark: batch.database batch.duck batch.engine batch.spark_files batch.staging batch.tables sql.dialects
cli.options: cli.misuse dates folder shipped
compiled.compiling: checking compiled.documents compiled.packing compiled.periods criteria index plain policy published reading.policies records vocabulary
compiled.merging: assembly checking compiled.packing published records source vocabulary
differing.git_files: folder problems vocabulary
differing.histories: chronicle differing.entries differing.meaning differing.result differing.services plain policy timeline
ruling: decision policy timeline walking
sql.query: sql.answering sql.asking sql.by_policy sql.by_route sql.dialects sql.faults sql.terms sql.values sql.variants
writing.formatting: checking folder problems source writing.layout writing.markup writing.shapes
writing.revising: checking memory policy problems records timeline vocabulary writing.copying writing.insertion writing.layout writing.markup
batch.claims: batch.engine batch.expressions batch.tables batch.targets codes problems records sql.columns sql.query vocabulary
cli.claim_options: batch.engine batch.mapping batch.sources cli.misuse cli.options folder problems
cli.history: chronicle cli.options cli.output cli.words index policy records
cli.lookup: cli.misuse cli.options cli.output cli.words codes criteria index lookup problems timeline
cli.schema: checking cli.misuse cli.options cli.output cli.text editor.facts editor.schemas folder problems vocabulary writing.saving
cli.show: chronicle cli.misuse cli.options cli.output cli.tree cli.words index problems timeline
compiled.processes: compiled.compiling
coverage.measuring: case codes coverage.case_text coverage.cells.domains coverage.goals coverage.measures coverage.occasions coverage.witness records ruling vocabulary
differing.difference: differing.entries differing.histories differing.result differing.services differing.vocabularies
library: case document folder index problems reading.cases reading.sound ruling
sql.printing: codes criteria policy sql.columns sql.dialects sql.query version vocabulary
batch.run: batch.claims batch.database batch.duck batch.engine batch.mapping batch.sources batch.tables batch.tally batch.workplace records sql.columns sql.query sql.routing
checks.misdeclared_change: checks.subject differing.difference policy problems rules.rule rules.sample
checks.uncovered_criterion: checks.branches checks.subject coverage.goals coverage.measuring problems rules.rule rules.sample
cli.changes: cli.phrases cli.text cli.words differing.difference policy records
cli.coverage: cli.text coverage.goals coverage.measuring
cli.sql: cli.options cli.output library sql.dialects sql.printing
compiled.building: assembly checking compiled.compiling compiled.documents compiled.merging compiled.processes compiled.program published records vocabulary
writing.drafting: cases checking codes folder library memory policy problems records vocabulary writing.insertion writing.layout writing.markup
checks: checks.allowing checks.code_expired checks.copied_text checks.judgement_with_test checks.long_quote checks.misdeclared_change checks.no_cite checks.repeated_criterion checks.review_passed checks.search_not_repeated checks.threshold_gap checks.threshold_overlap checks.uncovered_criterion checks.unreachable_statement checks.unused_fact vocabulary
cli.batch: batch.claims batch.duck batch.engine batch.mapping batch.run batch.sources cli.claim_options cli.misuse cli.options cli.output cli.watching library
cli.build: cli.misuse cli.options cli.output cli.text compiled.building compiled.earlier compiled.reading compiled.writing folder problems
cli.changes_markdown: cli.changes cli.words differing.difference
cli.changes_text: cli.changes cli.words differing.difference
compiled.keeping: compiled.building compiled.cache compiled.earlier compiled.holding compiled.writing writing.saving
impact.measuring: batch.claims batch.engine batch.mapping batch.run batch.sources batch.staging batch.tables batch.workplace impact.counting impact.listing impact.result problems records sql.columns sql.dialects sql.query sql.routing vocabulary
cli.diff: cli.changes_markdown cli.changes_text cli.misuse cli.options cli.output differing.difference differing.git_files folder index problems vocabulary
cli.impact: batch.engine batch.sources batch.workplace cli.claim_options cli.impact_page cli.impact_text cli.misuse cli.options cli.output cli.watching impact.measuring library problems records
rules.catalogue: checks checks.allowing rules.correctness rules.rule
shelf: cases checking checks checks.subject coverage.measuring folder library problems records vocabulary
cli.reporting: answers.reports rules.catalogue
cli.rule: cli.misuse cli.output problems rules.catalogue rules.explaining
cli.writable: cli.misuse cli.options cli.output folder problems shelf vocabulary
inspection: cases checking folder problems records results shelf source vocabulary
pytest_items: answers.reports cases checking folder library problems shelf vocabulary
cli.looking: cli.options cli.output inspection memory shelf
cli.named: cli.misuse cli.options folder inspection
cli.new: cli.misuse cli.options cli.output cli.writable codes folder policy problems shelf writing.drafting writing.saving
cli.revise: checking cli.misuse cli.options cli.output cli.writable folder policy problems shelf writing.revising writing.saving
cli.check: cli.looking cli.misuse cli.named cli.options cli.output cli.text folder inspection problems
cli.decide: cases cli.misuse cli.named cli.options cli.output cli.tree cli.words folder inspection library policy problems shelf timeline
cli.fmt: cli.misuse cli.named cli.options cli.output cli.text cli.writable folder inspection problems shelf writing.formatting writing.saving
cli.publish: answers.reports cli.check cli.looking cli.misuse cli.options cli.output cli.text cli.writable folder inspection problems published shelf vocabulary writing.layout writing.saving
cli.test: cli.check cli.coverage cli.looking cli.misuse cli.named cli.options cli.output folder inspection problems
"""

# Imports that wait until they are needed, and where. Everything else stands at the top of its module.
LATE: Final = {
    ("__init__", "__getattr__", "f'policykit.{home}'"),
    ("cli", "get_command", "f'policykit.cli.{cmd_name}'"),
    ("cli.batch", "_spark", "'policykit.batch.spark'"),
    ("cli.check", "tell", "'policykit.cli.reporting'"),
    ("folder", "_checked", "'policykit.checking'"),
    ("folder", "_compiled", "'policykit.compiled.keeping'"),
    ("problems", "near_miss", "'difflib'"),
    ("pytest_plugin", "pytest_collect_file", "'policykit.pytest_items'"),
}

# What needs no place there: this package, and what later versions of Python bring.
OURS: Final = frozenset({"policykit", "__future__", "_sha2"})
# Packages of others, and the only modules that import them.
FOREIGN: Final = {
    "click": {"cli"},
    "duckdb": {"batch"},
    "jsonschema": {"schema"},
    "referencing": {"schema"},
    "pytest": {"pytest_items"},
    "pyspark": {"batch"},
    "ruamel": {"source", "writing"},
    "sqlglot": {"batch", "cli", "sql"},
}

# What reads the clock, the environment or the terminal, or ends the program: only the command line does.
OUTWARD: Final = {
    *("print", "input", "exit", "quit", "breakpoint"),
    *(
        "sys.exit",
        "sys.stdin",
        "sys.stdout",
        "sys.stderr",
        "sys.argv",
        "os._exit",
        "os.environ",
        "os.getenv",
        "os.getcwd",
    ),
    *("date.today", "datetime.now", "datetime.today", "datetime.utcnow", "time.time", "time.time_ns", "time.monotonic"),
    *("Path.home", "Path.cwd", "Path.expanduser", "logging.getLogger", "warnings.warn"),
}

# Where one of them keeps others from printing.
SILENCING: Final = {"batch.spark": {"logging.getLogger"}}

# Text that is run as code: nowhere, but where records get the one method that has to know its fields.
RUN: Final = {"generation": {"exec"}, "records": {"exec"}}


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the package, by its name within it, taken apart."""
    return {_name(path): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1]) if parts[-1] == "__init__" and len(parts) > 1 else ".".join(parts)


def is_of_the_command_line(module: str) -> bool:
    return module.partition(".")[0] in {"cli", "__main__"}


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def nodes(tree: ast.AST, function: str = "") -> Iterator[tuple[ast.AST, str]]:
    """Every node that is there when the program runs, with the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        if for_types_only(node):
            continue
        yield node, function
        inside = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from nodes(node, inside)


def imported(node: ast.AST) -> Iterator[str]:
    """The full names that a statement imports."""
    match node:
        case ast.Import(names=names):
            yield from (each.name for each in names)
        case ast.ImportFrom(module=str(module), names=names):
            yield from (f"{module}.{each.name}" for each in names)


def late(node: ast.AST) -> str | None:
    """What a call of `import_module` imports, as it is written."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}:
        return ast.unparse(node.args[0])
    return None


def module_of(name: str) -> str | None:
    """The module of the package that a full name lies in."""
    package, _, inside = name.partition(".")
    if package != "policykit":
        return None
    while inside and inside not in trees():
        inside = inside.rpartition(".")[0]
    return inside or "__init__"


def actual() -> dict[str, set[str]]:
    """What each module imports of the package, at its top."""
    found: dict[str, set[str]] = {}
    for name, tree in trees().items():
        names = (module_of(each) for node, _ in nodes(tree) for each in imported(node))
        found[name] = {each for each in names if each is not None}
    return found


def table() -> dict[str, set[str]]:
    lines = [line.partition(":") for line in TABLE.strip().splitlines()]
    return {name: set(listed.split()) for name, _, listed in lines}


def as_written(imports: dict[str, set[str]]) -> str:
    """The table as it should be, each module below all that it imports."""
    lines: list[str] = []
    done: set[str] = set()
    while len(done) < len(imports):
        ready = sorted(name for name in imports.keys() - done if imports[name] <= done)
        assert ready, f"these import one another in a circle: {sorted(imports.keys() - done)}"
        lines += [f"{name}: {' '.join(sorted(imports[name]))}".strip() for name in ready]
        done.update(ready)
    return "\n".join(lines)


def test_the_table_is_what_the_modules_import() -> None:
    assert table() == actual(), f"the table would have to be\n\n{as_written(actual())}\n"


def test_every_module_stands_below_what_it_imports() -> None:
    above: set[str] = set()
    for name, imports in table().items():
        assert imports <= above, f"{name} imports {sorted(imports - above)}, which stand below it"
        above.add(name)


def test_imports_stand_at_the_top_of_their_module() -> None:
    inside = {
        (name, function, each)
        for name, tree in trees().items()
        for node, function in nodes(tree)
        for each in ([*imported(node)] if function else [])
    }
    assert not inside
    assert {
        (name, function, each)
        for name, tree in trees().items()
        for node, function in nodes(tree)
        if (each := late(node))
    } == LATE


def test_what_is_imported_late_leads_to_no_circle() -> None:
    imports = {name: set(listed) for name, listed in actual().items() if name != "__init__"}
    for name, _, written in LATE:
        found = written.strip("'")
        if name != "__init__" and found.startswith("policykit.") and found.isascii():
            imports[name].add(found.removeprefix("policykit."))
    imports = {name: listed - {"__init__"} for name, listed in imports.items()}
    assert as_written(imports)


def test_packages_of_others_are_imported_in_one_place() -> None:
    for name, tree in trees().items():
        for node, _ in nodes(tree):
            for each in imported(node):
                package = each.partition(".")[0]
                if package not in sys.stdlib_module_names and package not in OURS:
                    assert package in FOREIGN, f"{name} imports {package}"
                    assert name in FOREIGN[package] or name.partition(".")[0] in FOREIGN[package], (
                        f"{name} imports {package}"
                    )


def test_only_the_command_line_is_told_of_by_the_command_line() -> None:
    for name, tree in trees().items():
        if not is_of_the_command_line(name):
            for node in ast.walk(tree):
                found = {module_of(each) for each in imported(node)}
                assert not any(each and is_of_the_command_line(each) for each in found), f"{name} imports {found}"


def test_only_the_command_line_prints_exits_or_reads_the_clock_and_the_environment() -> None:
    for name, tree in trees().items():
        if is_of_the_command_line(name):
            continue
        for node, function in nodes(tree):
            if isinstance(node, ast.Attribute):
                written = ".".join(ast.unparse(node).split(".")[-2:])
                assert written not in OUTWARD, f"{name}.{function} uses {written}"
            if isinstance(node, ast.Name):
                assert node.id not in OUTWARD, f"{name}.{function} uses {node.id}"
            for each in imported(node):
                assert ".".join(each.split(".")[-2:]) not in OUTWARD - SILENCING.get(name, set()), (
                    f"{name} imports {each}"
                )


def test_no_text_is_run_as_code() -> None:
    for name, tree in trees().items():
        for node, function in nodes(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"exec", "eval", "compile"}
            ):
                assert node.func.id in RUN.get(name, set()), f"{name}.{function} calls {node.func.id}"


def test_what_a_module_keeps_to_itself_no_other_uses() -> None:
    for name, tree in trees().items():
        for node, _ in nodes(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("policykit"):
                private = [
                    each.name for each in node.names if each.name.startswith("_") and not each.name.startswith("__")
                ]
                assert not private, f"{name} imports {private} of {node.module}"


def test_every_module_says_what_it_is_for() -> None:
    for name, tree in trees().items():
        assert name == "__main__" or ast.get_docstring(tree), f"{name} has no docstring"

"""Which columns state what: by their names, or as a mapping document says.

A column that states nothing is told of, and one whose name is nearly that of something is refused: otherwise a typing
error would make a fact unknown in every row, without a word.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from policykit.batch.expressions import Said, constant, translated
from policykit.batch.tables import REASONS
from policykit.batch.targets import ASKED, DATE_OF_SERVICE, in_words, recognised, targets_of
from policykit.problems import InvalidDocuments, Location, Problem, near_miss
from policykit.records import record
from policykit.schema import check_schema
from policykit.source import read_document
from policykit.sql.columns import SEPARATOR, Kind
from policykit.vocabulary import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policykit.batch.tables import TableColumn
    from policykit.batch.targets import Target
    from policykit.document import Document, Node
    from policykit.vocabulary import Vocabulary

# Two names that are as like each other as this are taken for one that is mistyped.
_MISTYPED: Final = 0.85
_KEYWORDS: Final = frozenset({"column", "always", "separator", "values"})


@record
class Wishes:
    """What the caller says of the columns beside their names and the mapping document."""

    keys: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@record
class Mapped:
    """What is said of each target, the keys, and the columns of which nothing is said at all, with the near miss."""

    said: Mapping[str, tuple[Said, ...]]
    keys: tuple[TableColumn, ...]
    idle: tuple[tuple[str, str | None], ...]


def read_mapping(name: str, content: bytes) -> Document:
    """A mapping document of the right form. Raises `InvalidDocuments`."""
    document, problems = read_document(name, content)
    found = [*problems, *(check_schema(document, "mapping") if document else ())]
    if document is None or found:
        raise InvalidDocuments(found)
    return document


def map_columns(
    columns: Sequence[TableColumn], vocabulary: Vocabulary, table: str, document: Document | None, wishes: Wishes
) -> Mapped:
    """What the columns of the table of that name state. Raises `InvalidDocuments` with all that is wrong."""
    mapper = _Mapper(columns, vocabulary, table)
    if document is not None:
        mapper.read(document.root)
    mapper.take_wishes(wishes)
    mapper.by_name()
    mapper.check()
    if mapper.problems:
        raise InvalidDocuments(mapper.problems)
    return Mapped(said=mapper.said, keys=tuple(mapper.keys), idle=tuple(mapper.idle))


class _Mapper:
    def __init__(self, columns: Sequence[TableColumn], vocabulary: Vocabulary, table: str) -> None:
        self.vocabulary = vocabulary
        self.targets = targets_of(vocabulary)
        self.columns = {column.name.casefold(): column for column in columns}
        self.where = Location(file=table)
        self.problems: list[Problem] = []
        self.said: dict[str, tuple[Said, ...]] = {}
        self.keys: list[TableColumn] = []
        self.idle: list[tuple[str, str | None]] = []
        self.used: set[str] = set()

    # The document

    def read(self, root: Node) -> None:
        for path in (DATE_OF_SERVICE, "claim_processed", "known_on", *ASKED):
            self._place(path, root.get(path))
        for outer in ("service", "diagnoses"):
            group = root.get(outer)
            for key, node in group.items() if group else ():
                self._place(f"{outer}.{key}", node)
        facts = root.get("facts")
        for name, node in facts.items() if facts else ():
            self._fact(name, node)
        for key, take in (("keys", self._key), ("ignore", self._ignored)):
            listed = root.get(key)
            for each in listed.elements() if listed else ():
                if (column := self._column(each)) is not None:
                    take(column)

    def _fact(self, name: str, node: Node) -> None:
        if any(target.fact == name and target.system for target in self.targets.values()):
            for key, each in node.items():
                if key in _KEYWORDS:
                    advice = "write its columns under their systems, such as {hcpcs: COLUMN}"
                    self.problems.append(node.problem("wrong-type", f"`{name}` is of codes", advice))
                    return
                self._place(f"{name}.{key}", each)
            if not hasattr(node.value, "items"):
                advice = "write its columns under their systems, such as {hcpcs: COLUMN}"
                self.problems.append(node.problem("wrong-type", f"`{name}` is of codes", advice))
        elif name in BUILT_IN:
            message = f"`{name}` is stated under `service` or `diagnoses`, not here"
            self.problems.append(node.problem("unknown-fact", message, at_key=True))
        elif name not in self.targets or self.targets[name].fact is None:
            near = near_miss(name, self.vocabulary.facts)
            self.problems.append(node.problem("unknown-fact", f"`{name}` is not a known fact", near, at_key=True))
        elif any(key not in _KEYWORDS for key, _ in node.items()):
            message = f"`{name}` is not of codes"
            self.problems.append(node.problem("wrong-type", message, "write its column, without a system"))
        else:
            self._place(name, node)

    def _place(self, path: str, node: Node | None) -> None:
        if node is None:
            return
        target = self.targets[path]
        listed = node.elements() if isinstance(node.value, list) else [node]
        if len(listed) > 1 and not target.is_set:
            advice = "name one column"
            self.problems.append(node.problem("too-many", f"`{path}` is one value, and no set", advice))
            return
        found = [said for each in listed if (said := self._one(target, each)) is not None]
        if found:
            self.said[path] = tuple(found)

    def _one(self, target: Target, node: Node) -> Said | None:
        always = node.get("always")
        named = node if node.text is not None else node.get("column")
        if (always is None) == (named is None):
            advice = "`column` says which column, or `always` what stands in every row"
            self.problems.append(node.problem("missing-key", "one of `column` and `always` stands here", advice))
            return None
        if always is not None:
            if node.get("separator") or node.get("values"):
                message = "`separator` and `values` belong to a column"
                self.problems.append(node.problem("unknown-key", message, "leave them out"))
            return constant(always.value)
        assert named is not None  # noqa: S101  # just asked
        column = self._column(named)
        if column is None:
            return None
        self.used.add(column.name)
        separator, values = node.get("separator"), node.get("values")
        if separator is not None and not (target.is_set and column.kind is Kind.TEXT):
            message = "a separator stands between the words of a set in a column of text, and this is none"
            self.problems.append(separator.problem("unknown-key", message, "leave it out", at_key=True))
        said = Said(column=column, separator=separator.text if separator and separator.text else SEPARATOR)
        if values is not None:
            said = translated(said, {key: each.value for key, each in values.items()}, is_set=target.is_set)
        self._check_kind(target, said, named.where)
        return said

    def _column(self, node: Node) -> TableColumn | None:
        """The column that a document names."""
        found = self.columns.get((node.text or "").casefold())
        if found is None:
            names = [column.name for column in self.columns.values()]
            advice = near_miss(node.text or "", names) or _listed(names)
            self.problems.append(node.problem("wrong-value", f"there is no column `{node.text}`", advice))
        return found

    def _check_kind(self, target: Target, said: Said, where: Location) -> None:
        if said.kind in target.fits:
            return
        assert said.column is not None  # noqa: S101  # a constant is text
        holds = said.column.shown if said.kind is Kind.OTHER else in_words(frozenset({said.kind}))
        message = f"column `{said.column.name}` holds {holds}, and `{target.path}` is stated by {in_words(target.fits)}"
        advice = "change the type of the column where it is made"
        self.problems.append(Problem(rule="wrong-type", message=message, where=where, help=advice))

    # What the caller says

    def take_wishes(self, wishes: Wishes) -> None:
        for names, take in ((wishes.keys, self._key), (wishes.ignore, self._ignored)):
            for name in names:
                column = self.columns.get(name.casefold())
                if column is not None:
                    take(column)
                    continue
                known = [each.name for each in self.columns.values()]
                message, advice = f"there is no column `{name}`", near_miss(name, known) or _listed(known)
                self.problems.append(Problem(rule="wrong-value", message=message, where=self.where, help=advice))

    def _key(self, column: TableColumn) -> None:
        if column not in self.keys:
            self.keys.append(column)

    def _ignored(self, column: TableColumn) -> None:
        self.used.add(column.name)

    # By name

    def by_name(self) -> None:
        known = recognised(self.targets)
        taken: dict[str, str] = {}
        for folded, column in self.columns.items():
            if column.name in self.used:
                continue
            match known.get(folded, ()):
                case (target,):
                    self._by_itself(target, column, taken)
                case ():
                    self._idle(column, known)
                case several:
                    paths = " or ".join(f"`{each.path}`" for each in several)
                    advice = "say which in a mapping, or leave it out with `--ignore`"
                    self._wrong("wrong-value", f"column `{column.name}` may state {paths}", advice)

    def _by_itself(self, target: Target, column: TableColumn, taken: dict[str, str]) -> None:
        if target.path in taken:
            message = f"columns `{taken[target.path]}` and `{column.name}` both state `{target.path}`"
            self._wrong("repeated", message, "leave one of them out with `--ignore`")
        elif target.path in self.said:
            # The mapping document has said what states this.
            self.idle.append((column.name, None))
        else:
            taken[target.path] = column.name
            said = Said(column=column)
            self._check_kind(target, said, self.where)
            self.said[target.path] = (said,)

    def _idle(self, column: TableColumn, known: Mapping[str, tuple[Target, ...]]) -> None:
        if column in self.keys or column.name.casefold() in REASONS:
            return
        folded = column.name.casefold()
        advice = near_miss(folded, known)
        meant = advice.split("`")[1] if advice else ""
        if meant and SequenceMatcher(None, folded, meant).ratio() >= _MISTYPED:
            message = f"column `{column.name}` states nothing"
            self._wrong("wrong-value", message, f"{advice} if it is another thing, leave it out with `--ignore`")
        else:
            self.idle.append((column.name, advice))

    def _wrong(self, rule: str, message: str, advice: str | None = None) -> None:
        self.problems.append(Problem(rule=rule, message=message, where=self.where, help=advice))

    def check(self) -> None:
        """Whether the rows can be put to anything at all."""
        if DATE_OF_SERVICE not in self.said and not self.problems:
            near = [column.name for column in self.columns.values()]
            advice = _listed(near)
            self._wrong("missing-key", "no column states `date_of_service`", f"say which in a mapping; {advice}")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:20])
    return f"there are {shown}{', and others' if len(names) > 20 else ''}"  # noqa: PLR2004  # enough to read

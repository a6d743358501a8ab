"""`policykit schema`: a schema for an editor."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from policykit.checking import check_files
from policykit.cli.misuse import Misuse
from policykit.cli.options import kept_library_option, kept_root
from policykit.cli.output import write, write_error
from policykit.cli.text import counted
from policykit.editor.facts import declared
from policykit.editor.schemas import KINDS, MARK, Words, editor_schema
from policykit.folder import displayed, list_files, read_files
from policykit.problems import InvalidDocuments, near_miss
from policykit.vocabulary import PUBLISHED, VOCABULARY
from policykit.writing.saving import save

if TYPE_CHECKING:
    from policykit.problems import Problem

_HEAD: Final = 400  # bytes, among which a schema tells that this command has written it


@click.command("schema")
@click.argument("kind", default=KINDS[0], metavar="[KIND]", callback=lambda _ctx, _param, word: _kind(word))
@click.option(
    "--with-vocabulary", is_flag=True, help="Put the facts, values, payers, codes and policies of a library into it."
)
@kept_library_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file, not to standard output."
)
@click.pass_context
def verb(ctx: click.Context, kind: str, library: Path | None, output: Path | None, *, with_vocabulary: bool) -> int:
    """Write the JSON Schema of one kind of document, in one file, for an editor.

    KIND is policy (if left out), facts, payers, codes, cases, case, published, or mapping. With the vocabulary, an editor
    that knows JSON Schema completes and checks the names of facts, payers and policies, and the values of each fact. Write
    the schema anew when these have changed.

    The library is the one of the current folder, or `policies` in it, or else the one that comes with policykit.
    """
    if ctx.get_parameter_source("library") is ParameterSource.COMMANDLINE and not with_vocabulary:
        raise Misuse("`--library` says whose words to use, and none are asked for", "add `--with-vocabulary`")
    words = None
    told = ""
    if with_vocabulary:
        root = kept_root(library)
        words = _words(root)
        facts, payers = len([*declared(words.vocabulary)]), len(words.vocabulary.payers)
        told = f" with the words of {root}: {counted(facts, 'fact')}, {counted(payers, 'payer')}"
    # Letters outside of ASCII are written as escapes, so that it is the same wherever it is written.
    content = json.dumps(editor_schema(kind, words), indent=1)
    if output is None or str(output) == "-":
        write([content])
        return 0
    is_new = _save(output, f"{content}\n".encode("ascii"))
    write_error([f"{'wrote' if is_new else 'unchanged:'} {output}, the schema of {kind}{told}"])
    return 0


def _kind(word: str) -> str:
    if word not in KINDS:
        advice = near_miss(word[:40], KINDS) or f"the kinds are {', '.join(KINDS)}"
        raise Misuse(f"there is no kind of document `{word[:40]}`", advice)
    return word


def _words(root: Path) -> Words:
    """The words of a library, whose policies need not be sound. Raises `InvalidDocuments`."""
    listing = list_files(root)
    files, unreadable = read_files(listing, [name for name in VOCABULARY if name in listing.documents])
    if len(files) < len(VOCABULARY):
        raise InvalidDocuments([each for each in unreadable if _is_about_words(each, root)] or unreadable)
    checked = check_files(files)
    if checked.problems:
        raise InvalidDocuments(displayed(root, each) for each in checked.problems)
    policies = [name.removesuffix(".yaml") for name in listing.documents if name not in {*VOCABULARY, PUBLISHED}]
    return Words(vocabulary=checked.holdings.vocabulary, policies=tuple(policies))


def _is_about_words(problem: Problem, root: Path) -> bool:
    return Path(problem.where.file) in {root, *(root / name for name in VOCABULARY)}


def _save(path: Path, content: bytes) -> bool:
    """Whether the file was written: not if it holds just this. Only what this command wrote is written over."""
    if not path.parent.is_dir():
        raise Misuse(f"there is no folder `{path.parent}`", "make it first")
    before: bytes | None = None
    if os.path.lexists(path):
        if not path.is_file():
            raise Misuse(f"`{path}` is not an ordinary file, so nothing is written", "name another file")
        before = path.read_bytes()
        if before and MARK.encode() not in before[:_HEAD]:
            message = f"`{path}` is there, and `policykit schema` has not written it, so it stays as it is"
            raise Misuse(message, "name another file")
    if before == content:
        return False
    save(path, content, expected=before)
    return True

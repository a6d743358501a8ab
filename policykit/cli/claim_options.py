"""The options that the verbs share that read tables of claims, and what these options name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from policykit.batch.engine import MEMORY, is_size
from policykit.batch.mapping import read_mapping
from policykit.batch.sources import Form
from policykit.cli.misuse import Misuse
from policykit.cli.options import known_on_option
from policykit.folder import read_file
from policykit.problems import InvalidDocuments, Problem, near_miss

if TYPE_CHECKING:
    from collections.abc import Callable

    from policykit.document import Document
    from policykit.library import Library

Verb = TypeVar("Verb", bound="Callable[..., Any]")


def reading_options(verb: Verb) -> Verb:
    """`--mapping`, `--ignore`, `--payer`, `--known-on` and `--input-format`: what claims state, and how."""
    mapping = click.option(
        "--mapping",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE.yaml",
        help="A document that says which columns state what.",
    )
    ignore = click.option("--ignore", multiple=True, metavar="COLUMN", help="A column that states nothing.")
    payer = click.option("--payer", metavar="NAME", help="The payer for rows that name neither a policy nor a payer.")
    form = click.option(
        "--input-format",
        "form",
        type=click.Choice([each.value for each in Form]),
        callback=lambda _context, _option, value: Form(value) if value else None,
        help="How the claims are written, where their names do not tell it.",
    )
    return mapping(ignore(payer(known_on_option(form(verb)))))


def limit_options(verb: Verb) -> Verb:
    """`--memory` and `--threads`: what the engine may take."""
    memory = click.option(
        "--memory",
        default=MEMORY,
        show_default=True,
        callback=_size,
        metavar="SIZE",
        help="How much memory the engine may take.",
    )
    threads = click.option(
        "--threads", type=click.IntRange(1, 1024), metavar="N", help="How many threads; as many as there are."
    )
    return memory(threads(verb))


def _size(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if not is_size(text):
        raise click.BadParameter(f"`{text[:40]}` is not an amount of memory, such as 600MB or 2GB")
    return text


def mapping_in(path: Path | None) -> Document | None:
    """The mapping in a file, if one is named. Raises `InvalidDocuments`."""
    if path is None:
        return None
    content = read_file(path)
    if isinstance(content, Problem):
        raise InvalidDocuments([content])
    return read_mapping(str(path), content)


def check_payer(payer: str | None, *libraries: Library) -> None:
    """Makes sure that one of the libraries knows a payer, if one is named. Raises `Misuse`."""
    vocabularies = [each.vocabulary for each in libraries]
    if payer is not None and not any(each.payer(payer) for each in vocabularies):
        advice = near_miss(payer, tuple(name for each in vocabularies for name in each.payer_names()))
        raise Misuse(f"`{payer[:40]}` is not a payer of this library", advice)

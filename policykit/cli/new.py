"""`policykit new`: a new policy, with its cases."""

from __future__ import annotations

import os
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

import click

from policykit.cli.misuse import Misuse
from policykit.cli.options import day, here
from policykit.cli.output import write
from policykit.cli.writable import (
    is_bare,
    library_files,
    line,
    refusal,
    sentence,
    writable_library,
    writable_option,
)
from policykit.codes import SYSTEMS, read_pattern, shape_of, systems_of
from policykit.folder import CASES, list_files
from policykit.policy import Change, Kind
from policykit.problems import InvalidDocuments, near_miss
from policykit.shelf import shown
from policykit.writing.drafting import Plan, draft
from policykit.writing.saving import Writing, save_all

if TYPE_CHECKING:
    from pathlib import Path

    from policykit.codes import CodePattern

_OF_SERVICES: Final = tuple(system for system in SYSTEMS if system != "icd10cm")
_SCHEMAS: Final = "../schemas"
_FIRST: Final = tuple(str(each) for each in (Change.NEW, Change.CRITERIA, Change.CODES))
_KINDS: Final = tuple(str(each) for each in Kind)


def code(text: str) -> CodePattern:
    """The code, or the range of codes, that an option names with its system."""
    system, colon, written = text.partition(":")
    if not colon:
        systems = [each for each in systems_of(text.partition("-")[0]) if each in _OF_SERVICES]
        example = f"{systems[0] if systems else 'cpt'}:{text if systems else '64714'}"
        raise click.BadParameter(f"`{text[:40]}` names no system of codes; write it like `{example}`")
    if system in SYSTEMS and system not in _OF_SERVICES:
        raise click.BadParameter(f"{system} codes diagnoses; services are coded in {', '.join(_OF_SERVICES)}")
    if system not in _OF_SERVICES:
        advice = near_miss(system, _OF_SERVICES) or f"services are coded in {', '.join(_OF_SERVICES)}"
        raise click.BadParameter(f"`{system[:40]}` is no system of codes of services; {advice}")
    found = read_pattern(system, written)
    if found is None:
        raise click.BadParameter(f"`{written[:40]}` is no code of {system}, nor a range of them: {shape_of(system)}")
    return found


@click.command("new")
@click.argument("policy", metavar="PAYER/POLICY", type=line)
@click.option("--title", type=line, metavar="TEXT", help="What the policy calls itself.")
@click.option(
    "--code",
    "codes",
    type=code,
    multiple=True,
    metavar="SYSTEM:CODE",
    help="A code of the service, or a range, such as cpt:64714 or hcpcs:L9001-L9003; may be given several times.",
)
@click.option(
    "--effective", type=day, metavar="YYYY-MM-DD", help="The first day on which it governs, or of the search."
)
@click.option(
    "--kind", type=click.Choice(_KINDS), default=_KINDS[0], show_default=True, help="What sort of policy it is."
)
@click.option("--change", type=click.Choice(_FIRST), help="`new` if nothing was in force before; otherwise `criteria`.")
@click.option("--known-from", type=day, metavar="YYYY-MM-DD", help="The first day on which it could be known.")
@click.option("--summary", type=sentence, metavar="TEXT", help="What its first entry is.")
@click.option("--service", type=line, metavar="TEXT", help="What the service is called; the title, if left out.")
@click.option("--to", type=line, metavar="WHO", help="Who decides instead, where nothing was determined.")
@click.option("--source-title", type=line, metavar="TEXT", help="The title of the text that it encodes.")
@click.option(
    "--payer-name", type=line, metavar="NAME", help="The payer's name; declares a payer that is not known yet."
)
@writable_option
def verb(policy: str, library: Path | None, **told: Any) -> int:
    """Write a new policy and a case for it, both sound, with remarks that tell how to go on.

    The policy answers `not-encoded` until you write what it says. A library that is named and not there yet, or empty,
    is begun.
    """
    _check(told)
    root = writable_library(library, may_be_new=True)
    _check_place(root, policy)
    searched = told["kind"] == Kind.NO_DETERMINATION
    plan = Plan(
        policy=policy,
        title=told["title"],
        codes=told["codes"],
        effective=told["effective"],
        kind=Kind(told["kind"]),
        change=Change.SEARCHED if searched else Change(told["change"] or Change.CRITERIA),
        known_from=told["known_from"],
        summary=told["summary"],
        service=told["service"],
        to=told["to"],
        source_title=told["source_title"],
        payer_name=told["payer_name"],
        schemas=_SCHEMAS if (root / _SCHEMAS / "policy.schema.json").is_file() else None,
    )
    try:
        files = {} if is_bare(root) else library_files(list_files(root), f"{policy}.yaml")
        drafted = draft(plan, files)
    except InvalidDocuments as error:
        return refusal(root, error)
    save_all([Writing(root / name, content, files.get(name)) for name, content in drafted.items()])
    names = {name: shown(root / name, here()) for name in (*drafted, f"{policy}.yaml", f"{policy}{CASES}")}
    write(f"{'added to' if name in files else 'wrote'} {names[name]}" for name in drafted)
    document, cases = names[f"{policy}.yaml"], names[f"{policy}{CASES}"]
    what = "where it was searched" if searched else "what the policy says"
    write([f"next: write {what} in {document} and cases for it in {cases}, then run"])
    write(f"  policykit {command} {quote(document)}" for command in ("check", "test"))
    return 0


def _check(told: dict[str, Any]) -> None:
    """Raises where options are missing, or contradict one another."""
    missing = [f"`--{option.removesuffix('s')}`" for option in ("title", "codes", "effective") if not told[option]]
    if missing:
        example = "--title 'Knee braces' --code hcpcs:L1810 --effective 2026-01-01"
        raise Misuse(f"{', '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing", f"for example `{example}`")
    if told["kind"] == Kind.NO_DETERMINATION:
        if told["to"] is None:
            advice = "`--to WHO` tells who decides where nothing was determined, such as the Medicare contractor"
            raise Misuse("a `no-determination` needs `--to`", advice)
        if told["change"] is not None:
            raise Misuse("a `no-determination` is `searched`, and has no other change", "leave `--change` out")
    elif told["to"] is not None:
        advice = "leave `--to` out, or add `--kind no-determination`"
        raise Misuse("only a `no-determination` begins with handing the decision to somebody", advice)


def _check_place(root: Path, policy: str) -> None:
    for name in (f"{policy}.yaml", f"{policy}{CASES}"):
        if os.path.lexists(root / name):
            advice = f"to add to the history of a policy: `policykit revise {policy}`"
            raise Misuse(f"`{shown(root / name, here())}` is there already, and nothing is written over it", advice)

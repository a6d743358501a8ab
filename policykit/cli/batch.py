"""`policykit batch`: a table of claims, decided row by row."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from policykit.batch import duck
from policykit.batch.claims import Asked
from policykit.batch.engine import Limits
from policykit.batch.mapping import Wishes
from policykit.batch.run import Batch, decide_claims
from policykit.batch.sources import find_sources, form_of
from policykit.cli.claim_options import check_payer, limit_options, mapping_in, reading_options
from policykit.cli.misuse import Misuse
from policykit.cli.options import format_option, holdings, library_options
from policykit.cli.output import page, write, write_document, write_error
from policykit.cli.watching import watched
from policykit.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from policykit.batch.database import Opener
    from policykit.batch.sources import Form
    from policykit.batch.tally import Tally

_SHOWN: Final = 20  # columns of which it is told that they state nothing


@click.command("batch")
@click.argument("claims", nargs=-1, required=True, metavar="CLAIMS...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Where the answers go."
)
@click.option(
    "--rejects",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the rows go that are wrong; beside the answers, with `.rejects` in its name, if nothing is said.",
)
@click.option("--key", "keys", multiple=True, metavar="COLUMN", help="A column by which an answer is found again.")
@click.option("--policy", metavar="ID", help="The policy for rows that name neither a policy nor a payer.")
@reading_options
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What decides. Spark needs a key for every claim, and writes a folder of part files under each name.",
)
@limit_options
@library_options
@format_option
def verb(
    *,
    claims: tuple[str, ...],
    output: Path,
    rejects: Path | None,
    mapping: Path | None,
    keys: tuple[str, ...],
    ignore: tuple[str, ...],
    policy: str | None,
    payer: str | None,
    known_on: date | None,
    form: Form | None,
    memory: str,
    engine: str,
    threads: int | None,
    library: Path | None,
    no_cache: bool,
    as_json: bool,
) -> int:
    """Decide every row of tables of claims, each by the policy and the revision that govern it.

    CLAIMS are files of one form, Parquet, CSV or JSON lines, or patterns such as `claims/*.parquet`. A column states
    the part of a case, or the fact, that it is named after, unless a mapping says otherwise.

    Rows that are wrong go to a file of their own, with the reason; the exit status is then 1.
    """
    opened = _spark() if engine == "spark" else duck.opened
    sources = find_sources(claims, form)
    document = mapping_in(mapping)
    held = Library(holdings(library, no_cache=no_cache))
    asked = _asked(held, policy, payer)
    with watched() as watch:
        tally = decide_claims(
            Batch(
                library=held,
                sources=sources,
                output=output,
                rejects=rejects or _beside(output),
                mapping=document,
                wishes=Wishes(keys=keys, ignore=ignore),
                asked=asked,
                known_on=known_on,
                limits=Limits(memory=memory, threads=threads),
                told=watch.tell,
                opened=opened,
            )
        )
    write_error([*_idle_lines(tally), watch.in_the_end(tally.claims)])
    if as_json:
        write_document(tally)
    else:
        write(_lines(tally, output, rejects or _beside(output), in_parts=engine == "spark"))
    return 1 if tally.rejected else 0


def _spark() -> Opener:
    """What opens Spark, which nobody needs who does not ask for it."""
    try:
        opened: Opener = import_module("policykit.batch.spark").opened
    except ModuleNotFoundError as error:
        if error.name != "pyspark":
            raise
        message = "`--engine spark` needs the package `pyspark`, which is not installed"
        raise Misuse(message, "`pip install 'policykit[spark]'`") from None
    return opened


def _asked(library: Library, policy: str | None, payer: str | None) -> Asked:
    """What the options say of every row, once it is sure that the library knows it."""
    if policy is not None and payer is not None:
        raise Misuse("`--policy` and `--payer` do not go together", "the policy names its payer; leave one of them out")
    if policy is not None:
        library.policy(policy)
    check_payer(payer, library)
    return Asked(policy=policy, payer=payer)


def _beside(output: Path) -> Path:
    """Where rejects go if nothing is said: `decisions.rejects.parquet` for `decisions.parquet`."""
    ending = "".join(output.suffixes[-2:]) if output.suffix.lower() == ".gz" else output.suffix
    if form_of(output) is None:
        return output.with_name(f"{output.name}.rejects")
    return output.with_name(f"{output.name.removesuffix(ending)}.rejects{ending}")


def _idle_lines(tally: Tally) -> Iterator[str]:
    for name, advice in tally.idle[:_SHOWN]:
        yield f"column `{name}` states nothing{f'; {advice}' if advice else ''}"
    if len(tally.idle) > _SHOWN:
        yield f"{len(tally.idle) - _SHOWN:,} other columns state nothing"


def _lines(tally: Tally, output: Path, rejects: Path, *, in_parts: bool) -> Iterator[str]:
    paper = page()
    claims, answers = ("claim" if tally.claims == 1 else "claims"), ("answer" if tally.answers == 1 else "answers")
    yield f"{tally.claims:,} {claims}, {tally.answers:,} {answers} in {output}{', a folder of parts' if in_parts else ''}"
    width = max((len(f"{count:,}") for count in tally.outcomes.values()), default=0)
    for outcome, count in tally.outcomes.items():
        yield f"  {count:>{width},}  {outcome}"
    if tally.rejected:
        what = "1 claim is wrong, and in" if tally.rejected == 1 else f"{tally.rejected:,} claims are wrong, and in"
        yield paper.paint(f"{what} {rejects}", "bold")
        for rule, count in tally.rules.items():
            yield f"  {count:,}  {rule}"

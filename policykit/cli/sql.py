"""`policykit sql`: a policy as a query, for a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from policykit.cli.options import holdings, known_on_option, library_options
from policykit.cli.output import write
from policykit.library import Library
from policykit.sql.dialects import Dialect
from policykit.sql.printing import printed

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

_PRINTED = [each.value for each in Dialect if each is not Dialect.SQLITE]


@click.command("sql")
@click.argument("policy")
@click.option(
    "--dialect", required=True, type=click.Choice(_PRINTED), help="The dialect of the warehouse that is to run it."
)
@known_on_option
@library_options
def verb(policy: str, *, dialect: str, known_on: date | None, library: Path | None, no_cache: bool) -> int:
    """Print POLICY, such as cigna/0587, as one query over a table of claims.

    What the table has to look like stands at the top of the query. It answers each row as `decide` does, by all
    revisions of the policy.
    """
    held = Library(holdings(library, no_cache=no_cache))
    write(printed(held, policy, Dialect(dialect), known_on))
    return 0

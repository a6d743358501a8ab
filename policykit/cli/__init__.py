"""The command line: the only place that prints, exits, and reads the clock or the environment.

Each verb has a module of its own, which is loaded when that verb is run.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from policykit.cli.loading import for_good
from policykit.cli.misuse import Misuse
from policykit.problems import InvalidDocuments, PolicykitError, near_miss
from policykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

VERBS: Final = {
    "lookup": "Which revision governs a code on a day, until when, and what it asks.",
    "decide": "The decision on a case, explained.",
    "history": "The revisions of a policy on a time line.",
    "show": "A policy as a person reads it.",
    "check": "Whether documents and cases are sound.",
    "test": "Whether the policies answer the cases as expected.",
    "diff": "What changes from one revision, or one library, to another.",
    "new": "A new policy, with its cases.",
    "revise": "A new entry in the history of a policy.",
    "fmt": "Documents in the house layout.",
    "publish": "Record what is published, so that it is never changed in silence.",
    "build": "A library compiled into one file.",
    "batch": "A table of claims, decided row by row.",
    "impact": "Which claims a change of policy answers otherwise.",
    "sql": "A policy as a query for a warehouse.",
    "rule": "What a rule means, and how to keep it.",
    "schema": "A schema for an editor, with the words of a library.",
}
# Packages that only some verbs need, each with the extra that brings it.
EXTRAS: Final = {"duckdb": "batch", "sqlglot": "batch", "pyspark": "spark"}
FOUND: Final = 1
MISUSED: Final = 2
INTERRUPTED: Final = 130  # as a shell tells it: 128 and the number of the signal
CLOSED: Final = 141


class _Verbs(click.Group):
    """The verbs, none of which is loaded before it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # the signature of click
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # the same
        if cmd_name not in VERBS:
            advice = near_miss(cmd_name[:40], VERBS) or f"the commands are {', '.join(VERBS)}"
            raise Misuse(f"there is no command `{cmd_name[:40]}`", advice)
        try:
            with for_good(f"policykit.cli.{cmd_name}"):
                verb: click.Command = import_module(f"policykit.cli.{cmd_name}").verb
        except ModuleNotFoundError as error:
            extra = EXTRAS.get(error.name or "")
            if extra is None:
                raise
            message = f"`{cmd_name}` needs the package `{error.name}`, which is not installed"
            raise Misuse(message, f"`pip install 'policykit[{extra}]'`") from None
        return verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a verb, which returns its exit status, and turns what users can get wrong into a line or two."""
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except InvalidDocuments as error:
            _tell(str(error))
            status = FOUND
        except PolicykitError as error:
            _tell(f"policykit: {error}")
            status = MISUSED
        except KeyboardInterrupt:
            status = INTERRUPTED
        except BrokenPipeError:
            _close_quietly()
            status = CLOSED
        except OSError as error:
            # Whatever the system refuses, above all a full disk under standard output.
            where = f" `{error.filename}`" if error.filename else ""
            _tell(f"policykit: the system refuses{where}: {(error.strerror or 'it does not say why').lower()}")
            _close_quietly()
            status = MISUSED
        ctx.exit(status or 0)

    def main(self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **extra: Any) -> Any:  # type: ignore[override]  # only the first is given by position
        """Runs the program; wrong usage is told in a line or two."""
        _stand_in_for_closed()
        try:
            status = super().main(args, standalone_mode=False, **extra)
        except click.ClickException as error:
            _explain(error)
            status = error.exit_code
        except click.Abort:
            status = INTERRUPTED
        if standalone_mode:
            sys.exit(status)
        return status


@click.command(cls=_Verbs, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="policykit", message="%(prog)s %(version)s")
def main() -> None:
    """Payer medical coverage policies as checked, dated data: which revision is in effect on a day, what it asks,
    and whether a case meets it.

    It reads what the policies say; it approves and denies nothing.
    """


def _explain(error: click.ClickException) -> None:
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "policykit"
    message = error.format_message().strip()
    if type(error).__name__ == "NoArgsIsHelpError":
        _tell(message)
        return
    # One line, whatever the call had in it.
    told = " ".join(message.split())
    advice = (error.advice if isinstance(error, Misuse) else None) or f"`{path} --help` tells how it is used"
    _tell(f"{path}: {told[:1].lower()}{told[1:].removesuffix('.')}\n  help: {advice}")


def _tell(text: str) -> None:
    """Tells something on standard error, and nothing that could steer a terminal."""
    encoding = sys.stderr.encoding or "ascii"
    seen = "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
    try:
        sys.stderr.write(seen.encode(encoding, "replace").decode(encoding) + "\n")
    except OSError:
        return


def _stand_in_for_closed() -> None:
    """Where the caller has closed standard output or standard error, what goes there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # open to the end


def _close_quietly() -> None:
    """Nobody reads on: what is still held back goes nowhere, and nothing is said of it when the program ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())

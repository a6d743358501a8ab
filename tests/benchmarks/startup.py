"""What a look-up costs from a shell, against a bare click program that prints a line.

Run it again with `python tests/benchmarks/startup.py`. Whole processes, each taking its turn; medians. The cache of
the look-up is warm, but for the last line, which reads all policies from YAML.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

ROUNDS: Final = 31
COLD_ROUNDS: Final = 3
LOOKUP: Final = ("lookup", "64714", "--payer", "cigna", "--dos", "2026-01-15")
BARE: Final = """\
import click

@click.command()
@click.argument("code")
@click.option("--payer")
@click.option("--dos")
def main(code: str, payer: str, dos: str) -> None:
    click.echo(f"{payer} has a policy for {code} on {dos}.")

main()
"""


def milliseconds(command: list[str], environment: dict[str, str], folder: Path) -> float:
    """The time that one process takes."""
    start = perf_counter()
    subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return (perf_counter() - start) * 1e3


def installed() -> str:
    """The command as it is installed beside this Python."""
    beside = Path(sys.executable).with_name("policykit")
    found = str(beside) if beside.exists() else shutil.which("policykit")
    if found is None:
        raise SystemExit("policykit is not installed")
    return found


def main() -> None:
    """The table."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "bare.py").write_text(BARE, encoding="utf-8")
        environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
        commands = {
            "bare Python": [sys.executable, "-c", "print('a line')"],
            "bare click program": [sys.executable, "bare.py", *LOOKUP[1:]],
            f"policykit {' '.join(LOOKUP)}": [installed(), *LOOKUP],
        }
        *_, lookup = commands.values()
        cold: list[float] = []
        for _ in range(COLD_ROUNDS):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            cold.append(milliseconds(lookup, environment, folder))
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(milliseconds(command, environment, folder))
    medians = {name: median(each) for name, each in times.items()} | {"the same, nothing cached": median(cold)}
    print("|  | ms | against bare click |\n| --- | --- | --- |")
    for name, each in medians.items():
        print(f"| {name} | {each:.0f} | {each / medians['bare click program']:.2f} |")


if __name__ == "__main__":
    main()

"""The wheel: what is in it, and that it works where no checkout is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest

from policykit.version import VERSION

CHECKOUT: Final = Path(__file__).resolve().parent.parent
pytestmark = [
    pytest.mark.skipif(not (CHECKOUT / "pyproject.toml").is_file(), reason="there is no checkout to build from"),
    pytest.mark.skipif(find_spec("build") is None, reason="`build` is not installed: pip install policykit[dev]"),
    pytest.mark.skipif(find_spec("pip") is None, reason="`pip` is not installed"),
]
# Nothing of this process's own environment: what it has on its path is a checkout.
CLEAN: Final = {
    key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "POLICYKIT", "VIRTUAL_ENV"))
}


def run(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(each) for each in command], cwd=cwd, env={**CLEAN, **more}, capture_output=True, text=True, check=False
    )


COMPILED: Final = "policykit/_data/library.sqlite"


def wheel(folder: Path) -> Path:
    """The wheel, built into a folder; in isolation unless what builds it is installed."""
    options = ["--no-isolation"] if find_spec("hatchling") is not None else []
    command = [sys.executable, "-m", "build", "--wheel", *options, "--outdir", str(folder), str(CHECKOUT)]
    built = run(*command, cwd=folder, SOURCE_DATE_EPOCH="1767225600")
    if not options and "No matching distribution found for hatchling" in built.stdout + built.stderr:
        pytest.skip("the package index cannot be reached, and hatchling is not installed")
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.glob("*.whl")
    return found


def below(folder: Path, suffix: str) -> set[str]:
    return {path.relative_to(CHECKOUT).as_posix() for path in folder.rglob(f"*{suffix}")}


def test_the_wheel_holds_the_package_the_policies_and_the_schemas_and_nothing_else(tmp_path: Path) -> None:
    found = wheel(tmp_path)
    with ZipFile(found) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"policykit-{VERSION}.dist-info/METADATA").decode()
    code = below(CHECKOUT / "policykit", ".py") | {"policykit/py.typed"}
    data = {
        f"policykit/_data/{name}"
        for name in below(CHECKOUT / "policies", ".yaml") | below(CHECKOUT / "schemas", ".json")
    }
    rest = {name for name in names if not name.startswith(f"policykit-{VERSION}.dist-info/")}
    assert rest == code | data | {COMPILED}
    assert f"policykit-{VERSION}.dist-info/licenses/LICENSE" in names
    assert f"\nVersion: {VERSION}\n" in metadata
    # The same files give the same wheel, byte for byte.
    (tmp_path / "again").mkdir()
    assert wheel(tmp_path / "again").read_bytes() == found.read_bytes()


def test_the_source_distribution_makes_the_same_wheel(tmp_path: Path) -> None:
    direct, through = tmp_path / "direct", tmp_path / "through"
    direct.mkdir()
    through.mkdir()
    options = ["--no-isolation"] if find_spec("hatchling") is not None else []
    made = wheel(direct)
    command = [sys.executable, "-m", "build", *options, "--outdir", str(through), str(CHECKOUT)]  # sdist, then wheel
    built = run(*command, cwd=through, SOURCE_DATE_EPOCH="1767225600")
    assert built.returncode == 0, built.stdout + built.stderr
    assert (through / made.name).read_bytes() == made.read_bytes()


def test_the_wheel_holds_the_library_compiled(tmp_path: Path) -> None:
    with ZipFile(wheel(tmp_path)) as archive:
        (tmp_path / "library.sqlite").write_bytes(archive.read(COMPILED))
    again = tmp_path / "again.sqlite"
    built = run(sys.executable, "-m", "policykit", "build", CHECKOUT / "policies", "-o", again, cwd=CHECKOUT)
    assert built.returncode == 0, built.stderr
    assert again.read_bytes() == (tmp_path / "library.sqlite").read_bytes()


ANSWERS = """\
import json, sys
import policykit
from policykit.shipped import POLICIES, SCHEMAS
library = policykit.open_library()
decision = library.decide({"policy": "cigna/0587", "date_of_service": "2026-01-15", "service": {"cpt": "64714"}})
read = [each for each in ("ruamel", "jsonschema") if each in sys.modules]
print(json.dumps([policykit.__file__, str(POLICIES), str(SCHEMAS), len(library.policies), decision.revision.name, read]))
"""


def test_the_installed_command_answers_from_another_folder(tmp_path: Path) -> None:
    found = wheel(tmp_path)
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    installed = run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        scripts / "python",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        found,
        cwd=tmp_path,
    )
    if installed.returncode != 0 and "NewConnectionError" in installed.stderr:
        pytest.skip("the package index cannot be reached")
    assert installed.returncode == 0, installed.stderr
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ran = run(scripts / "python", "-c", ANSWERS, cwd=elsewhere)
    assert ran.returncode == 0, ran.stderr
    package, policies, schemas, count, revision, read = json.loads(ran.stdout)
    # The library comes compiled, so that no document is read.
    assert read == []
    for place in (package, policies, schemas):
        assert Path(place).is_relative_to(environment)
    assert count == len(
        [
            name
            for name in below(CHECKOUT / "policies", ".yaml")
            if name.count("/") == 2 and not name.endswith(".cases.yaml")
        ]
    )
    assert revision == "2025-12-01"
    looked_up = run(scripts / "policykit", "lookup", "64714", "--payer", "cigna", "--dos", "2026-01-15", cwd=elsewhere)
    assert (looked_up.returncode, looked_up.stderr) == (0, "")
    assert "cigna/0587" in looked_up.stdout
    assert "2025-12-01" in looked_up.stdout
    checked = run(scripts / "policykit", "check", cwd=elsewhere)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    refused = run(scripts / "policykit", "lookup", "64714", "--payer", "nobody", "--dos", "2026-01-15", cwd=elsewhere)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert list(elsewhere.iterdir()) == []

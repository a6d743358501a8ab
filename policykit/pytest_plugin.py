"""A plugin of pytest: the cases beside policies are tests. `-p no:policykit` turns it off.

pytest loads this module wherever policykit is installed, so it imports nothing: what runs cases is loaded with the first
file of cases that lies in a library.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The cases in `NAME.cases.yaml`, where a folder above holds `payers.yaml` and so is a library."""
    if not file_path.name.endswith(".cases.yaml"):
        return None
    root = None
    # A folder in which nothing may be looked at is none of ours.
    with suppress(OSError):
        root = next((folder for folder in file_path.parents if (folder / "payers.yaml").is_file()), None)
    if root is None:
        return None
    collector: pytest.Collector = import_module("policykit.pytest_items").collector(file_path, parent, root)
    return collector

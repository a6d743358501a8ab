"""Compiled files for tests: of documents in YAML or as plain data, opened as a program opens them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import strategies

from policykit.compiled.building import compile_library
from policykit.compiled.reading import open_holdings
from policykit.compiled.writing import write
from policykit.library import Library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from policykit.compiled.documents import CompiledLibrary


def compiled(files: Mapping[str, str | bytes]) -> CompiledLibrary:
    """The compiled library of these documents, with which nothing may be wrong."""
    built = compile_library({name: text.encode() if isinstance(text, str) else text for name, text in files.items()})
    assert built.library is not None, [str(each) for each in built.problems]
    return built.library


def compiled_file(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """The same, in a file."""
    write(path, compiled(files))
    return path


def opened(path: Path) -> Library:
    """The library in a compiled file."""
    return Library(open_holdings(path))


def texts_of(documents: strategies.Documents) -> dict[str, str]:
    """Generated documents, with payers and codes, by their names in a library."""
    vocabulary, policy = documents
    data: dict[str, Any] = {
        "facts.yaml": vocabulary,
        "payers.yaml": strategies.PAYERS,
        "codes.yaml": strategies.CODES,
        f"{strategies.POLICY}.yaml": policy,
    }
    return {name: json.dumps(each) for name, each in data.items()}

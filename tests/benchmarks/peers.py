"""What a peer is: a package, and the ways in which it can be put to claims for one policy."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks.spelling import UNDETERMINED

from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from types import ModuleType

    from benchmarks.claims import Claim
    from benchmarks.spelling import Version

# What is done with claims: they are prepared one by one, which is not timed; then answered together, which is.
Prepare: TypeAlias = "Callable[[Claim], Any]"
AnswerAll: TypeAlias = "Callable[[Any], Sequence[Any]]"


@record
class Contender:
    """One way to have claims answered under one policy.

    `selects`: it chooses the revision by the date of service, and the service by the code. `answers` may hand back
    anything; `reading` tells which outcome stands behind it, and whatever it does not list stands for itself. One that
    answers many claims in one call has them put together by `gather`, once they are prepared. `names_missing`: what it
    says of facts that are missing.
    """

    way: str
    selects: bool
    prepare: Prepare
    answers: AnswerAll
    reading: dict[Any, str] = field(default_factory=dict)
    gather: Callable[[list[Any]], Any] | None = None
    names_missing: str = "no"


@record
class Peer:
    """A package to be compared with. `cannot` says why it is not: that it cannot run, or cannot express the policies."""

    distribution: str
    module: str
    contenders: Callable[[ModuleType, Sequence[Version]], Iterable[Contender]] | None = None
    cannot: str | None = None


@record(by_identity=True)
class Loaded:
    """A package that is installed."""

    module: ModuleType
    version: str


def load(peer: Peer, beside: Path | None) -> Loaded | str:
    """A peer's module, or why it cannot be had.

    `beside` has a folder for each package that shares the name of its module with another (`pip install --target`).
    """
    folder = beside / peer.distribution if beside else None
    try:
        if folder and folder.is_dir():
            return _load_from(folder, peer)
        return Loaded(module=import_module(peer.module), version=version(peer.distribution))
    except (ImportError, PackageNotFoundError) as error:
        return "not installed" if isinstance(error, ModuleNotFoundError) else f"cannot be loaded: {error}"


def _load_from(folder: Path, peer: Peer) -> Loaded:
    """A module of a folder, under a name of its own."""
    name = f"beside_{peer.distribution.replace('-', '_')}"
    package = folder.joinpath(*peer.module.split("."))
    spec = spec_from_file_location(name, package / "__init__.py", submodule_search_locations=[str(package)])
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(peer.module)
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # for what it depends on
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    found = {each.name.lower(): each.version for each in distributions(path=[str(folder)])}
    return Loaded(module=module, version=found[peer.distribution])


def one_by_one(evaluate: Callable[[Any], Any], *errors: type[Exception]) -> AnswerAll:
    """Claims handed over one after the other. One of these errors is what the peer makes of a fact that is not known."""
    if not errors:
        return lambda cases: [evaluate(case) for case in cases]

    def answers(cases: Sequence[Any]) -> list[Any]:
        found: list[Any] = []
        for case in cases:
            try:
                found.append(evaluate(case))
            except errors:
                found.append(UNDETERMINED)
        return found

    return answers


def yes_or_no(met: str, otherwise: str) -> dict[Any, str]:
    """What a bare criterion's answer stands for."""
    return {True: met, False: otherwise}

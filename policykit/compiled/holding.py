"""A compiled library asked as it is, before or without being written into a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from policykit.compiled.packing import unpack_policy
from policykit.index import Holdings, speaking

if TYPE_CHECKING:
    from policykit.compiled.documents import CompiledLibrary
    from policykit.policy import Policy


def held(library: CompiledLibrary) -> Holdings:
    """What a compiled library holds, without any file."""
    policies = {each.policy.id: each.policy for each in library.documents if each.policy is not None}
    return Holdings(
        vocabulary=library.vocabulary,
        policies=_Packed({identity: each.packed for identity, each in policies.items()}),
        codes=speaking({identity: each.codes for identity, each in policies.items()}),
    )


class _Packed(Mapping[str, "Policy"]):
    """Policies, each unpacked when it is first asked for, and then the same for ever."""

    def __init__(self, packed: Mapping[str, bytes]) -> None:
        self._packed = packed
        self._read: dict[str, Policy] = {}

    def __getitem__(self, identity: str) -> Policy:
        found = self._read.get(identity)
        if found is None:
            # Two threads may both unpack it; they get the same, and one of them stays.
            found = self._read.setdefault(identity, unpack_policy(self._packed[identity], identity))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

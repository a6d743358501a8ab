"""The files of a library as they stood at a revision of its git repository.

git is asked and never told: nothing is fetched, checked out or written. Names that look like options are taken as names.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

from policykit.folder import CASES, MAX_BYTES
from policykit.problems import PolicykitError, near_miss
from policykit.vocabulary import PUBLISHED, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_ORDINARY: Final = {b"100644", b"100755"}
_LEVELS: Final = 2  # payer / policy.yaml
_QUIETLY: Final = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
# A hook sets these for the repository that it runs in; the library may lie in another one.
_OF_A_HOOK: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


class GitTrouble(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """What was asked of git cannot be had; says why in a line."""


def files_at(folder: Path, revision: str, environment: Mapping[str, str]) -> dict[str, bytes]:
    """The documents of the library in a folder at a revision, by their names within the library; cases are left out.

    `environment` is that of the program. Raises `GitTrouble`.
    """
    repository = _Repository(folder, environment)
    return repository.files(revision)


class _Repository:
    """The repository that a folder lies in."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        kept = {key: value for key, value in environment.items() if key not in _OF_A_HOOK}
        self._environment = {**kept, **_QUIETLY}
        self._folder = folder
        try:
            prefix = self._ask("rev-parse", "--show-prefix")
        except _RefusedError as refusal:
            raise GitTrouble(f"`{folder}` is in no git repository that can be read: {refusal}") from None
        self._prefix = prefix.removesuffix(b"\n").rstrip(b"/")

    def files(self, revision: str) -> dict[str, bytes]:
        """The documents at a revision."""
        commit = self._commit(revision)
        shown = _named(revision)
        try:
            # From the top, whatever the folder is in which git runs.
            listed = self._ask("ls-tree", "-r", "-z", "-l", "--full-tree", b"%b:%b" % (commit, self._prefix))
        except _RefusedError:
            raise GitTrouble(f"there is no folder `{self._shown}` at `{shown}`") from None
        names = self._documents(listed, shown)
        missing = [name for name in VOCABULARY if name not in names]
        if missing:
            told = " and no ".join(missing)
            raise GitTrouble(f"`{self._shown}` is no library at `{shown}`: there is no {told} in it")
        return dict(zip(names, self._contents(list(names.values())), strict=True))

    @property
    def _shown(self) -> str:
        return self._prefix.decode("utf-8", "replace") or str(self._folder)

    def _commit(self, revision: str) -> bytes:
        try:
            found = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except (_RefusedError, ValueError):
            # A name with a character that no name can have is not even put to git.
            advice = near_miss(revision, self._names())
            more = f"; {advice}" if advice else ""
            raise GitTrouble(
                f"`{_named(revision)}` is neither a folder nor a git revision of `{self._folder}`{more}"
            ) from None
        return found.strip()

    def _names(self) -> list[str]:
        """Branches and tags."""
        told = self._ask("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
        return told.decode("utf-8", "replace").split()

    def _documents(self, listed: bytes, shown: str) -> dict[str, bytes]:
        """The object of each document, by its name."""
        documents: dict[str, bytes] = {}
        for line in listed.split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            mode, _, identity, size = about.split()
            name = path.decode("utf-8", "backslashreplace")
            *folders, file = name.split("/")
            if any(part.startswith(".") for part in (*folders, file)) or name.endswith(CASES):
                continue
            if mode == b"160000":
                raise GitTrouble(f"`{name}` is a repository of its own at `{shown}`, which is not read")
            if not file.endswith(".yaml"):
                if file.lower().endswith((".yaml", ".yml")):
                    raise GitTrouble(f"`{name}` at `{shown}` would be ignored: documents end in `.yaml`")
                continue
            if mode not in _ORDINARY:
                raise GitTrouble(f"`{name}` is a link at `{shown}`, and links are not followed there")
            if len(folders) >= _LEVELS or (not folders and file not in {*VOCABULARY, PUBLISHED}):
                raise GitTrouble(f"`{name}` at `{shown}` is no document of a library; none is expected there")
            if not size.isdigit():
                raise _gone(identity)
            if int(size) > MAX_BYTES:
                raise GitTrouble(f"`{name}` is too large at `{shown}`: {int(size)} bytes")
            documents[name] = identity
        return documents

    def _contents(self, identities: Sequence[bytes]) -> list[bytes]:
        asked = b"".join(each + b"\n" for each in identities)
        told = self._ask("cat-file", "--batch", asked=asked)
        contents: list[bytes] = []
        at = 0
        for identity in identities:
            end = told.index(b"\n", at)
            head = told[at:end].split()
            if head[1:2] != [b"blob"]:
                raise _gone(identity)
            size = int(head[2])
            contents.append(told[end + 1 : end + 1 + size])
            at = end + size + 2
        return contents

    def _ask(self, *words: str | bytes, asked: bytes | None = None) -> bytes:
        command = ["git", "-C", str(self._folder), *words]
        try:
            done = subprocess.run(  # noqa: S603  # no shell, and every name stands where only a name is read
                command,
                input=asked,
                stdin=subprocess.DEVNULL if asked is None else None,
                capture_output=True,
                check=False,
                env=self._environment,
            )
        except FileNotFoundError:
            raise GitTrouble("there is no `git` on this system, which is asked for earlier revisions") from None
        except OSError as error:
            raise GitTrouble(
                f"`git` cannot be run: {(error.strerror or 'the system does not say why').lower()}"
            ) from None
        if done.returncode:
            raise _RefusedError(_first_line(done.stderr))
        return done.stdout


class _RefusedError(Exception):
    """git says no; its first words."""


def _gone(identity: bytes) -> GitTrouble:
    return GitTrouble(f"the repository does not hold the object {identity.decode()}, which it names")


def _named(revision: str) -> str:
    """A revision as a message shows it: in one line, however the user wrote it."""
    return " ".join(revision[:100].split())


def _first_line(told: bytes) -> str:
    lines = told.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ")[:200] if lines else "git does not say why"

"""A client of the real yaml-language-server, which editors start for YAML, over its protocol."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

VERSION: Final = "1.25.0"
_NODE: Final = 18  # what it asks for
_INSTALLING: Final = 60.0  # seconds
_ANSWERING: Final = 20.0
# Where the user's programs keep what they can make again; found before a test gives itself another place.
_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache")
_MARKED: Final = "textDocument/publishDiagnostics"


def server_script() -> Path:
    """The script of the server, from the cache or newly installed; skips the test where it cannot be had."""
    if not _has_node():
        pytest.skip(f"node {_NODE} or later is not installed")
    folder = _CACHE / "policykit-tests" / f"yaml-language-server-{VERSION}"
    script = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if not (script.is_file() or _is_installed(folder)):
        pytest.skip(f"yaml-language-server {VERSION} is not in the cache, and npm cannot install it there")
    return script


@cache
def _has_node() -> bool:
    try:
        told = subprocess.run(["node", "--version"], check=True, capture_output=True, timeout=_ANSWERING, text=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return int(told.stdout.strip().lstrip("v").partition(".")[0]) >= _NODE


@cache
def _is_installed(folder: Path) -> bool:
    """Whether npm could install the server; it is asked once."""
    making = folder.with_name(f"{folder.name}.{os.getpid()}")
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]
    try:
        making.mkdir(parents=True)
        # In a folder of its own, which then takes its place, so that what is there is whole.
        subprocess.run(
            [*command, f"yaml-language-server@{VERSION}"],
            cwd=making,
            check=True,
            capture_output=True,
            timeout=_INSTALLING,
        )
        with suppress(OSError):  # another test was first
            making.rename(folder)
    except (OSError, subprocess.SubprocessError):
        return False
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder.is_dir()


class LanguageServer:
    """A running server, asked one thing after another."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self._told: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._marked: dict[str, list[dict[str, Any]]] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, folder: Path, schemas: Mapping[str, list[str]]) -> None:
        """Begins the conversation; `schemas` maps the files of schemas to the names of documents."""
        self._settings = {
            "yaml": {"schemas": schemas, "schemaStore": {"enable": False}, "hover": True, "completion": True}
        }
        markdown = {"documentationFormat": ["markdown", "plaintext"], "snippetSupport": True}
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {"completion": {"completionItem": markdown}, "hover": {"contentFormat": ["markdown"]}},
        }
        folders = [{"uri": folder.as_uri(), "name": "library"}]
        asked = {"processId": os.getpid(), "rootUri": folder.as_uri(), "workspaceFolders": folders}
        self._ask("initialize", {**asked, "capabilities": capabilities})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": self._settings})

    def open(self, path: Path, text: str) -> None:
        """Opens a document that was not open before."""
        document = {"uri": path.as_uri(), "version": 1, "languageId": "yaml", "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})

    def marked(self, path: Path) -> list[tuple[int, str]]:
        """The lines of an open document, from 1, that are marked, with what is said of them."""
        uri = path.as_uri()
        self._listen_until(lambda: uri in self._marked, f"whether there are faults in {path.name}")
        return sorted((each["range"]["start"]["line"] + 1, each["message"]) for each in self._marked[uri])

    def complete(self, path: Path, line: int, column: int) -> dict[str, dict[str, Any]]:
        """What is offered at a place (line and column from 1), by label."""
        found = self._ask("textDocument/completion", self._place(path, line, column))
        return {each["label"]: each for each in found["items"]}

    def hover(self, path: Path, line: int, column: int) -> str:
        """What is said where the pointer rests."""
        found = self._ask("textDocument/hover", self._place(path, line, column))
        return str(found["contents"]["value"]) if found else ""

    def stop(self) -> None:
        """Ends the conversation."""
        with suppress(OSError):
            self._ask("shutdown", None)
            self._tell("exit", None)

    def _place(self, path: Path, line: int, column: int) -> dict[str, Any]:
        return {
            "textDocument": {"uri": path.as_uri()},
            "position": {"line": line - 1, "character": column - 1},
        }

    def _ask(self, method: str, asked: Any) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": asked})
        self._listen_until(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        assert "error" not in answer, answer
        return answer["result"]

    def _listen_until(self, is_told: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + _ANSWERING
        while not is_told():
            try:
                told = self._told.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"yaml-language-server has not said for {_ANSWERING:.0f} seconds: {what}")
            if "id" in told and "method" in told:
                self._send({"id": told["id"], "result": self._answer(told)})
            elif "id" in told:
                self._answers[told["id"]] = told
            elif told["method"] == _MARKED:
                self._marked[told["params"]["uri"]] = told["params"]["diagnostics"]

    def _answer(self, told: dict[str, Any]) -> Any:
        """What the server asks of an editor: its settings; everything else is agreed to."""
        if told["method"] != "workspace/configuration":
            return None
        return [self._settings.get(each.get("section", ""), {}) for each in told["params"]["items"]]

    def _tell(self, method: str, told: Any) -> None:
        self._send({"method": method, "params": told})

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._in.write(f"Content-Length: {len(content)}\r\n\r\n".encode() + content)
        self._in.flush()

    def _listen(self) -> None:
        with suppress(ValueError, OSError):
            while line := self._out.readline():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                    while self._out.readline().strip():
                        pass
                    self._told.put(json.loads(self._out.read(length)))


@contextmanager
def running(folder: Path, schemas: Mapping[str, list[str]]) -> Iterator[LanguageServer]:
    """A server that is started, and ended whatever happens."""
    command = ["node", str(server_script()), "--stdio"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
    )
    server = LanguageServer(process)
    try:
        server.start(folder, schemas)
        yield server
        server.stop()
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

"""What happens while a wheel is made: the shipped library is compiled, from the documents that go into the same wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSTALLED: Final = "policykit/_data/library.sqlite"


class CompilingHook(BuildHookInterface):  # type: ignore[type-arg]  # of any configuration
    """Compiles `policies` for the wheel. An editable installation reads the documents themselves."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Puts the compiled library into what is to be built."""
        if version == "editable":
            return
        self._folder = TemporaryDirectory()
        compiled = Path(self._folder.name) / "library.sqlite"
        # In a process of its own, which runs the program that is being built and no other.
        command = [sys.executable, "-m", "policykit", "build", "policies", "--anew", "--output", str(compiled)]
        # What an installer has put into the environment of the build has to be found there, too.
        path = os.pathsep.join(filter(None, (self.root, os.environ.get("PYTHONPATH"))))
        subprocess.run(command, cwd=self.root, env={**os.environ, "PYTHONPATH": path}, check=True)  # noqa: S603
        build_data["force_include"][str(compiled)] = INSTALLED

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Removes what is in the wheel now."""
        if version != "editable":
            self._folder.cleanup()

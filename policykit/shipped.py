"""Where the policies and schemas that come with the package lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_INSTALLED: Final = _PACKAGE / "_data"
# In a wheel they lie inside the package; in a checkout, beside it.
_HOME: Final = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent

POLICIES: Final = _HOME / "policies"
# The same policies compiled, in a wheel.
COMPILED: Final = _INSTALLED / "library.sqlite"
SCHEMAS: Final = _HOME / "schemas"

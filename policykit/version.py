"""The version of the program; part of every receipt."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.3.0"

"""A call that cannot be answered."""

from __future__ import annotations

import click


class Misuse(click.UsageError):
    """What is wrong with a call, and perhaps what was meant."""

    def __init__(self, message: str, advice: str | None = None) -> None:
        super().__init__(message, click.get_current_context())
        self.advice = advice

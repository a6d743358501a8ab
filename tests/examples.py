"""How many examples a law is put to: with `pytest --hypothesis-profile=thorough` twenty times as many, each time others."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def law(examples: int) -> settings:
    """A property that is tried on so many examples, however long one of them takes to make.

    They are as many times more, or fewer, as the profile asks for more or fewer than a hundred; a few there always are.
    """
    number = max(min(examples, 5), examples * settings().max_examples // 100)
    return settings(max_examples=number, deadline=None, suppress_health_check=[HealthCheck.too_slow])

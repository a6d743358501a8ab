"""How many examples a law is put to: more than by default with `pytest --hypothesis-profile=thorough`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def law(examples: int) -> settings:
    """A property that is tried on so many examples, however long one of them takes to make.

    They are as many times more, or fewer, as the profile asks for more or fewer than a hundred.
    """
    number = max(1, examples * settings().max_examples // 100)
    return settings(max_examples=number, deadline=None, suppress_health_check=[HealthCheck.too_slow])

"""The rules of correctness, each with its page: what documents have to keep in order to mean anything."""

from __future__ import annotations

from typing import Final

from policykit.correctness.histories import HISTORY, STATEMENTS
from policykit.correctness.libraries import LIBRARY
from policykit.correctness.publishing import PUBLISHING
from policykit.correctness.questions import QUESTIONS
from policykit.correctness.reading import READING
from policykit.correctness.shape import SHAPE
from policykit.correctness.words import WORDS

GROUPS: Final = (READING, SHAPE, WORDS, STATEMENTS, HISTORY, LIBRARY, QUESTIONS, PUBLISHING)
CORRECTNESS: Final = frozenset(rule.name for group in GROUPS for rule in group.rules)

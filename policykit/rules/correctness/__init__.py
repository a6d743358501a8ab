"""The rules of correctness, each with its page: what documents have to keep in order to mean anything."""

from __future__ import annotations

from typing import Final

from policykit.rules.correctness.histories import HISTORY, STATEMENTS
from policykit.rules.correctness.libraries import LIBRARY
from policykit.rules.correctness.publishing import PUBLISHING
from policykit.rules.correctness.questions import QUESTIONS
from policykit.rules.correctness.reading import READING
from policykit.rules.correctness.shape import SHAPE
from policykit.rules.correctness.words import WORDS

GROUPS: Final = (READING, SHAPE, WORDS, STATEMENTS, HISTORY, LIBRARY, QUESTIONS, PUBLISHING)
CORRECTNESS: Final = frozenset(rule.name for group in GROUPS for rule in group.rules)

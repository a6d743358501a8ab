"""Cases that are answered alike share an answer, and what one of them left open is not said of the next."""

from __future__ import annotations

from itertools import permutations

from samples import decided, library_of, when

FACTS = ("{}", "{patient.birth_date: 2008}", "{patient.birth_date: '2008-01'}", "{patient.birth_date: '1980'}")


def test_a_fact_is_asked_for_more_precisely_only_where_something_is_known_of_it() -> None:
    text = when("{fact: patient.birth_date, before: 2008-01-15}")
    asked = {
        facts: [(each.fact, each.more_precisely) for each in decided(library_of(text), facts).missing]
        for facts in FACTS
    }
    assert asked == {
        FACTS[0]: [("patient.birth_date", False)],
        FACTS[1]: [("patient.birth_date", True)],
        FACTS[2]: [("patient.birth_date", True)],
        FACTS[3]: [],
    }
    for order in permutations(FACTS):
        library = library_of(text)
        for facts in order:
            told = decided(library, facts).missing
            assert [(each.fact, each.more_precisely) for each in told] == asked[facts]

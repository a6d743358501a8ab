"""Rules of cases. See docs/format.md, section 8."""

from __future__ import annotations

from typing import Final

from policykit.rules.rule import Group, Rule
from policykit.rules.sample import CASES, cases, whole

QUESTIONS: Final = Group(
    title="Cases",
    about=(
        "A case is wrong if no policy can be asked with it, or if what it says cannot be so. A case that has to be"
        " refused says `expect: {problem: RULE}`. No message shows what a case says."
    ),
    rules=(
        Rule(
            name="unknown-policy",
            summary="The library holds no policy of the name that a case gives, or it is not one of the payer named.",
            why="The case would test nothing, or would be put to the policy of somebody else.",
            remedy=(
                "Write the name as in `policy` of the document: the payer, `/`, and the rest. Leave out `payer` where"
                " the policy is named."
            ),
            fails=cases(
                """
                - case: A first brace
                  policy: acme/knee-braces
                  date_of_service: 2025-03-01
                """
            ),
            passes=cases(
                """
                - case: A first brace
                  policy: acme/knee-brace
                  date_of_service: 2025-03-01
                """
            ),
        ),
        Rule(
            name="no-policy-named",
            summary="A case names neither a policy nor a payer and a code.",
            why="It cannot be told whose answer is asked for, and the answer of any payer would be the wrong one for another.",
            remedy="Write `policy` in the case or at the top of its document, or `payer` and the code of the service.",
            fails=whole(
                CASES,
                """
                format: 1
                cases:
                  - case: A first brace
                    date_of_service: 2025-03-01
                    service: {hcpcs: "L9001"}
                """,
            ),
            passes=whole(
                CASES,
                """
                format: 1
                cases:
                  - case: A first brace
                    payer: acme
                    date_of_service: 2025-03-01
                    service: {hcpcs: "L9001"}
                """,
            ),
        ),
        Rule(
            name="derived-disagrees",
            summary="A case states a number that does not follow from the date that it states too.",
            why=(
                "One of the two is wrong, and the answer would hang on which of them a criterion happens to ask for. An"
                " age is taken on the date of service, not today."
            ),
            remedy="Leave the number out: it follows from the date. If the date is the doubtful one, leave out the date.",
            fails=cases(
                """
                - case: A first brace
                  date_of_service: 2025-03-01
                  facts: {patient.birth_date: 1980-05-05, patient.age: 45}
                """
            ),
            passes=cases(
                """
                - case: A first brace
                  date_of_service: 2025-03-01
                  facts: {patient.birth_date: 1980-05-05}
                """
            ),
        ),
        Rule(
            name="never-not-allowed",
            summary="A date is `never`, and its declaration does not say `may_be_never: true`.",
            why=(
                "`never` meets `at_least_ago`, so it decides. For a date that everybody has it can only be a slip for"
                " unknown."
            ),
            remedy="Leave the fact out if it is not known. If it can really not have happened, declare that in `facts.yaml`.",
            fails=cases(
                """
                - case: A first brace
                  date_of_service: 2025-03-01
                  facts: {patient.birth_date: never}
                """
            ),
            passes=cases(
                """
                - case: A first brace
                  date_of_service: 2025-03-01
                  facts: {knee.last_brace_on: never}
                """
            ),
        ),
        Rule(
            name="case-failed",
            summary="A policy answers a case otherwise than the case expects. Told by `policykit test`.",
            why=(
                "Either the policy does not say what its source says, or the case does not. Whoever wrote the case had"
                " read the source for just this point."
            ),
            remedy=(
                "Read the place in the source again, then put right whichever of the two departs from it. Do not change"
                " `expect` only to silence the test."
            ),
            fails=cases(
                """
                - case: A child
                  date_of_service: 2025-03-01
                  service: {hcpcs: "L9001"}
                  facts: {patient.age: 17}
                  expect: {outcome: medically-necessary}
                """
            ),
            passes=cases(
                """
                - case: A child
                  date_of_service: 2025-03-01
                  service: {hcpcs: "L9001"}
                  facts: {patient.age: 17}
                  expect: {outcome: not-medically-necessary}
                """
            ),
        ),
    ),
)

"""Claims for two policies, what a careful programmer would write for each, and how wrong another's answers are.

`cigna/0587` asks for words, sets and yes or no; `medicare/ncd-210.14` has three revisions and counts in years and
months. The claims are drawn alike on every run. Every date is exact; any fact may be missing, and so may the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from policykit.dates import NEVER

if TYPE_CHECKING:
    from policykit import Case, Library

COUNT: Final = 100_000
# How often a fact is not told, and a code is of something else or not told.
NOT_TOLD: Final = 0.08
OTHER_CODE: Final = 0.03
NO_CODE: Final = 0.02

CIGNA: Final = "cigna/0587"
NCD: Final = "medicare/ncd-210.14"

ByHand: TypeAlias = Callable[[str | None, Mapping[str, Any], date, date | None], str]


class Claim(NamedTuple):
    """One claim in every shape that somebody may start from.

    `facts` are typed, and complete with what follows from dates (an age); what is not among them is unknown. `complete`
    tells that no fact that the policy asks for was left out.
    """

    code: str | None
    facts: Mapping[str, Any]
    date_of_service: date
    known_on: date | None
    complete: bool
    given: Mapping[str, Any]
    case: Case


class Wrong(NamedTuple):
    """How many answers are not the right one: of claims with every fact, and of those with some missing."""

    complete: int
    of_complete: int
    missing: int
    of_missing: int


# What a careful programmer would write for one policy alone: an unknown fact is None, and may not matter.

CIGNA_EFFECTIVE: Final = date(2025, 12, 1)
_STUDIES: Final = frozenset({"mri", "ct", "emg-ncs", "ultrasound"})
_TREATMENTS: Final = frozenset({"physical-therapy", "oral-medication", "injection"})


def cigna_0587(code: str | None, facts: Mapping[str, Any], day: date, known_on: date | None) -> str:  # noqa: C901  # one function is the point
    """The outcome under cigna/0587."""
    if day < CIGNA_EFFECTIVE or (known_on is not None and known_on < CIGNA_EFFECTIVE):
        return "no-version-in-effect"
    if code != "64714":
        return "undetermined" if code is None else "not-addressed"
    unknown = False
    site = facts.get("nerve_compression.site")
    if site is None:
        unknown = True
    elif site != "lumbar-plexus":
        return "not-medically-necessary"
    documented = facts.get("nerve_compression.documented_by")
    if documented is None:
        unknown = True
    elif _STUDIES.isdisjoint(documented):
        return "not-medically-necessary"
    symptoms = facts.get("nerve_compression.significant_symptoms")
    if symptoms is None:
        unknown = True
    elif not symptoms:
        return "not-medically-necessary"
    failed = facts.get("conservative_treatment.failed")
    if failed is None or _TREATMENTS.isdisjoint(failed):
        not_indicated = facts.get("conservative_treatment.not_indicated")
        if not not_indicated:
            if failed is not None and not_indicated is not None:
                return "not-medically-necessary"
            unknown = True
    for name in ("surgery.supported_by_imaging", "surgery.supported_by_clinical_findings"):
        supported = facts.get(name)
        if supported is None:
            unknown = True
        elif not supported:
            return "not-medically-necessary"
    return "undetermined" if unknown else "medically-necessary"


_2015: Final = date(2015, 2, 5)
_2021: Final = date(2021, 1, 1)
_2022: Final = date(2022, 2, 10)
_ELEMENTS: Final = frozenset({"eligibility", "shared-decision-with-aid", "adherence-and-comorbidities", "smoking"})
_FURNISHERS: Final = frozenset({"physician", "physician-assistant", "nurse-practitioner", "clinical-nurse-specialist"})


def medicare_ncd_210_14(code: str | None, facts: Mapping[str, Any], day: date, known_on: date | None) -> str:
    """The outcome under medicare/ncd-210.14."""
    if day < _2015 or (known_on is not None and known_on < _2015):
        return "no-version-in-effect"
    if code is None:
        return "undetermined"
    visit = code == "G0296"
    if not visit and code != ("G0297" if day < _2021 else "71271"):
        return "not-addressed"
    if day < _2022:
        met = _eligible(facts, day, 55, 30)
        if met is not False:
            met = _both(met, _visit_2015(facts) if visit else _scan_2015(facts, day))
        return "undetermined" if met is None else "not-encoded" if met else "not-covered"
    met = _eligible(facts, day, 50, 20)
    if met is not False:
        met = _both(met, _visit_2022(facts) if visit else _scan_2022(facts, day))
    return "undetermined" if met is None else "covered" if met else "not-covered"


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _eligible(facts: Mapping[str, Any], day: date, least_age: int, least_pack_years: int) -> bool | None:  # noqa: C901  # as above
    known = True
    age = facts.get("patient.age")
    if age is None:
        known = False
    elif not least_age <= age <= 77:
        return False
    symptoms = facts.get("lung_cancer.signs_or_symptoms")
    if symptoms is None:
        known = False
    elif symptoms:
        return False
    pack_years = facts.get("smoking.pack_years")
    if pack_years is None:
        known = False
    elif pack_years < least_pack_years:
        return False
    status = facts.get("smoking.status")
    if status != "current":
        if status is not None and status != "former":
            return False
        quit_date = facts.get("smoking.quit_date")
        if quit_date is None:
            known = False
        elif quit_date > day or (quit_date.year + 15, quit_date.month, quit_date.day) < (day.year, day.month, day.day):
            # Fifteen years to the day still count; without a status, the patient may still smoke.
            if status is not None:
                return False
            known = False
        elif status is None:
            known = False
    return True if known else None


def _visit_2015(facts: Mapping[str, Any]) -> bool | None:
    furnished_by = facts.get("lung_counseling.furnished_by")
    if furnished_by is not None and furnished_by not in _FURNISHERS:
        return False
    content = facts.get("lung_counseling.content")
    if content is not None and "eligibility" not in content:
        return False
    documented = facts.get("lung_counseling.documented")
    if documented is False:
        return False
    return None if furnished_by is None or content is None or documented is None else True


def _visit_2022(facts: Mapping[str, Any]) -> bool | None:
    content = facts.get("lung_counseling.content")
    if content is not None and not content >= _ELEMENTS:
        return False
    documented = facts.get("lung_counseling.documented")
    if documented is False:
        return False
    return None if content is None or documented is None else True


def _scan_2015(facts: Mapping[str, Any], day: date) -> bool | None:
    known = True
    months = facts.get("lung_screening.full_months_since_last_ldct")
    if months is None:
        known = False
    elif months is not NEVER and months < 11:
        return False
    order = facts.get("lung_screening.order")
    if order is None:
        known = False
    elif order != "written":
        return False
    last = facts.get("lung_screening.last_ldct")
    if last is None or last is NEVER or last >= day:
        given = facts.get("lung_screening.order_given_at_counseling")
        counseled = False if given is False else _both(given, _visit_2015(facts))
        if counseled is False and last is not None:
            return False
        if not counseled:
            known = False
    return True if known else None


def _scan_2022(facts: Mapping[str, Any], day: date) -> bool | None:  # noqa: C901  # as above
    known = True
    months = facts.get("lung_screening.full_months_since_last_ldct")
    if months is None:
        known = False
    elif months is not NEVER and months < 11:
        return False
    order = facts.get("lung_screening.order")
    if order is None:
        known = False
    elif order == "no-order":
        return False
    last = facts.get("lung_screening.last_ldct")
    if last is None or last is NEVER or last >= day:
        visit = facts.get("lung_counseling.visit_date")
        if visit is None:
            counseled = None if _visit_2022(facts) is not False else False
        else:
            counseled = False if visit is NEVER or visit > day else _visit_2022(facts)
        if counseled is False and last is not None:
            return False
        if not counseled:
            known = False
    standing = facts.get("radiologist.board_standing")
    if standing is None:
        known = False
    elif standing == "neither":
        return False
    system = facts.get("imaging_facility.standardized_nodule_system")
    if system is None:
        known = False
    elif not system:
        return False
    return True if known else None


BY_HAND: Final[Mapping[str, ByHand]] = {CIGNA: cigna_0587, NCD: medicare_ncd_210_14}


# The claims


def claims_for(policy: str, library: Library, count: int = COUNT) -> list[Claim]:
    """So many claims for a policy, the same on every run; some with facts that are not told."""
    random = Random(policy)  # noqa: S311  # nothing is to be kept secret
    draw = {CIGNA: _drawn_for_cigna, NCD: _drawn_for_ncd}[policy]
    claims: list[Claim] = []
    for _ in range(count):
        day, code, facts = draw(random)
        told = {name: value for name, value in facts.items() if random.random() >= NOT_TOLD}
        given: dict[str, Any] = {"policy": policy, "date_of_service": day.isoformat(), "facts": told}
        chance = random.random()
        if chance >= NO_CODE:
            system, text = code if chance >= NO_CODE + OTHER_CODE else ("cpt", "99213")
            given["service"] = {system: text}
        case = library.read_case(given)
        written = case.code.code if case.code else None
        complete = written is not None and len(told) == len(facts)
        claims.append(Claim(written, case.facts, day, None, complete, given, case))
    return claims


def _drawn_for_cigna(random: Random) -> tuple[date, tuple[str, str], dict[str, Any]]:
    facts = {
        "nerve_compression.site": _mostly(random, "lumbar-plexus", "sacral-plexus", "lumbar-nerve-root", "other"),
        "nerve_compression.documented_by": _some(random, *sorted(_STUDIES), "x-ray", "clinical-examination"),
        "nerve_compression.significant_symptoms": random.random() < 0.9,
        "conservative_treatment.failed": _some(random, *sorted(_TREATMENTS), "manual-therapy", "other"),
        "conservative_treatment.not_indicated": random.random() < 0.2,
        "surgery.supported_by_imaging": random.random() < 0.9,
        "surgery.supported_by_clinical_findings": random.random() < 0.9,
    }
    return date(2025, 11, 15) + timedelta(days=random.randrange(365)), ("cpt", "64714"), facts


def _drawn_for_ncd(random: Random) -> tuple[date, tuple[str, str], dict[str, Any]]:
    day = date(2015, 1, 1) + timedelta(days=random.randrange(12 * 365))
    code = ("hcpcs", "G0296") if random.random() < 0.3 else ("hcpcs", "G0297") if day < _2021 else ("cpt", "71271")
    facts = {
        "patient.birth_date": _before(random, day, 46 * 365, 80 * 365),
        "lung_cancer.signs_or_symptoms": random.random() < 0.1,
        "smoking.pack_years": random.choice((15, 20, 22.5, 30, 38, 45)),
        "smoking.status": _mostly(random, "current", "former", "former", "never"),
        "smoking.quit_date": _before(random, day, 1, 18 * 365),
        "lung_screening.last_ldct": "never" if random.random() < 0.4 else _before(random, day, 300, 900),
        "lung_screening.order": _mostly(random, "written", "unwritten", "no-order"),
        "lung_screening.order_given_at_counseling": random.random() < 0.8,
        "lung_counseling.visit_date": "never" if random.random() < 0.1 else _before(random, day, 0, 60),
        "lung_counseling.furnished_by": _mostly(random, "physician", "nurse-practitioner", "other"),
        "lung_counseling.content": sorted(_ELEMENTS) if random.random() < 0.8 else _some(random, *sorted(_ELEMENTS)),
        "lung_counseling.documented": random.random() < 0.9,
        "radiologist.board_standing": _mostly(random, "certified", "eligible", "neither"),
        "imaging_facility.standardized_nodule_system": random.random() < 0.9,
    }
    return day, code, facts


def _mostly(random: Random, usual: str, *others: str) -> str:
    return usual if random.random() < 0.8 else random.choice(others)


def _some(random: Random, *words: str) -> list[str]:
    return [word for word in words if random.random() < 0.45]


def _before(random: Random, day: date, least: int, most: int) -> str:
    return (day - timedelta(days=random.randint(least, most))).isoformat()


# How wrong


def right_answers(policy: str, claims: Iterable[Claim]) -> list[str]:
    """The outcome of each claim by the function written by hand."""
    by_hand = BY_HAND[policy]
    return [by_hand(each.code, each.facts, each.date_of_service, each.known_on) for each in claims]


def wrong_answers(policy: str, claims: Iterable[Claim], outcomes: Iterable[str | None]) -> Wrong:
    """How many of these outcomes, one for each claim in order, are not the right ones. None is no answer: wrong."""
    held = list(claims)
    wrong = [
        (each.complete, outcome != right)
        for each, right, outcome in zip(held, right_answers(policy, held), outcomes, strict=True)
    ]
    complete = [each for told, each in wrong if told]
    missing = [each for told, each in wrong if not told]
    return Wrong(sum(complete), len(complete), sum(missing), len(missing))

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run


def test_the_revision_in_effect_its_days_and_what_it_asks(run: Run) -> None:
    answered = run("lookup", "64714", "--payer", "cigna", "--dos", "2026-01-15")
    assert answered.status == 0
    assert answered.err == ""
    assert "cigna/0587, revision 2025-12-01, in effect from 2025-12-01; no end is known" in answered.flat
    assert "1. Medically necessary, if all of these hold" in answered.flat
    assert "• Conservative treatment has failed or is not indicated" in answered.flat
    assert "2. Not medically necessary, otherwise" in answered.flat


def test_a_planned_review_is_shown_and_ends_nothing(run: Run) -> None:
    answered = run("lookup", "64714", "--payer", "cigna", "--dos", "2030-01-01")
    assert answered.status == 0
    assert "planned for 2026-09-15; a plan, which ends nothing" in answered.flat


@pytest.mark.parametrize(
    ("dos", "status", "told"),
    [
        ("2019-12-31", 1, "not yet effective: its first revision first is effective from 2020-01-01"),
        ("2020-01-01", 0, "revision first, in effect from 2020-01-01 through 2020-12-31"),
        ("2020-12-31", 0, "revision first, in effect from 2020-01-01 through 2020-12-31"),
        ("2021-01-01", 1, "in a gap: first governed through 2020-12-31, and second-corrected is effective from 2022"),
        ("2022-01-31", 1, "in a gap: first governed through 2020-12-31"),
        ("2022-02-01", 0, "revision second-corrected, in effect from 2022-02-01 through 2024-12-31"),
        ("2024-12-31", 0, "revision second-corrected, in effect from 2022-02-01 through 2024-12-31"),
        ("2025-01-01", 1, "nothing in effect; retired since 2025-01-01"),
    ],
)
def test_the_days_around_every_change(run: Run, library: Path, dos: str, status: int, told: str) -> None:
    answered = run("lookup", "12345", "--payer", "acme", "--dos", dos, "--library", library)
    assert (answered.status, told in answered.flat) == (status, True)


@pytest.mark.parametrize(
    ("known_on", "told"),
    [
        ("2022-05-31", "revision second, in effect from 2022-01-01; no end is known"),
        ("2022-06-01", "revision second-corrected, in effect from 2022-02-01"),
        ("2022-12-14", "revision second-corrected, in effect from 2022-02-01 through 2022-12-31"),
        ("2022-12-15", "revision second-corrected, in effect from 2022-02-01; no end is known"),
    ],
)
def test_what_was_known_on_a_day(run: Run, library: Path, known_on: str, told: str) -> None:
    words = ("lookup", "12345", "--payer", "acme", "--dos", "2022-03-01", "--known-on", known_on)
    answered = run(*words, "--library", library)
    assert told in answered.flat
    assert f"as known on {known_on}" in answered.flat


def test_nothing_known_yet(run: Run, library: Path) -> None:
    policy = library / "acme" / "knee.yaml"
    text = policy.read_text()
    policy.write_text(text.replace("effective: 2020-01-01\n", "effective: 2020-01-01\n    known_from: 2020-02-01\n"))
    words = ("lookup", "12345", "--payer", "acme", "--dos", "2020-03-01", "--library", library)
    answered = run(*words, "--known-on", "2020-01-31")
    assert answered.status == 1
    assert "nothing of it was known by that day" in answered.flat
    assert run(*words, "--known-on", "2020-02-01").status == 0


def test_a_payer_is_known_by_name_and_alias_in_any_case(run: Run) -> None:
    for name in ("Cigna Healthcare", "cigna healthcare", "CIGNA"):
        assert run("lookup", "64714", "--payer", name, "--dos", "2026-01-15").status == 0


def test_a_known_payer_of_which_nothing_is_held(run: Run) -> None:
    answered = run("lookup", "64714", "--payer", "Aetna", "--dos", "2026-01-15")
    assert answered.status == 1
    assert "Aetna: nothing held for this code" in answered.flat


def test_an_unknown_payer_is_a_mistake_with_a_near_miss(run: Run) -> None:
    answered = run("lookup", "64714", "--payer", "signa")
    assert answered.status == 2
    assert answered.err.splitlines() == [
        "policykit lookup: `signa` is not a payer of this library",
        "  help: did you mean `cigna`?",
    ]
    assert "there are Aetna, Blue Cross" in run("lookup", "64714", "--payer", "zzz").err


@pytest.mark.parametrize("code", ["6471", "", "647145", "6471⁴", "64714\n", "F17.21-", "64700-64727", "nonsense"])
def test_a_malformed_code_is_a_mistake_and_the_forms_are_told(run: Run, code: str) -> None:
    answered = run("lookup", code)
    assert answered.status == 2
    assert len(answered.err.splitlines()) <= 3
    assert "has the form of no code" in answered.err
    assert "cpt: four digits" in answered.err


def test_a_code_in_small_letters_is_recognized(run: Run) -> None:
    answered = run("lookup", "g0297")
    assert answered.status == 2
    assert "did you mean `G0297`?" in answered.err


def test_without_a_payer_the_code_is_summed_up_and_every_payer_stands_there(run: Run) -> None:
    answered = run("lookup", "64714", "--dos", "2026-01-15")
    assert answered.status == 0
    assert answered.lines[0] == "CPT 64714, Open release of the lumbar plexus"
    assert "Service type Open peripheral nerve decompression" in answered.flat
    assert "21 Inpatient hospital; 22 Outpatient department on the hospital's campus; 24 Ambulatory" in answered.flat
    assert "Modifiers RT Right side" in answered.flat
    assert "Valid since when is not known" in answered.flat
    assert "Not known Payers' rates; Provider taxonomies" in answered.flat
    for payer in ("Aetna", "Blue Cross Blue Shield", "UnitedHealthcare"):
        assert f"{payer} nothing held for this code" in answered.flat
    assert "Cigna cigna/0587, revision 2025-12-01, in effect" in answered.flat
    assert "a recorded absence: no determination was found. Deferred to the Medicare contractor's" in answered.flat


def test_a_code_of_which_nothing_is_held(run: Run) -> None:
    answered = run("lookup", "99999", "--dos", "2026-01-15")
    assert answered.status == 1
    assert "99999: nothing is held of this code itself; it has the form of CPT" in answered.flat


def test_a_code_that_is_no_longer_valid(run: Run) -> None:
    answered = run("lookup", "G0297", "--dos", "2021-01-01")
    assert answered.status == 1
    told = "The code is not valid on 2021-01-01: from 2015-02-05 through 2020-12-31; 71271 took its place"
    assert told in answered.flat
    assert "it does not speak of this code" in answered.flat
    assert "not valid" not in run("lookup", "G0297", "--dos", "2020-12-31").flat


def test_what_is_missing_of_a_code_is_said(run: Run) -> None:
    assert "Service type not known Usual sites not known Modifiers not known" in run("lookup", "E0601").flat


def test_without_a_day_it_is_today_and_says_so(run: Run) -> None:
    today = datetime.now().astimezone().date()
    answered = run("lookup", "64714")
    assert f"On {today}, today" in answered.out
    assert "today" not in run("lookup", "64714", "--dos", str(today)).out


def test_an_answer_that_hangs_on_the_day_of_processing(run: Run, library: Path) -> None:
    words = ("lookup", "23456", "--payer", "acme", "--dos", "2020-06-01", "--library", library)
    answered = run(*words)
    assert answered.status == 0
    assert "which revision is in effect hangs on the day on which the claim is processed" in answered.flat
    assert "Either revision new, in effect for claims processed from 2021-01-01; no end is known; or" in answered.flat
    assert "acme/claims, revision old" in run(*words, "--claim-processed", "2020-12-31").flat
    assert "acme/claims, revision new" in run(*words, "--claim-processed", "2021-01-01").flat


def test_several_policies_of_one_payer_stand_side_by_side(run: Run, library: Path) -> None:
    answered = run("lookup", "12345", "--payer", "globex", "--dos", "2022-06-01", "--library", library)
    assert answered.status == 0
    assert answered.flat.index("Globex: globex/knee") < answered.flat.index("Globex: globex/none")


def test_the_shipped_library_answers_where_the_current_folder_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"import os; os.rmdir({str(gone)!r}); from policykit.cli import main; main()"
    command = [sys.executable, "-c", script, "lookup", "64714", "--dos", "2026-01-15", "--no-cache"]
    done = subprocess.run(command, cwd=gone, capture_output=True, text=True, check=False, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert "cigna/0587" in done.stdout

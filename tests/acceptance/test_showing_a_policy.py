from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run


def test_a_policy_with_all_that_its_document_says(run: Run, library: Path) -> None:
    answered = run("show", "acme/knee", "--dos", "2020-06-01", "--library", library)
    assert answered.status == 0
    told = [
        "Knee operations acme/knee, Acme Health, coverage policy",
        "Revision first (new): Grown-ups are covered.",
        "In effect from 2020-01-01 through 2020-12-31",
        "Next review planned for 2020-06-30; it is a plan and ends nothing",
        "Source Knee policy, Acme Health, 7, section 2",
        "Document acme/knee.yaml:13",
        "reading: The last day is the policy's own.",
        "Read before this, for it stands above the policy • The benefit plan",
        "Knee operation cpt 12345; hcpcs A1234 note: Codes change reading: Both codes mean the same.",
        "1. Covered, if this holds First paragraph [acme/knee.yaml:30]",
        '• The patient is grown up patient.age at least 18 years [acme/knee.yaml:32] "adults"',
        "2. Not covered, otherwise Anybody else [acme/knee.yaml:33]",
        "Related • The hip policy References • A study of knees",
    ]
    assert [each for each in told if each not in answered.flat] == []


def test_a_revision_by_its_name_even_where_it_no_longer_counts(run: Run, library: Path) -> None:
    answered = run("show", "acme/knee", "--revision", "mistaken", "--library", library)
    assert answered.status == 0
    assert "This revision no longer counts; it is shown as it was published." in answered.flat
    # What it carries over is there.
    assert "• The pain is long-standing" in answered.flat
    assert "no longer counts" not in run("show", "acme/knee", "--revision", "end", "--library", library).flat


def test_a_name_that_no_revision_has(run: Run, library: Path) -> None:
    answered = run("show", "acme/knee", "--revision", "secnd", "--library", library)
    assert answered.status == 2
    assert answered.err.endswith("help: did you mean `second`?\n")
    unknown = run("show", "acme/knee", "--revision", "end", "--known-on", "2024-11-30", "--library", library)
    assert unknown.status == 2
    withdrawal = run("show", "acme/knee", "--revision", "mistaken-withdrawn", "--library", library)
    assert withdrawal.status == 2


def test_a_day_without_a_revision_tells_why(run: Run, library: Path) -> None:
    answered = run("show", "acme/knee", "--dos", "2021-06-01", "--library", library)
    assert answered.status == 0
    assert "On 2021-06-01: nothing in effect; in a gap" in answered.flat
    assert "policykit history acme/knee" in answered.flat


def test_a_revision_that_hangs_on_the_day_of_processing(run: Run, library: Path) -> None:
    words = ("show", "acme/claims", "--dos", "2020-06-01", "--library", library)
    assert "hangs on the day on which the claim is processed" in run(*words).flat
    assert "Revision old" in run(*words, "--claim-processed", "2020-06-01").flat


def test_without_a_day_it_is_today_and_says_so(run: Run) -> None:
    assert ", today" in run("show", "cigna/0587").out


def test_a_day_and_a_name_exclude_one_another(run: Run) -> None:
    answered = run("show", "cigna/0587", "--dos", "2026-01-01", "--revision", "2025-12-01")
    assert answered.status == 2
    assert "exclude one another" in answered.err


def test_a_policy_that_is_not_held(run: Run) -> None:
    assert run("show", "nobody/nothing").status == 2

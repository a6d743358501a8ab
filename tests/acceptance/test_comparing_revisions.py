from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from acceptance.terminal import assert_no_traceback, run_apart
from repositories import commit, git, repository
from samples import entry, policy, texts, when, write

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.terminal import Run

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")

SERVICE = """\
  services:
    - service: Knee operation
      codes: {cpt: ["64714"]}
      coverage:
        - outcome: covered
          cite: Page 1
          when:
            all:
              - {id: age, says: Grown up, fact: patient.age, at_least: 21}
              - {id: tried, fact: tests.done, has_any: [mri, ct]}
              - id: visits
                any:
                  - {fact: visit.count, at_least: 3}
                  - {fact: surgery.urgent, is: true}
        - outcome: not-covered
"""
FIRST = entry("v2020", "new", "2020-01-01", "none") + SERVICE
SECOND = (
    entry("v2021", "criteria", "2021-01-01", "none", next_review="2022-01-01")
    + SERVICE.replace("at_least: 21", "at_least: 18").replace("[mri, ct]", "[mri]").replace("Page 1", "Page 2")
    + "        # Nobody else.\n"
)
THIRD = entry("v2022", "review", "2022-01-01", "unchanged")
LIBRARY = texts(policy(FIRST + SECOND + THIRD, identity="acme/knee"), "acme/knee.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library without git."""
    return write(tmp_path / "policies", LIBRARY)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A library in git, in which something was altered since the last commit."""
    root = repository(tmp_path / "work", {f"policies/{name}": text for name, text in LIBRARY.items()})
    altered = LIBRARY["acme/knee.yaml"].replace("at_least: 18", "at_least: 16").replace("title: A", "title: The")
    added = policy(entry("v2024", "new", "2024-01-01"), identity="acme/hip")
    write(root / "policies", {"acme/knee.yaml": altered, "acme/hip.yaml": added})
    return root


def test_two_revisions_by_name(run: Run, folder: Path) -> None:
    answered = run("diff", "acme/knee", "v2020", "v2021", "--library", folder)
    assert answered.status == 0
    assert answered.err == ""
    told = [
        "acme/knee, A policy From v2020 (new, effective 2020-01-01) to v2021 (criteria, effective 2021-01-01)",
        "Sort of change: criteria, as the entry says 2 differences that decide, 3 that do not.",
        "Knee operation, statement 1 ~ `age` (patient.age) at_least: 21 -> 18 [acme/knee.yaml:20->40]",
        "- `tried` (tests.done) has_any: ct [acme/knee.yaml:21->41]",
        "Dates and terms of the entry ~ effective: 2020-01-01 -> 2021-01-01 [acme/knee.yaml:11->30]",
        "+ next_review: 2022-01-01",
        "Texts, which decide nothing ~ Knee operation, statement 1, cite: Page 1 -> Page 2",
    ]
    assert [each for each in told if each not in answered.flat] == []


def test_without_names_the_latest_is_compared_with_the_one_before(run: Run, folder: Path) -> None:
    answered = run("diff", "acme/knee", "--library", folder)
    assert "From v2021 (criteria, effective 2021-01-01) to v2022 (review, effective 2022-01-01)" in answered.flat
    assert "Sort of change: review without change, as the entry says" in answered.flat
    assert "Nothing that decides is otherwise" in answered.flat
    one = run("diff", "acme/knee", "v2021", "--library", folder)
    assert "From v2020 (new, effective 2020-01-01) to v2021" in one.flat


def test_an_entry_that_calls_itself_something_else(run: Run, folder: Path) -> None:
    write(folder, {"acme/knee.yaml": LIBRARY["acme/knee.yaml"].replace("change: criteria", "change: review")})
    answered = run("diff", "acme/knee", "v2021", "--library", folder)
    assert "Sort of change: criteria; the entry calls itself `review`, but what decides is otherwise" in answered.flat


def test_two_revisions_in_json(run: Run, folder: Path) -> None:
    answered = run("diff", "acme/knee", "v2020", "v2021", "--library", folder, "--format", "json")
    document = answered.document("diff")
    (entry_,) = document["policies"][0]["entries"]
    assert (document["before"], document["after"], document["decides"]) == ("v2020", "v2021", True)
    assert (entry_["how"], entry_["sort"], entry_["remark"]) == (None, "criteria", None)
    assert entry_["differences"][0] == {
        "what": "comparison",
        "how": "altered",
        "decides": True,
        "service": "Knee operation",
        "statement_before": 1,
        "statement_after": 1,
        "criterion": {"id": "age", "says": "Grown up", "fact": "patient.age", "negated": False},
        "name": None,
        "key": "at_least",
        "before": {"at_least": 21},
        "after": {"at_least": 18},
        "place_before": {"file": "acme/knee.yaml", "line": 20, "column": 19},
        "place_after": {"file": "acme/knee.yaml", "line": 40, "column": 19},
    }
    assert [each["decides"] for each in entry_["differences"]] == [True, True, False, False, False]


def test_two_revisions_in_markdown(run: Run, folder: Path) -> None:
    answered = run("diff", "acme/knee", "v2020", "v2021", "--library", folder, "--format", "markdown")
    assert answered.lines[0] == "**acme/knee, v2020 to v2021:** criteria; 2 differences that decide, 3 that do not."
    row = "| altered | `age` (patient.age) at\\_least | 21 | 18 | acme/knee.yaml:20 &rarr; 40 |"
    assert row in answered.lines
    assert "### Knee operation, statement 1" in answered.lines
    assert "<summary>Texts, which decide nothing (1)</summary>" in answered.out


def test_markdown_shows_what_a_document_says_as_it_is(run: Run, folder: Path) -> None:
    strange = "'<b>a|b</b> *x* [y](http://z) @someone #12 & `code |` -> \\'"
    altered = LIBRARY["acme/knee.yaml"].replace("cite: Page 2", f"cite: {strange}")
    write(folder, {"acme/knee.yaml": altered})
    answered = run("diff", "acme/knee", "v2020", "v2021", "--library", folder, "--format", "markdown")
    (row,) = [line for line in answered.lines if "Page 1" in line]
    assert row.count(" | ") == 4
    shown = "\\<b\\>a\\|b\\</b\\> \\*x\\* \\[y\\](http://z) &#64;someone &#35;12 &#38; \\`code \\|\\` -\\> \\\\"
    assert f"| {shown} |" in row


@needs_git
def test_a_library_against_what_it_was_in_git(run: Run, work: Path) -> None:
    answered = run("diff", "--from", "main", "--library", work / "policies")
    assert answered.status == 0
    told = [
        f"From main to {work}/policies 1 policy added, 1 policy altered: something decides otherwise.",
        "acme/hip, A policy: added v2024 (new, effective 2024-01-01): Something.",
        "acme/knee, The policy: altered ~ title: A policy -> The policy",
        "v2021 (criteria): altered 1 difference that decides.",
        "~ `age` (patient.age) at_least: 18 -> 16 [acme/knee.yaml:40]",
    ]
    assert [each for each in told if each not in " ".join(answered.out.split())] == []
    # What is carried over is told where it stands.
    assert "v2022 (review)" not in answered.out


@needs_git
def test_one_policy_of_a_library(run: Run, work: Path) -> None:
    words = ("--from", "HEAD", "--library", work / "policies")
    assert "acme/knee" not in run("diff", "acme/hip", *words).out
    document = run("diff", "acme/knee", *words, "--format", "json").document("diff")
    assert [(each["policy"], each["how"]) for each in document["policies"]] == [("acme/knee", "altered")]


@needs_git
def test_two_git_revisions(run: Run, work: Path) -> None:
    commit(work)
    words = ("diff", "--from", "main~1", "--to", "main", "--library", work / "policies")
    forth, back = run(*words), run("diff", "--from", "main", "--to", "main~1", "--library", work / "policies")
    assert "1 policy added, 1 policy altered" in forth.flat
    assert "1 policy removed, 1 policy altered" in back.flat
    assert "at_least: 16 -> 18" in back.flat


@needs_git
def test_libraries_in_json_and_markdown(run: Run, work: Path) -> None:
    facts = (work / "policies" / "facts.yaml").read_text().replace("unit: kg", "unit: lb")
    (work / "policies" / "facts.yaml").write_text(facts)
    words = ("diff", "--from", "main", "--library", work / "policies", "--format")
    document = run(*words, "json").document("diff")
    assert [each["name"] for each in document["vocabulary"]] == ["patient.weight"]
    marked = run(*words, "markdown")
    assert marked.lines[0].startswith("**From main to ")
    told = ["## acme/hip: added", "## acme/knee: altered", "### v2021 (criteria): altered", "## Vocabulary"]
    assert [each for each in told if each not in marked.lines] == []
    assert "| altered | fact `patient.weight`, unit | kg | lb | facts.yaml:10 |" in marked.lines


def test_two_folders(run: Run, folder: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", {**LIBRARY, "acme/knee.yaml": policy(FIRST, identity="acme/knee")})
    answered = run("diff", "--from", other, "--to", folder)
    assert "v2021 (criteria): added, as against v2020" in answered.flat
    assert "v2022 (review): added, as against v2021" in answered.flat
    removed = run("diff", "--from", folder, "--to", other)
    assert "v2022 (review): removed, as against v2021" in removed.flat


def test_text_that_means_the_same_is_no_difference(run: Run, folder: Path, tmp_path: Path) -> None:
    text = LIBRARY["acme/knee.yaml"]
    lines = text.splitlines()
    age = next(number for number, line in enumerate(lines) if "id: age" in line)
    lines[age], lines[age + 1] = lines[age + 1], lines[age]
    top = "value_sets: {imaging: [mri, ct]}\ncriteria: {often: {fact: visit.count, at_least: 3}}\nhistory:"
    edited = "\n".join(["# A comment", *lines, ""]).replace("history:", top, 1)
    edited = edited.replace("[mri, ct]}\n              - id", "{value_set: imaging}}\n              - id", 1)
    edited = edited.replace("- {fact: visit.count, at_least: 3}", "- {use: often}", 1)
    other = write(tmp_path / "other", {**LIBRARY, "acme/knee.yaml": edited})
    answered = run("diff", "--from", folder, "--to", other)
    assert answered.status == 0
    assert answered.lines[-1] == "No difference in meaning."
    marked = run("diff", "--from", folder, "--to", other, "--format", "markdown")
    assert marked.out.endswith(":** No difference in meaning.\n")
    document = run("diff", "--from", folder, "--to", other, "--format", "json").document("diff")
    assert (document["policies"], document["vocabulary"], document["decides"]) == ([], [], False)


def test_a_revision_and_itself(run: Run, folder: Path) -> None:
    assert "No difference." in run("diff", "acme/knee", "v2020", "v2020", "--library", folder).flat


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["acme/kne"], "did you mean `acme/knee`?"),
        (["acme/knee", "v202"], "did you mean `v20"),
        (["acme/knee", "zzz"], "its revisions are v2020, v2021, v2022"),
        (["acme/knee", "v2020"], "is the first revision"),
        (["acme/knee", "v2020", "v2021", "v2022"], "at most two revisions"),
        ([], "a policy is missing"),
        (["--to", "main"], "`--to` needs `--from`"),
        (["acme/knee", "v2020", "--from", "main"], "the names of revisions have no place beside it"),
        (["acme/knee", "--format", "xml"], "is not one of"),
    ],
)
def test_wrong_usage(run: Run, folder: Path, words: list[str], expected: str) -> None:
    answered = run("diff", *words, "--library", folder)
    assert answered.status == 2
    assert expected in answered.err
    assert_no_traceback(answered)


def test_the_only_revision_has_none_to_be_compared_with(run: Run, tmp_path: Path) -> None:
    library = write(tmp_path / "library", texts(when("{fact: visit.count, at_least: 1}")))
    answered = run("diff", "acme/p1", "--library", library)
    assert answered.status == 2
    assert "`first` is the first revision of `acme/p1`" in answered.err
    void = policy(
        entry("first", "new", "2020-01-01")
        + entry("never", "withdrawn", None, "none", withdraws="first", known_from="2020-02-01")
    )
    write(library, {"acme/p1.yaml": void})
    answered = run("diff", "acme/p1", "--library", library)
    assert answered.status == 2
    assert "no entry of `acme/p1` counts" in answered.err


@needs_git
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--from", "mian"], "did you mean `main`?"),
        (["--from", "main", "--to", "HEAD~9"], "is neither a folder nor a git revision"),
        (["--from", "--help"], "is neither a folder nor a git revision"),
        (["acme/nose", "--from", "main"], "neither library has a policy `acme/nose`"),
    ],
)
def test_what_git_does_not_have(run: Run, work: Path, words: list[str], expected: str) -> None:
    answered = run("diff", *words, "--library", work / "policies")
    assert answered.status == 2
    assert expected in answered.err
    assert_no_traceback(answered)


def test_a_folder_that_is_in_no_repository(run: Run, folder: Path) -> None:
    answered = run("diff", "--from", "main", "--library", folder)
    assert answered.status == 2
    assert_no_traceback(answered)


@needs_git
def test_a_library_with_problems_is_not_compared(run: Run, work: Path) -> None:
    write(work / "policies", {"acme/knee.yaml": LIBRARY["acme/knee.yaml"].replace("at_least: 18", "at_lest: 18")})
    now = run("diff", "--from", "main", "--library", work / "policies")
    assert (now.status, now.out) == (1, "")
    assert "did you mean `at_least`?" in now.err
    commit(work)
    write(work / "policies", {"acme/knee.yaml": LIBRARY["acme/knee.yaml"]})
    then = run("diff", "--from", "main", "--library", work / "policies")
    assert (then.status, then.out) == (1, "")
    assert then.err.startswith(f"main:{work}/policies/acme/knee.yaml:40:")


@needs_git
def test_within_a_hook_and_from_another_folder(work: Path) -> None:
    environment = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index"}
    answered = run_apart("diff", "--from", "HEAD", "--library", "policies", env=environment, cwd=work)
    assert answered.status == 0
    assert "From HEAD to policies" in answered.flat


@needs_git
def test_a_folder_of_the_name_comes_before_a_revision(work: Path) -> None:
    git(work, "branch", "policies")
    answered = run_apart("diff", "--from", "policies", "--library", "policies", cwd=work)
    assert answered.lines[-1] == "No difference in meaning."


def test_an_output_that_can_show_only_ascii(folder: Path) -> None:
    for form in ("text", "markdown", "json"):
        words = ("diff", "acme/knee", "v2020", "v2021", "--library", folder, "--format", form)
        answered = run_apart(*words, env={"PYTHONIOENCODING": "ascii", "COLUMNS": "20"})
        assert answered.status == 0
        assert "?" not in answered.out.replace("&#63;", "")

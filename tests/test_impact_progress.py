"""Whoever waits for claims sees how far they are, and whoever interrupts it is told what that leaves."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from policykit.batch.engine import Limits
from policykit.batch.run import Progress
from policykit.batch.sources import find_sources
from policykit.cli import watching
from policykit.impact.measuring import Decider, Inquiry, measure
from policykit.library import open_library

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_told_of_an_impact_knows_how_many_claims_there_are(tmp_path: Path) -> None:
    claims, scratch = tmp_path / "claims.csv", tmp_path / "scratch"
    scratch.mkdir()
    claims.write_text("payer,cpt,date_of_service\n" + "cigna,64714,2026-01-15\n" * 20_000)
    one = Decider(library=open_library(), name="one")
    told: list[Progress] = []
    inquiry = Inquiry(
        policy=None,
        before=one,
        after=one,
        sources=find_sources([str(claims)]),
        scratch=scratch,
        limits=Limits(threads=1),
        told=told.append,
    )
    assert measure(inquiry).claims == 20_000
    assert {each.claims for each in told} <= {None, 20_000}
    assert all(each.claims == 20_000 for each in told if each.doing != "reading")


def test_it_is_told_once_in_a_while(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(watching, "monotonic", lambda: now[0])
    with watching.watched() as watch:
        for second in range(26):
            now[0] = 100.0 + second
            watch.tell(Progress(doing="comparing", share=second / 100, claims=1000))
        assert watch.in_the_end(1000) == "1,000 rows in 25.0 s, 40 rows a second"
    assert capsys.readouterr().err == (
        "comparing: 10%, 100 of 1,000 rows, 10 s\ncomparing: 20%, 200 of 1,000 rows, 20 s\n"
    )


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)])
def test_a_signal_lets_the_work_be_put_away(
    number: signal.Signals, raised: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    before, interrupting = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    put_away = False
    try:
        with pytest.raises(raised) as ended, watching.watched():  # noqa: PT012  # a signal comes while it works
            try:
                os.kill(os.getpid(), number)
                signal.pause()
            finally:
                put_away = True
    finally:
        signal.signal(signal.SIGINT, interrupting)
    assert put_away
    assert signal.getsignal(signal.SIGTERM) is before
    assert capsys.readouterr().err == "policykit: interrupted; no file is left half-written\n"
    if number is signal.SIGTERM:
        assert ended.value.args == (143,)

from __future__ import annotations

import signal
from importlib import import_module
from typing import Any, Final

import pytest
from hypothesis import settings

# What has to hold before anything is merged is tried on the same examples each time, however slow the machine is.
settings.register_profile("steady", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile("steady")

# What sets up Java, a server or the hooks, which is dear: where several processes run the tests, one of them runs all of
# such a file.
TOGETHER: Final = ("test_batch_spark.py", "test_sql_postgres.py", "test_pre_commit.py")


def pytest_configure() -> None:
    """What a shell starts in the background is deaf to interruptions, and so would be all that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getoption("dist") != "load":
        return None
    scheduler: Any = import_module("xdist.scheduler")  # it need not be installed

    class Scheduling(scheduler.LoadScopeScheduling):  # type: ignore[misc]  # it has no types
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return file if file.endswith(TOGETHER) else nodeid

    return Scheduling(config, log)

"""How the processor is shared."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from nautscan.sensor.scheduling import interrupt_nobody


@pytest.mark.skipif(sys.platform != "linux", reason="a policy of Linux")
def test_a_thread_and_those_it_starts_interrupt_nobody() -> None:
    def policies() -> tuple[int, int]:
        interrupt_nobody()
        with ThreadPoolExecutor(1) as started:
            return os.sched_getscheduler(0), started.submit(os.sched_getscheduler, 0).result()

    # The policy is a thread's own: this one keeps what it had.
    before = os.sched_getscheduler(0)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(policies).result() == (os.SCHED_BATCH, os.SCHED_BATCH)
    assert os.sched_getscheduler(0) == before


@pytest.mark.skipif(sys.platform != "linux", reason="a policy of Linux")
def test_a_policy_that_the_user_chose_stays() -> None:
    def policy() -> int:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        interrupt_nobody()
        return os.sched_getscheduler(0)

    with ThreadPoolExecutor(1) as other:
        assert other.submit(policy).result() == os.SCHED_IDLE

"""Whose processors and memory: `bench.machine`."""

import os
import subprocess
import sys
import time

import pytest

from bench.machine import cpu_s, described, pss_kib, tree, watched

SPIN = "import time\nwhile time.process_time() < 0.3: pass"


def test_processor_time_of_ended_children_is_ours() -> None:
    before = cpu_s(os.getpid())
    with watched() as usage:
        subprocess.run([sys.executable, "-c", SPIN], check=True)
    assert cpu_s(os.getpid()) - before > 0.1
    assert usage.wall_s >= 0.3
    assert usage.foreign_cores >= 0


def test_memory_of_a_child_is_found_under_its_parent() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    try:
        time.sleep(0.1)
        assert child.pid in tree(os.getpid())
        assert pss_kib([child.pid]) > 500
    finally:
        child.kill()
        child.wait()
    assert pss_kib([child.pid]) == 0


def test_machine_is_described_in_general_words() -> None:
    assert "cores" in described()
    assert os.uname().nodename not in described()


@pytest.mark.parametrize("pid", [2**22])
def test_process_that_is_gone_uses_nothing(pid: int) -> None:
    assert (cpu_s(pid), pss_kib([pid])) == (0, 0)

"""Work shared among processes: the order, errors, laziness, and processes that end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attn_cli.foundation.errors import AttnMTError, CorpusError
from attn_cli.foundation.processes import AHEAD, FEW, cores, ordered_map

# Functions for other processes are those of a module that they can import.
TASKS = "\n".join([
    "import os, signal, time",
    "from attn_cli.foundation.errors import CorpusError",
    "def late_first(number): time.sleep(0.05 * (number == 0)); return number, os.getpid()",
    "def refuse(number): raise CorpusError(f'number {number}')",
    "def die(number): os.kill(os.getpid(), signal.SIGKILL)",
])  # fmt: skip


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """A module of functions, which other processes find too."""
    (tmp_path / "some_tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(tmp_path)
    import some_tasks

    yield some_tasks
    del sys.modules["some_tasks"]


def test_there_is_at_least_one_core():
    assert cores() >= 1


def test_results_come_in_the_order_of_the_tasks_from_several_processes(tasks):
    results = list(ordered_map(tasks.late_first, range(20), 2))
    assert [number for number, _ in results] == list(range(20))
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.parametrize("count, processes", [(0, 2), (FEW, 2), (FEW + 5, 1)])
def test_few_tasks_and_those_of_one_process_are_done_here(count, processes, tasks):
    assert list(ordered_map(tasks.late_first, range(count), processes)) == [(n, os.getpid()) for n in range(count)]


def test_only_some_tasks_are_drawn_ahead(tasks):
    drawn = []
    results = ordered_map(tasks.late_first, (drawn.append(number) or number for number in range(100)), 2)
    next(results)
    assert len(drawn) <= max(FEW + 1, 2 * AHEAD + 1) + 1
    results.close()


def test_an_error_of_a_task_is_raised_here(tasks):
    with pytest.raises(CorpusError, match="number 0"):
        list(ordered_map(tasks.refuse, range(20), 2))


def test_an_error_of_the_tasks_themselves_is_raised_here(tasks):
    def broken():
        yield from range(10)
        raise CorpusError("no more")

    with pytest.raises(CorpusError, match="no more"):
        list(ordered_map(tasks.late_first, broken(), 2))


def test_a_process_that_ends_is_an_error(tasks):
    with pytest.raises(AttnMTError, match=r"a process ended unexpectedly; .*`threads`"):
        list(ordered_map(tasks.die, range(20), 2))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_the_processes_end_with_their_parent_even_if_it_is_killed(tmp_path):
    (tmp_path / "some_tasks.py").write_text(TASKS)
    (tmp_path / "main.py").write_text(
        "import itertools\nfrom some_tasks import late_first\nfrom attn_cli.foundation.processes import ordered_map\n"
        "if __name__ == '__main__':\n"
        "    for _, process in ordered_map(late_first, itertools.count(), 2):\n        print(process, flush=True)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    parent = subprocess.Popen([sys.executable, tmp_path / "main.py"], stdout=subprocess.PIPE, env=environment)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    end = time.monotonic() + 20
    while Path(f"/proc/{worker}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()

"""Work shared among processes, in order: the result does not depend on their number."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from attn_cli.foundation.errors import AttnMTError

Task = TypeVar("Task")
Result = TypeVar("Result")

FEW = 4  # tasks that this process does alone: starting others takes half a second
AHEAD = 2  # tasks per process that are waiting or done


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered_map(function: Callable[[Task], Result], tasks: Iterable[Task], processes: int) -> Iterator[Result]:
    """Yield the result of each task, in the order of the tasks; only some tasks are drawn ahead of their results.

    `function` and the tasks are pickled. Few tasks are done in this process. Raises what `function` raises, and
    AttnMTError where a process ends early, as it does when the memory is full.
    """
    remaining = iter(tasks)
    first = list(islice(remaining, FEW + 1))
    if processes == 1 or len(first) <= FEW:
        yield from map(function, chain(first, remaining))
        return
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin)
    pending: deque[Future[Any]] = deque()
    try:
        for task in chain(first, remaining):
            pending.append(pool.submit(function, task))
            if len(pending) > AHEAD * processes:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool:
        raise AttnMTError("a process ended unexpectedly; if memory was short, use fewer `threads`") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Leave Ctrl-C to the parent process, and end when the parent has ended, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)

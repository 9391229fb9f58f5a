"""Data-parallel training on several processes, started by torchrun.

Every process has all weights and reads every batch, but computes only every n-th row of it. Gradients are summed over
the processes before each update, so all of them make the update that a single process would make. They also agree on
what could differ: the time, and whether a signal was received. Only the first process (rank 0) reports and writes.
"""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from attn_cli.foundation.errors import AttnMTError
from attn_cli.foundation.processes import cores

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributed import Store  # type: ignore[attr-defined]
    from torch.nn import Parameter

Item = TypeVar("Item")

# How long a process waits for the others, which may prepare a corpus or write to a slow disk. The end of a process is
# noticed at once, without this: its connections are closed.
TIMEOUT = timedelta(hours=1)

_PLACE = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_PORT")  # numbers, set by torchrun


class World:
    """The processes that train one model, and the rank of this one; by default it is the only one.

    Methods that communicate must be called by all processes, in the same order. They raise AttnMTError where another
    process has ended.
    """

    def __init__(
        self, rank: int = 0, size: int = 1, *, local_rank: int = 0, local_size: int = 1, store: "Store | None" = None
    ) -> None:
        self.rank, self.size, self._local_rank, self.local_size = rank, size, local_rank, local_size
        self._store, self._now = store, 0.0

    @property
    def leads(self) -> bool:
        """Return whether this is the first process, which reports and writes."""
        return self.rank == 0

    def now(self) -> float:
        """Return the time in seconds; with several processes that of the first one's clock when they last agreed."""
        return time.perf_counter() if self.size == 1 else self._now

    def agree(self, signal: int = 0) -> int:
        """Set the clock to that of the first process; return the largest `signal` of all processes."""
        if self.size == 1:
            return signal
        import torch.distributed as dist
        from torch import float64, tensor

        values = tensor([time.perf_counter() if self.leads else 0.0, signal], dtype=float64)
        with _lost_contact(self.rank):
            dist.all_reduce(values, dist.ReduceOp.MAX)
        self._now = float(values[0])
        return int(values[1])

    def in_turn(self, function: Callable[[], Item]) -> Item:
        """Call `function` in the first process, then in the others, and return its result."""
        if not self.leads:
            self.agree()
        result = function()
        if self.leads:
            self.agree()
        return result

    def gathered(self, items: list[Item]) -> list[Item]:
        """Return the items of all processes: the first one of each, then the second one of each, and so on."""
        if self.size == 1:
            return items
        import torch.distributed as dist

        parts: list[Any] = [None] * self.size
        with _lost_contact(self.rank):
            dist.all_gather_object(parts, items)
        return [part[row] for row in range(len(parts[0])) for part in parts if row < len(part)]

    def share_weights(self, parameters: Iterable["Parameter"]) -> None:
        """Give all processes the first one's weights: random numbers may differ between two kinds of machine."""
        if self.size == 1:
            return
        import torch.distributed as dist

        with _lost_contact(self.rank):
            for parameter in parameters:
                dist.broadcast(parameter.data, src=0)

    def summed(self, parameters: Iterable["Parameter"], nll: "Tensor") -> "Tensor":
        """Sum the gradients over all processes, a missing one counting as zeros; return the sum of `nll`."""
        if self.size == 1:
            return nll
        import torch
        import torch.distributed as dist

        parameters = list(parameters)
        gradients = [torch.zeros_like(one) if one.grad is None else one.grad for one in parameters]
        flat = torch.cat([nll.reshape(1), *(gradient.flatten() for gradient in gradients)])  # one message for all
        with _lost_contact(self.rank):
            dist.all_reduce(flat)
        total, *parts = torch.split(flat, [1, *(one.numel() for one in parameters)])
        for parameter, part in zip(parameters, parts, strict=True):
            parameter.grad = part.view_as(parameter)
        return total[0].clone()

    def device(self, name: str) -> str:
        """Return the device of this process for the device option `name`; each process has a GPU of its own."""
        if self.size == 1 or not (name == "auto" or name.startswith("cuda")):
            return name
        import torch

        return f"cuda:{self._local_rank}" if name != "auto" or torch.cuda.is_available() else name

    def threads(self, together: int | None) -> int | None:
        """Return the threads of this process: its share of `together`, by default of all cores of this machine."""
        return together if self.size == 1 else max(1, (together or cores()) // self.local_size)

    def record(self, event: str) -> None:
        """Remember `event` until torchrun ends: it restarts all processes when one has failed."""
        if self._store is not None:
            self._store.set(event, "")

    def recorded(self, event: str) -> bool:
        """Return whether `event` was recorded, before or after a restart."""
        return self._store is not None and self._store.check([event])


ALONE = World()


@contextmanager
def joined() -> Iterator[World]:
    """Join the processes that torchrun has started; without torchrun, yield a world of one process.

    Raises AttnMTError where they cannot be reached.
    """
    if not all(os.environ.get(name, "").isdecimal() for name in _PLACE) or "MASTER_ADDR" not in os.environ:
        yield World()
        return
    import torch.distributed as dist
    from torch.cuda import is_available
    from torch.distributed import PrefixStore, TCPStore  # type: ignore[attr-defined]

    rank, size, local_rank, local_size, port = (int(os.environ[name]) for name in _PLACE)
    hosts = rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"  # else torchrun does
    backend = "cpu:gloo,cuda:nccl" if is_available() and dist.is_nccl_available() else "gloo"
    with _lost_contact(rank):
        store = TCPStore(os.environ["MASTER_ADDR"], port, is_master=hosts, timeout=TIMEOUT)
        attempt = PrefixStore(f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", store)
        dist.init_process_group(backend, store=attempt, rank=rank, world_size=size, timeout=TIMEOUT)
    world = World(rank, size, local_rank=local_rank, local_size=local_size, store=store)
    world.agree()
    yield world
    dist.destroy_process_group()  # not after an error: the others may have ended


@contextmanager
def _lost_contact(rank: int) -> Iterator[None]:
    """Raise AttnMTError, with a clear message, where torch fails to reach another process."""
    try:
        yield
    except RuntimeError as error:
        reason = re.sub(r"^\[.*?\] ", "", str(error)).splitlines()[0].split(". ")[0].rstrip(".")
        raise AttnMTError(
            f"process {rank} of the training lost contact with another one ({reason}); if that one failed, its message "
            f"says why; go on from the last checkpoint with `resume`"
        ) from None

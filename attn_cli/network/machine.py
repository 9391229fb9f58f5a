"""What the program computes on: device, number of threads, precision, and the allocator's behaviour."""

import ctypes
import platform
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from attn_cli.foundation.errors import SettingsError

# glibc's mallopt parameters, from malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Where and how to compute: a device, a precision for the products, a number of threads."""

    device: torch.device
    precision: torch.dtype
    threads: int

    @property
    def precision_name(self) -> str:
        """Return "bfloat16" or "float32"."""
        return str(self.precision).removeprefix("torch.")

    def autocast(self) -> AbstractContextManager[object]:
        """Return a context in which matrix products run in this precision."""
        enabled = self.precision != torch.float32
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=enabled)


def start(*, device: str = "auto", precision: str = "auto", threads: int | None = None) -> Runtime:
    """Set the process up for computing, and return what was chosen.

    Raises SettingsError for a device that is not there.
    """
    tune_allocator()
    if threads is not None:
        torch.set_num_threads(threads)
    chosen = _device(device)
    dtype = _fastest_precision(chosen) if precision == "auto" else getattr(torch, precision)
    return Runtime(device=chosen, precision=dtype, threads=torch.get_num_threads())


def tune_allocator() -> bool:
    """Make glibc keep freed memory instead of returning it to the kernel; tell whether that was done.

    A training step frees and allocates the same few hundred megabytes again. By default glibc maps each large
    block anew, and a third of the time went to page faults (measured: 1.1 k instead of 2.9 k target tokens/s).
    Does nothing where the C library is another one.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2047 * _MIB), (_M_TOP_PAD, 64 * _MIB))
    accepted = [mallopt(parameter, value) == 1 for parameter, value in settings]
    return all(accepted)


def release_memory() -> bool:
    """Give the kernel what glibc keeps of freed memory; tell whether there was any.

    Kept blocks are of all the sizes that batches have had, and less and less of them can be used again: without this,
    a training on long sentences grew from 0.9 to 2.2 GB in nine minutes. It takes some hundredths of a second.
    """
    return platform.libc_ver()[0] == "glibc" and bool(ctypes.CDLL(None).malloc_trim(0))


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(f"--device {name}: not usable here ({reason}); leave it out, or use cpu") from None
    return device


def _fastest_precision(device: torch.device) -> torch.dtype:
    """Return bfloat16 where a matrix product in it is clearly faster than in float32 on this device."""
    if device.type == "mps":
        return torch.float32
    ratio = _seconds_of_product(device, torch.float32) / _seconds_of_product(device, torch.bfloat16)
    return torch.bfloat16 if ratio > 1.3 else torch.float32


def _seconds_of_product(device: torch.device, dtype: torch.dtype) -> float:
    """Return the shortest of five timings of a square product, large enough to show the device's rate."""
    size = 512 if device.type == "cpu" else 4096
    matrix = torch.ones(size, size, device=device, dtype=dtype)
    seconds = []
    for _ in range(6):
        begin = time.perf_counter()
        (matrix @ matrix)[0, 0].item()
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:])

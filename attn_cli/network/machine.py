"""The machine that computes: device, precision, number of threads, and the memory allocator's behaviour."""

import ctypes
import platform
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import MachineConfig
from attn_cli.network.int8 import is_available

# glibc's mallopt parameters, from malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_MIB = 1 << 20

# Names in torch.cpu.get_capabilities() of instructions that multiply bfloat16 numbers: x86 and Arm.
_BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where and how to compute: the device, the precision of matrix products, the number of CPU threads.

    With `int8`, products with weights are in integers, and the rest is in `precision`.
    """

    device: torch.device
    precision: torch.dtype
    threads: int
    int8: bool = False

    @property
    def precision_name(self) -> str:
        """Return "int8", "bfloat16" or "float32"."""
        return "int8" if self.int8 else str(self.precision).removeprefix("torch.")

    def tensor(self, array: NDArray[Any]) -> Tensor:
        """Return `array` on the device; a GPU copies it while the CPU goes on, for which the memory must be pinned."""
        tensor = torch.from_numpy(array)
        cuda = self.device.type == "cuda"
        return (tensor.pin_memory() if cuda else tensor).to(self.device, non_blocking=cuda)

    def autocast(self) -> AbstractContextManager[object]:
        """Return a context in which matrix products run in this precision."""
        enabled = self.precision != torch.float32
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=enabled)


def start_machine(config: MachineConfig, *, decoding: bool = False) -> Machine:
    """Set the allocator and the number of threads of this process, and return the machine that `config` asks for.

    A machine for `decoding` computes in int8 where that is asked for, or where the CPU has nothing faster than float32;
    others compute in float32 then. Raises SettingsError for a device or a precision that cannot be used.
    """
    tune_allocator()
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    device = _device(config.device)
    name = config.precision
    possible = device.type == "cpu" and is_available()
    if name == "int8" and not possible:
        raise SettingsError("`precision` int8: not on this device; leave it out, or choose float32")
    precision = _best_precision(device) if name == "auto" else getattr(torch, "float32" if name == "int8" else name)
    int8 = decoding and possible and (name == "int8" or (name == "auto" and precision == torch.float32))
    return Machine(device=device, precision=precision, threads=torch.get_num_threads(), int8=int8)


def tune_allocator() -> bool:
    """Make glibc keep freed memory instead of returning it to the kernel; return whether it accepted all settings.

    A training step frees and allocates the same few hundred megabytes again and again. By default glibc maps each large
    block separately, and a third of the time went to page faults (measured: 1.1 k instead of 2.9 k target tokens/s).
    Does nothing where the C library is not glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2047 * _MIB), (_M_TOP_PAD, 64 * _MIB))
    accepted = [mallopt(parameter, value) == 1 for parameter, value in settings]
    return all(accepted)


def release_memory() -> bool:
    """Return the freed memory that glibc keeps to the kernel; return whether there was any.

    The kept blocks have the sizes of all batches so far, and ever fewer of them can be used again: without this, a
    training on long sentences grew from 0.9 to 2.2 GB in nine minutes. It takes some hundredths of a second.
    """
    return platform.libc_ver()[0] == "glibc" and bool(ctypes.CDLL(None).malloc_trim(0))


def has_bfloat16_instructions(capabilities: Mapping[str, Any]) -> bool:
    """Return whether a CPU with these `capabilities` (see torch.cpu.get_capabilities) multiplies bfloat16 matrices."""
    return any(capabilities.get(name, False) for name in _BFLOAT16_INSTRUCTIONS)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(f"`device` {name}: not usable here ({reason}); leave it out, or choose cpu") from None
    return device


def _best_precision(device: torch.device) -> torch.dtype:
    """Return bfloat16 where `device` has instructions for it, else float32.

    The answer depends on the hardware and on torch's version alone, so that a training can be resumed or repeated
    exactly; a measured speed would differ between runs on a busy machine.
    """
    if device.type == "cuda":
        supported = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        supported = device.type == "cpu" and _cpu_has_bfloat16()
    return torch.bfloat16 if supported else torch.float32


def _cpu_has_bfloat16() -> bool:
    """Return whether torch computes bfloat16 products fast on this CPU.

    Without the instructions a product of two 512 x 512 matrices runs at 1.5 GFLOP/s in bfloat16, and at 15 or more in
    float32. torch uses the instructions through oneDNN alone, which not every build of torch has.
    """
    # Older versions of torch (before get_capabilities) do not say what the CPU can do: float32 is never a bad choice.
    get_capabilities = getattr(torch.cpu, "get_capabilities", None)
    if get_capabilities is None or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    return has_bfloat16_instructions(get_capabilities())

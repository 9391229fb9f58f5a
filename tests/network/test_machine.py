"""The machine that computes: chosen as the settings say, or refused by the setting's name."""

import os
import platform
from pathlib import Path

import pytest
import torch

from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import MachineConfig
from attn_cli.network import machine
from attn_cli.network.machine import (
    Machine,
    has_bfloat16_instructions,
    release_memory,
    start_machine,
    tune_allocator,
)


@pytest.fixture
def threads():
    """The number of threads, restored afterwards."""
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


def on_cpu(precision: torch.dtype) -> Machine:
    return Machine(device=torch.device("cpu"), precision=precision, threads=1)


@pytest.mark.parametrize("device", ["nonsense", "cuda:99", "xpu", "cpu:x", ""])
def test_a_device_that_cannot_be_used_is_named_with_its_setting(device):
    with pytest.raises(SettingsError, match=f"^`device` {device}: not usable here .*; leave it out, or choose cpu$"):
        start_machine(MachineConfig(device=device, precision="float32"))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_explicit_settings_are_used(precision, threads):
    machine = start_machine(MachineConfig(device="cpu", precision=precision, threads=1 + threads % 2))
    assert machine == Machine(device=torch.device("cpu"), precision=getattr(torch, precision), threads=1 + threads % 2)
    assert machine.precision_name == precision
    assert torch.get_num_threads() == 1 + threads % 2


def test_without_a_number_of_threads_torchs_number_stays(threads):
    machine = start_machine(MachineConfig(device="cpu", precision="float32"))
    assert machine.threads == threads == torch.get_num_threads()


def test_the_automatic_choice_works(threads):
    machine = start_machine(MachineConfig())
    assert machine.precision in (torch.float32, torch.bfloat16)
    assert machine.threads == threads
    with machine.autocast():
        assert (torch.ones(2, 2, device=machine.device) @ torch.ones(2, 2, device=machine.device)).sum() == 8


X86, ARM = {"architecture": "x86_64", "avx2": True, "avx512_f": True}, {"architecture": "aarch64", "neon": True}
WITHOUT = [{}, X86, ARM, X86 | {"avx512_bf16": False, "amx_bf16": False, "amx_int8": True}, ARM | {"bf16": False}]
WITH = [X86 | {"avx512_bf16": True}, X86 | {"amx_bf16": True}, ARM | {"bf16": True}, ARM | {"sve_bf16": True}]


@pytest.mark.parametrize("capabilities", WITHOUT)
def test_a_cpu_without_bfloat16_instructions_has_none(capabilities):
    assert has_bfloat16_instructions(capabilities) is False


@pytest.mark.parametrize("capabilities", WITH)
def test_a_cpu_with_bfloat16_instructions_has_them(capabilities):
    assert has_bfloat16_instructions(capabilities) is True


@pytest.fixture
def chosen(monkeypatch):
    """Return the precision that is chosen on a CPU with given capabilities, or None where torch does not know them."""

    def choose(capabilities, one_dnn=True):
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: one_dnn)
        if capabilities is None:
            monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
        else:
            monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
        return start_machine(MachineConfig(device="cpu")).precision_name

    return choose


def test_the_automatic_precision_of_a_cpu_follows_its_instructions(chosen):
    assert {chosen(capabilities) for capabilities in WITH} == {"bfloat16"}
    assert {chosen(capabilities) for capabilities in WITHOUT} == {"float32"}


def test_where_torch_cannot_tell_or_has_no_onednn_the_automatic_precision_is_float32(chosen):
    assert chosen(None) == "float32"
    assert chosen(WITH[0], one_dnn=False) == "float32"


@pytest.mark.parametrize("native, precision", [(True, "bfloat16"), (False, "float32")])
def test_on_a_gpu_the_automatic_precision_is_bfloat16_if_the_gpu_does_not_emulate_it(native, precision, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: native or including_emulation)
    machine = start_machine(MachineConfig())
    assert (machine.device.type, machine.precision_name) == ("cuda", precision)


def test_decoding_uses_int8_where_a_cpu_has_no_bfloat16_instructions(monkeypatch):
    monkeypatch.setattr(machine, "is_available", lambda: True)
    for capabilities, decoding in ((WITH[0], "bfloat16"), (WITHOUT[1], "int8")):
        monkeypatch.setattr(machine, "has_bfloat16_instructions", lambda _, c=capabilities: c in WITH)
        assert start_machine(MachineConfig(device="cpu"), decoding=True).precision_name == decoding
        assert start_machine(MachineConfig(device="cpu")).int8 is False
    started = start_machine(MachineConfig(device="cpu", precision="float32"), decoding=True)
    assert (started.precision_name, started.precision) == ("float32", torch.float32)


def test_int8_is_for_decoding_and_everything_else_is_then_in_float32(monkeypatch):
    monkeypatch.setattr(machine, "is_available", lambda: True)
    config = MachineConfig(device="cpu", precision="int8")
    assert start_machine(config, decoding=True).precision_name == "int8"
    for decoding in (False, True):
        assert start_machine(config, decoding=decoding).precision == torch.float32
    assert start_machine(config).precision_name == "float32"


def test_int8_that_a_machine_does_not_have_is_refused(monkeypatch):
    monkeypatch.setattr(machine, "is_available", lambda: False)
    assert start_machine(MachineConfig(device="cpu"), decoding=True).int8 is False
    with pytest.raises(SettingsError, match="`precision` int8: not on this device"):
        start_machine(MachineConfig(device="cpu", precision="int8"), decoding=True)


def test_in_float32_autocast_does_nothing():
    left, right = torch.randn(2, 33, 33)
    expected = left @ right
    with on_cpu(torch.float32).autocast():
        assert not torch.is_autocast_enabled("cpu")
        product = left @ right
    assert product.dtype == torch.float32
    assert torch.equal(product, expected)


def test_in_bfloat16_products_run_in_bfloat16_and_sums_in_float32():
    matrix = torch.randn(33, 33)
    with on_cpu(torch.bfloat16).autocast():
        product, total = matrix @ matrix, matrix.sum()
    assert (product.dtype, total.dtype) == (torch.bfloat16, torch.float32)
    assert not torch.is_autocast_enabled("cpu")


def test_the_allocator_is_tuned_exactly_where_the_c_library_is_glibc():
    assert tune_allocator() is (platform.libc_ver()[0] == "glibc")


@pytest.mark.parametrize("library", [("", ""), ("musl", "1.2.5")])
def test_the_allocator_of_another_c_library_is_not_touched(library, monkeypatch):
    opened = []
    monkeypatch.setattr(platform, "libc_ver", lambda: library)
    monkeypatch.setattr(machine.ctypes, "CDLL", opened.append)
    assert tune_allocator() is False
    assert release_memory() is False
    assert opened == []


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_memory_between_used_blocks_is_returned_to_the_kernel():
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    tune_allocator()
    blocks = [torch.ones(1 << 14) for _ in range(2000)]  # 64 KiB each
    kept = blocks[::10]
    before = resident()
    del blocks
    assert release_memory()
    assert before - resident() > 64 << 20
    assert all(block.sum() == 1 << 14 for block in kept)

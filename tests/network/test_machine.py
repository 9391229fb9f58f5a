"""What the program computes on: chosen as told, or refused by the flag's name."""

import os
import platform
from pathlib import Path

import pytest
import torch

from attn_cli.foundation.errors import SettingsError
from attn_cli.network import machine
from attn_cli.network.machine import Runtime, release_memory, start, tune_allocator


@pytest.fixture
def threads():
    """The number of threads, put back afterwards."""
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


def on_cpu(precision: torch.dtype) -> Runtime:
    return Runtime(device=torch.device("cpu"), precision=precision, threads=1)


@pytest.mark.parametrize("device", ["nonsense", "cuda:99", "xpu", "cpu:x", ""])
def test_a_device_that_is_not_there_is_named_with_its_flag(device):
    with pytest.raises(SettingsError, match=f"^--device {device}: not usable here .*; leave it out, or use cpu$"):
        start(device=device, precision="float32")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_what_is_asked_for_is_chosen(precision, threads):
    machine = start(device="cpu", precision=precision, threads=1 + threads % 2)
    assert machine == Runtime(device=torch.device("cpu"), precision=getattr(torch, precision), threads=1 + threads % 2)
    assert machine.precision_name == precision
    assert torch.get_num_threads() == 1 + threads % 2


def test_without_a_number_of_threads_it_stays_what_it_is(threads):
    assert start(device="cpu", precision="float32").threads == threads == torch.get_num_threads()


def test_left_alone_it_chooses_something_that_works(threads):
    machine = start()
    assert machine.precision in (torch.float32, torch.bfloat16)
    assert machine.threads == threads
    with machine.autocast():
        assert (torch.ones(2, 2, device=machine.device) @ torch.ones(2, 2, device=machine.device)).sum() == 8


def test_in_float32_autocast_does_nothing():
    left, right = torch.randn(2, 33, 33)
    expected = left @ right
    with on_cpu(torch.float32).autocast():
        assert not torch.is_autocast_enabled("cpu")
        product = left @ right
    assert product.dtype == torch.float32
    assert torch.equal(product, expected)


def test_in_bfloat16_products_run_in_it_and_sums_do_not():
    matrix = torch.randn(33, 33)
    with on_cpu(torch.bfloat16).autocast():
        product, total = matrix @ matrix, matrix.sum()
    assert (product.dtype, total.dtype) == (torch.bfloat16, torch.float32)
    assert not torch.is_autocast_enabled("cpu")


def test_the_allocator_is_tuned_where_the_c_library_is_glibc():
    assert tune_allocator() is (platform.libc_ver()[0] == "glibc")


@pytest.mark.parametrize("library", [("", ""), ("musl", "1.2.5")])
def test_another_c_librarys_allocator_is_left_alone(library, monkeypatch):
    opened = []
    monkeypatch.setattr(platform, "libc_ver", lambda: library)
    monkeypatch.setattr(machine.ctypes, "CDLL", opened.append)
    assert tune_allocator() is False
    assert release_memory() is False
    assert opened == []


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_memory_between_used_blocks_is_given_back():
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

"""Threads that leave cores to other programs: set for torch and NumPy, but never against the user."""

import os
import platform
import subprocess
import sys

import pytest

from attn_cli.network.openmp import SPIN_COUNT, share_cores

VARIABLES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def settings() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in VARIABLES}


@pytest.fixture(autouse=True)
def without_settings(monkeypatch):
    """An environment that sets neither variable; both are restored afterwards."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "any")  # so that what the test sets is undone too
        monkeypatch.delenv(name)


def test_without_a_setting_of_the_user_spinning_is_limited():
    share_cores()
    assert settings() == {"GOMP_SPINCOUNT": str(SPIN_COUNT), "OMP_WAIT_POLICY": None}


@pytest.mark.parametrize("name, value", [("GOMP_SPINCOUNT", "5"), ("OMP_WAIT_POLICY", "active")])
def test_a_setting_of_the_user_is_kept_and_nothing_is_added(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    share_cores()
    assert settings() == {variable: value if variable == name else None for variable in VARIABLES}


@pytest.mark.parametrize(("machine", "threads"), [("x86_64", "1"), ("AMD64", "1"), ("aarch64", None)])
def test_numpy_gets_one_thread_where_torch_does_not_use_its_library(machine, threads, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "any")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    monkeypatch.setattr(platform, "machine", lambda: machine)
    share_cores()
    assert os.environ.get("OPENBLAS_NUM_THREADS") == threads
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    share_cores()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "7"


def test_the_module_loads_no_torch_and_torchs_openmp_reads_the_limit():
    code = """if True:
        import sys
        from attn_cli.network.openmp import share_cores
        share_cores()
        assert "torch" not in sys.modules
        import torch
        """
    environment = os.environ | {"OMP_DISPLAY_ENV": "VERBOSE"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment, text=True, timeout=120, check=True
    )
    if "GOMP_" not in done.stderr:
        pytest.skip("torch was built with another OpenMP library")
    assert f"GOMP_SPINCOUNT = '{SPIN_COUNT}'" in done.stderr

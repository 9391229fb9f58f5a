"""Training on two processes: it equals training on one, ends in both at the same update, and survives one's death."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from digit_language import digit_pairs, write_pairs
from shell import Shell
from small_training import make_corpus

from attn_cli.text.batches import make_batch
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training import checkpoint
from attn_cli.training.distributed import World
from attn_cli.training.log import read_log
from attn_cli.training.trainer import mask_seed

TESTS = Path(__file__).parents[1]
PLAIN = {"dropout": 0.0, "word_dropout": 0.0, "label_smoothing": 0.1}
SECONDS = 120  # after which a process counts as hanging


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> PreparedCorpus:
    return make_corpus(tmp_path_factory.mktemp("text"), 200, held_out=True)


def started(corpus: PreparedCorpus, folder: Path, size: int, each: list[dict]) -> list[dict]:
    """Run `size` processes of one training, and return what each of them recorded; `each` has their options."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    together = {"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    environment = os.environ | {"PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}", "OMP_NUM_THREADS": "1"}
    processes = []
    for rank in range(size):
        place = together | {"RANK": str(rank), "LOCAL_RANK": str(rank)} if size > 1 else {}
        command = [sys.executable, str(TESTS / "ranks.py"), str(corpus.folder), str(folder), json.dumps(each[rank])]
        processes.append(subprocess.Popen(command, env=environment | place, stderr=subprocess.PIPE))
    try:
        for process in processes:
            assert process.wait(SECONDS) == 0, process.stderr.read().decode()
    finally:
        for process in processes:
            process.kill()
            process.stderr.close()
            process.wait()
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(size)]


def trained(corpus: PreparedCorpus, folder: Path, size: int, **options: object) -> list[dict]:
    return started(corpus, folder, size, [options] * size)


@pytest.mark.slow
@pytest.mark.parametrize("batch_tokens", [200, 6])
def test_two_processes_equal_one_with_the_same_global_batches(corpus, tmp_path, batch_tokens):
    """With 6 tokens many batches have one row, and the second process has none of it."""
    chosen = {**PLAIN, "steps": 50, "batch_tokens": batch_tokens}
    (alone,) = trained(corpus, tmp_path / "one", 1, settings=chosen)
    first, second = trained(corpus, tmp_path / "two", 2, settings=chosen)
    assert len(alone["losses"]) == 50
    assert first["losses"] == second["losses"]
    np.testing.assert_allclose(first["losses"], alone["losses"], rtol=0, atol=1e-4)
    assert first["weights"] == second["weights"]
    assert [one["steps"] for one in (first, second)] == [50, 50]
    assert first["validations"] == second["validations"]
    np.testing.assert_allclose(first["validations"], alone["validations"], rtol=1e-3)
    assert (len(second["rows"]) < 50) == (batch_tokens == 6)


@pytest.mark.slow
def test_the_processes_share_the_rows_of_every_batch_and_draw_other_masks(corpus, tmp_path):
    chosen = {"steps": 8, "learning_rate": 1e-12}
    (alone,) = trained(corpus, tmp_path / "one", 1, settings=chosen)
    first, second = trained(corpus, tmp_path / "two", 2, settings=chosen)

    def stripped(rows: list) -> list:
        return sorted([token for token in row if token] for row in rows)

    for whole, one, other in zip(alone["rows"], first["rows"], second["rows"], strict=True):
        assert stripped(one + other) == stripped(whole)
    assert not set(first["noise"]) & set(second["noise"])
    assert first["noise"] == alone["noise"]


@pytest.mark.slow
@pytest.mark.parametrize("before, after", [(2, 1), (1, 2)])
def test_a_training_resumes_on_another_number_of_processes(corpus, tmp_path, before, after):
    chosen = {**PLAIN, "steps": 30}
    (whole,) = trained(corpus, tmp_path / "whole", 1, settings=chosen)
    # The signal reaches the last process only: all stop.
    signalled = [{"settings": chosen}] * (before - 1) + [{"settings": chosen, "stop": 14}]
    partial = started(corpus, tmp_path / "parts", before, signalled)
    assert {(one["reason"], one["steps"]) for one in partial} == {("interrupted", 14)}
    resumed = trained(corpus, tmp_path / "parts", after, settings=chosen, resume=True)
    for one in resumed:
        np.testing.assert_allclose(partial[0]["losses"] + one["losses"], whole["losses"], rtol=0, atol=1e-4)
        assert (one["steps"], one["bleu"]) == (30, pytest.approx(whole["bleu"], abs=1e-3))
    steps = [record["step"] for record in read_log(tmp_path / "parts" / "model") if record["kind"] == "progress"]
    assert steps == [10, 14, 20, 30]  # each report once: the first process alone writes


@pytest.mark.slow
@pytest.mark.parametrize(
    "budget", [{"steps": None, "minutes": 0.03}, {"steps": 500, "patience": 1, "learning_rate": 1}]
)
def test_all_processes_end_at_the_same_update(corpus, tmp_path, budget):
    first, second = trained(corpus, tmp_path / "two", 2, settings=budget)
    assert first["reason"] == second["reason"] == ("budget" if "minutes" in budget else "early stopping")
    assert first["steps"] == second["steps"] == len(first["losses"]) == len(second["losses"])
    assert first["weights"] == second["weights"]


def test_the_seed_of_the_masks_is_another_one_in_each_process():
    assert mask_seed(1, 5) == mask_seed(1, 5, 0) == 1093556547
    assert len({mask_seed(1, step, rank) for step in range(50) for rank in range(4)}) == 200


@pytest.mark.parametrize("count, size", [(7, 2), (3, 4), (8, 1)])
def test_the_parts_of_a_batch_are_its_rows_without_needless_padding(count, size):
    sides = [[list(range(4, 5 + row)) for row in range(count)], [list(range(4, 7 + row)) for row in range(count)]]
    batch = make_batch(*sides)
    parts = [batch.part(rank, size) for rank in range(size)]
    assert [part is None for part in parts] == [rank >= count for rank in range(size)]
    for rank, part in enumerate(parts[:count]):
        expected = make_batch(*(side[rank::size] for side in sides))
        for name in ("source", "source_lengths", "target_in", "target_out"):
            np.testing.assert_array_equal(getattr(part, name), getattr(expected, name))
    assert sum(part.target_tokens for part in parts if part) == batch.target_tokens


def test_the_processes_of_a_machine_share_its_threads_and_have_a_gpu_each():
    one, of_four = World(), World(5, 8, local_rank=1, local_size=4)
    assert [one.threads(8), one.threads(None), of_four.threads(8), of_four.threads(2)] == [8, None, 2, 1]
    assert [one.device("cuda:0"), of_four.device("cuda:0"), of_four.device("cpu")] == ["cuda:0", "cuda:1", "cpu"]


def torchrun(shell: Shell, *options: str, train: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *options]
    return subprocess.Popen(
        [*command, "-m", "attn_cli", "train", *train],
        env=shell.environment | {"PYTHONPATH": str(TESTS.parent)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that torchrun has started, in the order of their ranks."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    )
    return sorted(map(int, listed.stdout.split()))


def wait_for(condition, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def prepared(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "home")
    for name, pairs in (("train", digit_pairs(300, seed=1)), ("valid", digit_pairs(20, seed=2))):
        write_pairs(tmp_path / name, pairs)
    texts = [argument for name in ("train", "valid") for argument in (f"--{name}", str(tmp_path / name))]
    done = shell("prepare", "en-fr", *texts, "--out", "digits", "--vocab-size", "320")
    assert done.returncode == 0, done.stderr
    return shell


SMALL = ["digits", "--embedding-size", "16", "--hidden-size", "32", "--decoder-layers", "1", "--batch-tokens", "200"]


def train_and_kill(shell: Shell, rank: int, *options: str, steps: int) -> tuple[subprocess.Popen[str], float]:
    """Start a training, kill one of its two processes after its second report; return torchrun, and the time."""
    folder = shell.home / "models" / "digits"
    process = torchrun(shell, *options, train=[*SMALL, "--steps", str(steps)])
    wait_for(lambda: len(read_log(folder)) >= 2, process)
    os.kill(children(process)[rank], signal.SIGKILL)
    return process, time.monotonic()


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_the_death_of_a_process_ends_the_training_with_a_message(prepared, rank):
    process, begin = train_and_kill(prepared, rank, steps=10**6)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert time.monotonic() - begin < 60
    assert "Signal 9" in errors or "lost contact with another one" in errors
    assert all("torch/distributed" in line for line in errors.splitlines() if "Traceback" in line), errors


@pytest.mark.slow
def test_torchrun_starts_anew_and_the_training_goes_on_by_itself(prepared):
    process, _ = train_and_kill(prepared, 1, "--max-restarts", "1", steps=400)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    folder = prepared.home / "models" / "digits"
    assert checkpoint.load(folder)["step"] == 400
    steps = [record["step"] for record in read_log(folder) if record["kind"] == "progress"]
    assert steps == list(range(20, 401, 20))

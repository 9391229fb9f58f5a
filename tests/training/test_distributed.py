"""Training on two processes: it equals training on one, ends in both at the same update, and survives one's death."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from shell import Shell
from small_training import make_corpus

from attn_cli.text.batches import make_batch
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training import checkpoint
from attn_cli.training.distributed import World
from attn_cli.training.log import read_log
from attn_cli.training.trainer import mask_seed

TESTS = Path(__file__).parents[1]
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
    place = {"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    environment = os.environ | {"PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(TESTS / "ranks.py"), str(corpus.folder), str(folder), json.dumps(each)],
        env=environment | (place if size > 1 else {}), stderr=subprocess.PIPE, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(size)]


def trained(corpus: PreparedCorpus, folder: Path, size: int, **options: object) -> list[dict]:
    return started(corpus, folder, size, [options] * size)


CHOSEN = {"dropout": 0.0, "word_dropout": 0.0, "max_norm": 0.05, "steps": 50}


@pytest.fixture(scope="module")
def alone(corpus: PreparedCorpus, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What a training on one process recorded."""
    return trained(corpus, tmp_path_factory.mktemp("alone"), 1, settings=CHOSEN)[0]


def assert_equal(together: list[dict], alone: dict) -> None:
    first, second = together
    assert first["losses"] == second["losses"]
    np.testing.assert_allclose(first["losses"], alone["losses"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(first["norms"], alone["norms"], rtol=1e-3)
    assert first["weights"] == second["weights"]
    assert [one["steps"] for one in together] == [alone["steps"]] * 2
    assert first["validations"] == second["validations"]
    np.testing.assert_allclose(first["validations"], alone["validations"], rtol=1e-3)


@pytest.mark.slow
def test_two_processes_equal_one_with_the_same_global_batches(corpus, alone, tmp_path):
    assert len(alone["losses"]) == 50
    assert_equal(trained(corpus, tmp_path / "two", 2, settings=CHOSEN), alone)


@pytest.mark.slow
def test_a_process_without_a_row_of_the_batch_adds_nothing(corpus, tmp_path):
    chosen = {**CHOSEN, "batch_tokens": 6, "steps": 20}  # many batches of one row
    (alone,) = trained(corpus, tmp_path / "one", 1, settings=chosen)
    first, second = trained(corpus, tmp_path / "two", 2, settings=chosen)
    assert (len(first["rows"]), len(alone["rows"])) == (20, 20)
    assert len(second["rows"]) < 20
    assert_equal([first, second], alone)


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
def test_a_training_resumes_on_another_number_of_processes(corpus, alone, tmp_path, before, after):
    # The signal reaches the last process only: all stop.
    signalled = [{"settings": CHOSEN}] * (before - 1) + [{"settings": CHOSEN, "stop": 14}]
    partial = started(corpus, tmp_path / "parts", before, signalled)
    assert {(one["reason"], one["steps"]) for one in partial} == {("interrupted", 14)}
    for one in trained(corpus, tmp_path / "parts", after, settings=CHOSEN, resume=True):
        np.testing.assert_allclose(partial[0]["losses"] + one["losses"], alone["losses"], rtol=0, atol=1e-4)
        assert (one["steps"], one["bleu"]) == (50, pytest.approx(alone["bleu"], abs=1e-3))
    steps = [record["step"] for record in read_log(tmp_path / "parts" / "model") if record["kind"] == "progress"]
    assert steps == [10, 14, 20, 30, 40, 50]  # each report once: the first process alone writes


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
    assert mask_seed(1, 5) == mask_seed(1, 5, 0) == 3025039489
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


SMALL = ["--embedding-size", "16", "--hidden-size", "32", "--decoder-layers", "1", "--batch-tokens", "200"]
OFTEN = "from attn_cli.training import loop; loop.SAVE_EVERY = 0.2; from attn_cli.cli.app import main; main()"


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def torchrun(home: Path, corpus: PreparedCorpus, *options: str, steps: int) -> Iterator[subprocess.Popen[str]]:
    """Start a training of two processes that writes a checkpoint often, and wait for its first one."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *options]
    train = ["train", str(corpus.folder), "--out", "digits", *SMALL, "--steps", str(steps)]
    process = subprocess.Popen(
        [*command, "--no-python", sys.executable, "-c", OFTEN, *train],
        env=Shell(home).environment | {"PYTHONPATH": str(TESTS.parent)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(checkpoint.state_path(home / "models" / "digits").exists, process)
        yield process
    finally:
        process.terminate()  # torchrun ends its processes
        process.communicate()


def kill(process: subprocess.Popen[str], rank: int) -> None:
    """Kill one of the processes that torchrun has started."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    os.kill(sorted(map(int, listed.stdout.split()))[rank], signal.SIGKILL)


@pytest.mark.slow
def test_the_death_of_a_process_ends_the_training_with_a_message(corpus, tmp_path):
    with torchrun(tmp_path, corpus, steps=10**6) as process:
        kill(process, rank=0)
        _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "error: process 1 of the training lost contact with another one" in errors
    assert f"attn_cli{os.sep}" not in errors  # no traceback through the program


@pytest.mark.slow
def test_after_a_restart_by_torchrun_the_training_goes_on_by_itself(corpus, tmp_path):
    with torchrun(tmp_path, corpus, "--max-restarts", "1", steps=200) as process:
        kill(process, rank=1)
        _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    assert "resuming after update" in errors
    folder = tmp_path / "models" / "digits"
    assert checkpoint.load(folder)["step"] == 200
    steps = [record["step"] for record in read_log(folder) if record["kind"] == "progress"]
    assert steps == list(range(20, 201, 20))

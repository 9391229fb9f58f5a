"""The torch engine: its steps return the numbers of the network, whatever rows are asked for."""

from dataclasses import replace
from threading import Event, get_ident
from typing import get_args

import numpy as np
import pytest
import torch

from attn_cli.decoding.engine import BATCH_ROWS, NEVER_OUT
from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import (
    GPU_ROWS,
    TorchEngine,
    TorchEnsemble,
    grid_cells,
    load_network,
    rows_within,
)
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import BOS_ID, EOS_ID, DecodingConfig, ModelConfig, Score
from attn_cli.network import int8
from attn_cli.network.machine import Machine
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.batches import make_batch

MACHINE = Machine(device=torch.device("cpu"), precision=torch.float32, threads=2)
VOCABULARY = 40


def network(score: str = "general") -> Seq2Seq:
    torch.manual_seed(3)
    model = Seq2Seq(ModelConfig(vocab_size=VOCABULARY, embedding_size=16, hidden_size=24, attention=score))
    with torch.no_grad():  # so that translations differ, and end
        model.embedding.weight.mul_(6)
    return model.eval()


def sources(count: int) -> list[list[int]]:
    generator = np.random.default_rng(count)
    return [[*generator.integers(4, VOCABULARY, 1 + index % 7).tolist(), EOS_ID] for index in range(count)]


def test_all_log_probabilities_are_those_of_the_network_except_for_tokens_that_are_never_output():
    model = network()
    session = TorchEngine(model, MACHINE).start(sources(3))
    logp, ids = session.step(np.full(3, BOS_ID), np.arange(3))
    batch = make_batch(sources(3), [[EOS_ID]] * 3)
    output = model(*(torch.from_numpy(a) for a in (batch.source, batch.source_lengths, batch.target_in)))
    expected = torch.log_softmax(model.logits(output[:, 0]), -1).detach().numpy()
    assert (ids == np.arange(VOCABULARY)).all()
    assert np.isneginf(logp[:, NEVER_OUT]).all()
    np.testing.assert_allclose(np.delete(logp, NEVER_OUT, 1), np.delete(expected, NEVER_OUT, 1), atol=1e-5)


def test_the_k_best_are_the_best_of_all_in_order():
    engine = TorchEngine(network(), MACHINE)
    everything, _ = engine.start(sources(4)).step(np.full(4, BOS_ID), np.arange(4))
    logp, ids = engine.start(sources(4)).step(np.full(4, BOS_ID), np.arange(4), 6)
    np.testing.assert_array_equal(ids, np.argsort(-everything, axis=1)[:, :6])
    np.testing.assert_allclose(logp, -np.sort(-everything, axis=1)[:, :6], rtol=1e-6)


@pytest.mark.parametrize("rows", [[0, 1, 2], [2, 0, 1], [1, 1, 1, 0], [2], [0, 0, 2, 2, 1, 1]])
def test_rows_may_be_reordered_repeated_and_dropped(rows):
    engine = TorchEngine(network(), MACHINE)
    session = engine.start(sources(3))
    session.step(np.full(3, BOS_ID), np.arange(3))
    second, _ = session.step(np.array([5 + row for row in rows]), np.array(rows))
    for result, row in zip(second, rows, strict=True):
        alone = engine.start([sources(3)[row]])
        alone.step(np.array([BOS_ID]), np.array([0]))
        expected, _ = alone.step(np.array([5 + row]), np.array([0]))
        np.testing.assert_allclose(result, expected[0], atol=1e-5)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "choice", [{"attention": "dot"}, {"attention": "additive"}, {"window": "local-m", "window_size": 1},
               {"window": "local-p", "window_size": 2}, {"hard_attention": True}, {"input_feeding": True},
               {"lexical": True}]
)  # fmt: skip
def test_attention_weights_are_those_of_the_network_for_the_rows_of_the_last_step(choice, precision):
    torch.manual_seed(3)
    model = Seq2Seq(ModelConfig(vocab_size=VOCABULARY, embedding_size=16, hidden_size=24, **choice)).eval()
    engine = TorchEngine(model, Machine(device=torch.device("cpu"), precision=precision, threads=2))
    session = engine.start(sources(9))
    session.step(np.full(9, BOS_ID), np.arange(9))
    session.step(np.array([7, 8, 9]), np.array([5, 2, 5]))
    found = session.attention()
    assert (found.shape, found.dtype) == ((3, 8), np.float32)
    for weights, row, token in zip(found, [5, 2, 5], [7, 8, 9], strict=True):
        source = sources(9)[row]
        with torch.no_grad():
            memory, state = engine._model.encode(torch.tensor([source]), torch.tensor([len(source)]))
            _, _, expected = engine._model.decode(torch.tensor([[BOS_ID, token]]), state, memory)
        np.testing.assert_allclose(
            weights[: len(source)], expected[0, 1].float(), atol=2e-2 if precision != torch.float32 else 1e-5
        )
        assert (weights[len(source) :] == 0).all()


@pytest.mark.parametrize("score", get_args(Score))
@pytest.mark.parametrize("size", [1, 4])
def test_a_batch_translates_as_single_sentences_do(score, size):
    engine, config = TorchEngine(network(score), MACHINE), DecodingConfig(beam_size=size)
    together = search(engine, sources(20), config)
    alone = [search(engine, [source], config)[0] for source in sources(20)]
    assert [best.tokens for best, *_ in together] == [best.tokens for best, *_ in alone]
    assert len({tuple(best.tokens) for best, *_ in together}) > 5


@pytest.mark.parametrize("size", [1, 4])
def test_the_log_probability_of_a_translation_equals_that_of_teacher_forcing(size):
    model = network().requires_grad_(False)
    checked = 0
    for source in sources(8):
        [[found, *_]] = search(TorchEngine(model, MACHINE), [source], DecodingConfig(beam_size=size))
        if len(found.tokens) == 2 * len(source) + 10:
            continue  # stopped by the limit, without an end mark
        batch = make_batch([source], [[*found.tokens, EOS_ID]])
        arrays = (batch.source, batch.source_lengths, batch.target_in)
        logp = torch.log_softmax(model.logits(model(*map(torch.from_numpy, arrays))), -1)[0]
        total = logp.gather(1, torch.from_numpy(batch.target_out[0])[:, None]).sum()
        assert found.log_probability == pytest.approx(float(total), abs=1e-3)
        checked += 1
    assert checked


def test_the_engine_keeps_a_copy_so_that_training_can_go_on():
    model = network()
    engine = TorchEngine(model, MACHINE)
    before, _ = engine.start(sources(1)).step(np.array([BOS_ID]), np.array([0]))
    with torch.no_grad():
        model.embedding.weight.zero_()
    after, _ = engine.start(sources(1)).step(np.array([BOS_ID]), np.array([0]))
    np.testing.assert_array_equal(before, after)


def test_bfloat16_is_close_to_float32():
    model = network()
    machine = Machine(device=torch.device("cpu"), precision=torch.bfloat16, threads=2)
    exact, _ = TorchEngine(model, MACHINE).start(sources(5)).step(np.full(5, BOS_ID), np.arange(5))
    rough, _ = TorchEngine(model, machine).start(sources(5)).step(np.full(5, BOS_ID), np.arange(5))
    likely = exact > -5
    np.testing.assert_allclose(rough[likely], exact[likely], atol=0.15)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_memory_of_a_source_is_stored_once_and_is_not_copied_while_few_sources_end(precision):
    machine = Machine(device=torch.device("cpu"), precision=precision, threads=2)
    session = TorchEngine(network(), machine).start(sources(16))
    memory = session._memory
    session.step(np.full(16, BOS_ID), np.arange(16))
    session.step(np.full(45, 5), np.delete(np.arange(16), 3).repeat(3))
    assert session._memory is memory
    session.step(np.full(24, 5), np.arange(24))
    assert len(session._memory.mask) == 8


@pytest.mark.parametrize(
    ("readers", "cells", "width"),
    [([0, 1, 2], [0, 1, 2], 1), ([2, 0], [2, 0], 1), ([7, 7, 4], [14, 15, 8], 2), ([0, 3, 0, 0], [0, 9, 1, 2], 3)],
)
def test_each_row_gets_a_cell_of_its_source_and_no_cell_is_given_twice(readers, cells, width):
    found, found_width = grid_cells(np.array(readers))
    assert (found.tolist(), found_width) == (cells, width)


def test_in_bfloat16_a_batch_translates_as_single_sentences_do():
    machine = Machine(device=torch.device("cpu"), precision=torch.bfloat16, threads=2)
    engine = TorchEngine(network("additive"), machine)
    for size in (1, 4):
        config = DecodingConfig(beam_size=size)
        together = search(engine, sources(20), config)
        alone = [search(engine, [source], config)[0] for source in sources(20)]
        same = sum(a[0].tokens == b[0].tokens for a, b in zip(together, alone, strict=True))
        assert same >= 18  # sums in another order may be rounded differently


@pytest.mark.skipif(not int8.is_available(), reason="this processor, or this torch, has no such products")
@pytest.mark.parametrize("size", [1, 4])
def test_in_int8_a_batch_translates_as_single_sentences_do_and_much_as_in_float32(size):
    model, config = network(), DecodingConfig(beam_size=size)
    engine = TorchEngine(model, replace(MACHINE, int8=True))
    together = search(engine, sources(20), config)
    alone = [search(engine, [source], config)[0] for source in sources(20)]
    exact = search(TorchEngine(model, MACHINE), sources(20), config)
    assert [best.tokens for best, *_ in together] == [best.tokens for best, *_ in alone]
    assert [best.log_probability for best, *_ in together] != [best.log_probability for best, *_ in exact]
    assert sum(a[0].tokens == b[0].tokens for a, b in zip(together, exact, strict=True)) >= 10
    assert not any(hasattr(parameter, "int8") for parameter in model.parameters())


def test_stored_weights_give_the_same_network_and_others_are_refused():
    model = network().requires_grad_(False)
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    loaded = load_network(model.config, weights).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in model.state_dict().items())
    del weights["embedding.weight"]
    with pytest.raises(ModelFolderError, match=r"do not fit config\.json"):
        load_network(model.config, weights)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("beam_size", [1, 5])
def test_on_a_gpu_the_translations_are_those_of_the_cpu(beam_size):
    config = DecodingConfig(beam_size=beam_size, max_length=12)
    gpu = Machine(device=torch.device("cuda"), precision=torch.float32, threads=2)
    found = [search(TorchEngine(network(), machine), sources(40), config) for machine in (MACHINE, gpu)]
    for one, other in zip(*found, strict=True):
        assert one[0].tokens == other[0].tokens
        assert one[0].log_probability == pytest.approx(other[0].log_probability, abs=1e-3)


@pytest.fixture
def few_rows(monkeypatch):
    """An engine that decodes 8 rows at once, so that there are several batches."""
    monkeypatch.setattr(TorchEngine, "batch_rows", lambda _self, _length: 8)
    before = torch.get_num_threads()
    yield TorchEngine(network(), MACHINE)
    torch.set_num_threads(before)


@pytest.mark.usefixtures("few_rows")
@pytest.mark.parametrize("beam_size", [1, 3])
def test_threads_that_decode_a_batch_each_find_what_one_finds(beam_size):
    used = set()

    class Watched(TorchEngine):
        def start(self, sources):
            used.add((get_ident(), torch.get_num_threads()))
            return super().start(sources)

    config = DecodingConfig(beam_size=beam_size)
    one, two = (replace(MACHINE, threads=threads) for threads in (1, 2))
    found = [search(Watched(network(), machine), sources(60), config) for machine in (one, two)]
    assert [[each.tokens for each in some] for some in found[0]] == [
        [each.tokens for each in some] for some in found[1]
    ]
    assert {thread for thread, _ in used} - {get_ident()}
    assert {count for _, count in used} == {1}
    assert torch.get_num_threads() == 2


def test_an_error_in_one_thread_ends_the_others_and_leaves_the_engine_usable(few_rows):
    started, steps = Event(), []

    def decode(number):
        session = few_rows.start(sources(3))
        if number == 1:
            started.wait(10)
            raise MemoryError
        for step in range(3_000):
            session.step(np.full(3, 5), np.arange(3))
            steps.append(step)
            started.set()

    with pytest.raises(MemoryError):
        few_rows.decode_all(decode, [1, 2, 3, 4])
    assert len(steps) < 3_000
    assert torch.get_num_threads() == MACHINE.threads
    assert len(search(few_rows, sources(20), DecodingConfig())) == 20
    few_rows.start(sources(3)).step(np.full(3, BOS_ID), np.arange(3))


def test_a_gpu_decodes_as_many_rows_at_once_as_its_memory_holds():
    config = ModelConfig(vocab_size=1000, embedding_size=16, hidden_size=32)
    numbers = [
        rows_within(free, length, config) for free, length in ((10**9, 10), (10**9, 1000), (10**7, 1000), (9, 9))
    ]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] == GPU_ROWS
    assert numbers[2] == 10**7 // 2 // (4 * (1000 * 336 + 3000))
    assert numbers[3] == 1
    assert rows_within(10**7, 1000, replace(config, lexical=True)) == 10**7 // 2 // (4 * (1000 * 368 + 3000))


def test_on_a_cpu_the_number_of_rows_is_fixed():
    engine = TorchEngine(network(), MACHINE)
    assert engine.batch_rows(10) == engine.batch_rows(10**6) == TorchEnsemble([engine] * 3).batch_rows(10) == BATCH_ROWS


@pytest.mark.parametrize(("rows", "together"), [(8000, 2000), (1000, 250), (3, 1)])
def test_the_engines_of_an_ensemble_share_the_memory_of_a_gpu(rows, together, monkeypatch):
    engines = [TorchEngine(network(), MACHINE) for _ in range(4)]
    monkeypatch.setattr(TorchEngine, "on_gpu", True)
    # The last network is larger than the others, so fewer rows fit.
    monkeypatch.setattr(TorchEngine, "batch_rows", lambda engine, _length: rows + (engine is not engines[-1]) * rows)
    assert TorchEnsemble(engines).batch_rows(10) == together

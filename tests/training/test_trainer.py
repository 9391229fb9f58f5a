"""One update: its loss, gradient, dropout masks and learning rate; and what a validation leaves alone."""

from collections import Counter

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from small_training import MACHINE, make_corpus, settings, with_synthetic

from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.settings import EOS_ID, PAD_ID
from attn_cli.text.batches import Batch, Batches
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training.trainer import Trainer, validation_spacing

UNLIMITED = 1e9  # a norm that no gradient reaches
STILL = 1e-12  # a learning rate that changes nothing


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> PreparedCorpus:
    return make_corpus(tmp_path_factory.mktemp("text"), 200, held_out=True)


def gradients(trainer: Trainer) -> list[torch.Tensor]:
    return [parameter.grad for parameter in trainer.model.parameters() if parameter.grad is not None]


def norm(tensors: list[torch.Tensor]) -> float:
    return float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(tensor) for tensor in tensors])))


def slow_loss(trainer: Trainer, batch: Batch, smoothing: float) -> torch.Tensor:
    """The loss per token by torch's own function."""
    source, target_in, target = (torch.from_numpy(a) for a in (batch.source, batch.target_in, batch.target_out))
    logits = trainer.model.logits(trainer.model(source, torch.from_numpy(batch.source_lengths), target_in))
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD_ID, label_smoothing=smoothing)


def test_gradients_are_clipped_to_the_largest_norm(corpus):
    norms = {}
    for max_norm in (UNLIMITED, 0.01):
        trainer = Trainer(corpus, settings(corpus, max_norm=max_norm), MACHINE)
        trainer.update(next(trainer.stream()))
        norms[max_norm] = norm(gradients(trainer))
    assert norms[UNLIMITED] > 0.1
    assert norms[0.01] == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_gradient_is_that_of_the_smoothed_loss_per_token(corpus, smoothing):
    chosen = settings(corpus, max_norm=UNLIMITED, dropout=0.0, word_dropout=0.0, label_smoothing=smoothing)
    trainer, reference = Trainer(corpus, chosen, MACHINE), Trainer(corpus, chosen, MACHINE)
    batch = next(trainer.stream())
    slow_loss(reference, batch, smoothing).backward()
    trainer.update(batch)
    for ours, expected in zip(gradients(trainer), gradients(reference), strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-3, atol=1e-6)


def test_the_loss_returned_has_no_smoothing(corpus):
    chosen = settings(corpus, dropout=0.0, word_dropout=0.0, label_smoothing=0.3)
    trainer = Trainer(corpus, chosen, MACHINE)
    batch = next(trainer.stream())
    expected = float(slow_loss(trainer, batch, 0.0).detach())
    nll, tokens = trainer.update(batch)
    assert tokens == batch.target_tokens
    assert float(nll) / tokens == pytest.approx(expected, rel=1e-4)


def test_consistency_reads_each_batch_twice_after_the_first_update(corpus, monkeypatch):
    rows = []
    twice = Batch.twice
    monkeypatch.setattr(Batch, "twice", lambda batch: rows.append(len(batch.source)) or twice(batch))
    trainer = Trainer(corpus, settings(corpus, dropout=0.5, consistency=2.0), MACHINE)
    batches = [batch for batch, _ in zip(trainer.stream(), range(3), strict=False)]
    counts = [trainer.update(batch)[1] for batch in batches]
    assert rows == [len(batch.source) for batch in batches[1:]]
    assert counts == [batch.target_tokens for batch in batches]


def test_each_update_draws_its_own_dropout_masks(corpus):
    trainer = Trainer(corpus, settings(corpus, dropout=0.5, learning_rate=STILL), MACHINE)
    batch = next(trainer.stream())
    losses = [float(trainer.update(batch)[0]) for _ in range(3)]
    assert len(set(losses)) == 3


def test_the_masks_of_an_update_follow_from_seed_and_number(corpus):
    trainers = [Trainer(corpus, settings(corpus, dropout=0.5, learning_rate=STILL, seed=s), MACHINE) for s in (1, 1, 2)]
    batch = next(trainers[0].stream())
    trainers[2].model.load_state_dict(trainers[0].model.state_dict())
    losses = []
    for trainer in trainers:
        torch.rand(7)  # other uses of the generator do not matter
        losses.append([float(trainer.update(batch)[0]) for _ in range(2)])
    assert losses[0] == losses[1]
    assert not set(losses[0]) & set(losses[2])


@pytest.mark.parametrize("rate", [{"dropout": 0.5, "word_dropout": 0.0}, {"dropout": 0.0, "word_dropout": 0.5}])
def test_the_dropouts_of_the_settings_are_applied(corpus, rate):
    trainer = Trainer(corpus, settings(corpus, learning_rate=STILL, **rate), MACHINE)
    batch = next(trainer.stream())
    assert float(trainer.update(batch)[0]) != float(trainer.update(batch)[0])


def test_every_update_has_the_learning_rate_of_the_schedule(corpus, monkeypatch):
    trainer = Trainer(corpus, settings(corpus, steps=10, warmup=0.2, learning_rate=0.01), MACHINE)
    rates: list[float] = []
    used: list[float] = []
    step = trainer.optimizer.step
    monkeypatch.setattr(trainer.optimizer, "step", lambda rate: (used.append(rate), step(rate)))
    for _, batch in zip(range(10), trainer.stream(), strict=False):
        expected = trainer.schedule.learning_rate(trainer.step / 10)
        trainer.update(batch)
        assert used[-1] == pytest.approx(expected)
        rates.append(expected)
    assert max(rates) == rates[2] == 0.01
    assert rates[0] < rates[1]
    assert rates[3:] == sorted(rates[3:], reverse=True)


def test_the_stream_continues_after_the_updates_made(corpus):
    trainer = Trainer(corpus, settings(corpus), MACHINE)
    per_epoch = len(trainer.batches)
    begun = [batch for _, batch in zip(range(per_epoch + 2), counting(trainer), strict=False)]
    trainer.step = per_epoch + 1
    again = next(trainer.stream())
    assert (begun[-1].target_out == again.target_out).all()
    assert not np.array_equal(begun[0].target_out, begun[per_epoch].target_out)


@pytest.mark.parametrize("side", ["en", "fr"])
def test_a_token_id_that_the_tokenizer_does_not_know_is_an_error(side, tmp_path):
    corpus = make_corpus(tmp_path, 200, held_out=False)
    path = next(tmp_path.rglob(f"train.{side}.tokens.npy"))
    tokens = np.load(path)
    tokens[-2] = corpus.tokenizer.vocab_size
    np.save(path, tokens)
    trainer = Trainer(corpus, settings(corpus), MACHINE)
    with pytest.raises(CorpusError, match=r"the prepared corpus is damaged \(a token id is not below"):
        list(zip(range(len(trainer.batches)), trainer.stream(), strict=False))


def counting(trainer: Trainer):
    """The batches of a training, as if each were used for an update."""
    for batch in trainer.stream():
        yield batch
        trainer.step += 1


def test_an_epoch_has_the_share_of_synthetic_pairs_in_both_directions(tmp_path):
    corpus = with_synthetic(make_corpus(tmp_path, 60, held_out=True).folder, 10)
    texts = [pair for name in ("en", "fr") for pair in [(corpus.folder / f"train.{name}").read_text().splitlines()]]
    for each, text in ((corpus, texts[1]), (corpus.reversed(), texts[0])):
        plain, shared = (Trainer(each, settings(each, synthetic_share=share), MACHINE).batches for share in (None, 0.5))
        found = Counter(decoded(each, plain))
        assert found == Counter(text)
        assert decoded(each, shared) == decoded(each, shared)
        assert Counter(decoded(each, shared)) == Counter(text[:-10] + 5 * text[-10:])


def decoded(corpus: PreparedCorpus, batches: Batches) -> list[str]:
    rows = [row.tolist() for batch in batches.epoch(0) for row in batch.target_out]
    return corpus.tokenizer.decode([[token for token in row if token > EOS_ID] for row in rows])


@pytest.mark.parametrize("synthetic, genuine", [(0, 200), (200, 0)])
def test_a_share_needs_pairs_of_both_kinds(tmp_path, synthetic, genuine):
    corpus = with_synthetic(make_corpus(tmp_path, 200, held_out=True).folder, synthetic)
    with pytest.raises(CorpusError, match=f"has {genuine} genuine and {synthetic} synthetic pairs.*`synthetic_share`"):
        Trainer(corpus, settings(corpus, synthetic_share=0.5), MACHINE)


def test_the_time_left_is_that_of_the_minutes_or_follows_from_the_updates_so_far(corpus, monkeypatch):
    monkeypatch.setattr(Trainer, "seconds", 120.0)
    trainer = Trainer(corpus, settings(corpus, steps=None, minutes=10), MACHINE)
    trainer.validation_seconds = 60.0  # held back for the one at the end, which is part of the ten minutes
    assert (trainer.share, trainer.seconds_left) == (0.3, 480)
    trainer = Trainer(corpus, settings(corpus, steps=100), MACHINE)
    trainer.step = 25
    assert trainer.seconds_left == pytest.approx(360)
    trainer.step = 101
    assert trainer.seconds_left == 0


def test_validating_does_not_disturb_training(corpus):
    first, second = (Trainer(corpus, settings(corpus), MACHINE) for _ in range(2))
    for _, one, two in zip(range(3), first.stream(), second.stream(), strict=False):
        first.update(one)
        first.validate()
        second.update(two)
    for one, two in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize(
    ("validation_tokens", "batch_tokens", "device", "updates", "spacing"),
    [
        (15_000, 800, "cpu", 9_000, 380),
        (15_000, 3_200, "cpu", 9_000, 100),
        (15_000, 3_200, "cuda", 9_000, 500),
        (15_000, 3_200, "cuda", None, 500),
        (15_000, 3_200, "cuda", 2_000, 200),
        (15_000, 3_200, "cuda", 300, 100),
        (40_000, 800, "cuda", 9_000, 1000),
    ],
)
def test_validations_are_apart_by_twenty_times_their_text_and_by_more_updates_on_a_gpu(
    validation_tokens, batch_tokens, device, updates, spacing
):
    assert validation_spacing(validation_tokens, batch_tokens, device, updates) == spacing

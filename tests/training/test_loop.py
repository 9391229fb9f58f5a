"""Training: what it learns, what it keeps, and that stopping and resuming changes nothing."""

import json
import math
from pathlib import Path

import pytest
import torch
from digit_language import digit_pairs, write_pairs

from attn_cli.decoding.torch_engine import TorchEngine
from attn_cli.decoding.translator import Translator
from attn_cli.foundation.errors import DivergedError, TrainingStateError
from attn_cli.foundation.settings import (
    SCORES,
    CleaningConfig,
    DecodingConfig,
    ModelConfig,
    PrepareConfig,
    TrainingConfig,
)
from attn_cli.models import folder
from attn_cli.models.folder import ModelSettings
from attn_cli.network.cross_entropy import batch_loss
from attn_cli.network.machine import Runtime
from attn_cli.text.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus, make_batch
from attn_cli.training import checkpoint
from attn_cli.training.loop import Trainer, learning_rate, stored_settings, train
from attn_cli.training.presets import settings_of
from attn_cli.training.validation import ValidationSet

MACHINE = Runtime(device=torch.device("cpu"), precision=torch.float32, threads=2)


class Recorder:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.plans, self.progress, self.validations, self.warnings, self.stages = [], [], [], [], []

    def doing(self, what):
        self.stages.append(what)

    def started(self, plan):
        self.plans.append(plan)

    def progressed(self, progress):
        self.progress.append(progress)

    def validated(self, validation):
        self.validations.append(validation)

    def warned(self, warning):
        self.warnings.append(warning)


def make_corpus(folder: Path, count: int, *, held_out: bool) -> PreparedCorpus:
    pairs = digit_pairs(count + 40, seed=2, longest=5)
    write_pairs(folder / "train", pairs[:count])
    write_pairs(folder / "valid", pairs[count : count + 20])
    held = str(folder / "valid") if held_out else None
    config = PrepareConfig(vocab_size=310, cleaning=CleaningConfig())
    prepare(("en", "fr"), Sources((str(folder / "train"),), held, held), folder / "corpus", config, Recorder())
    return PreparedCorpus(folder / "corpus")


@pytest.fixture
def often(monkeypatch):
    """Reports and validations after every update or few, as the test sets `VALIDATION_SPACING`."""
    monkeypatch.setattr("attn_cli.training.loop.REPORT_EVERY", 1)
    monkeypatch.setattr("attn_cli.training.loop.LEAST_SPACING", 1)
    return lambda spacing: monkeypatch.setattr("attn_cli.training.loop.VALIDATION_SPACING", spacing)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> PreparedCorpus:
    return make_corpus(tmp_path_factory.mktemp("text"), 200, held_out=True)


def settings(corpus: PreparedCorpus, **choices: object) -> ModelSettings:
    sizes = {"embedding_size": 16, "hidden_size": 32, "decoder_layers": 2} | settings_of(ModelConfig, choices)
    model = ModelConfig(vocab_size=corpus.tokenizer.vocab_size, **sizes)
    usual = {"steps": 12, "batch_tokens": 200, "dropout": 0.2, "learning_rate": 5e-3}
    chosen = usual | settings_of(TrainingConfig, choices)
    return ModelSettings(
        source_language="en", target_language="fr", corpus="digits", model=model, training=TrainingConfig(**chosen)
    )


def weights_of(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


CHOICES = {
    **{score: {"attention": score} for score in SCORES if score != "none"},
    "lstm": {"cell": "lstm"},
    "rnn": {"cell": "rnn-tanh"},
    "input feeding": {"input_feeding": True, "attention_function": "bahdanau"},
}


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_it_overfits_sixteen_pairs(tmp_path, choices):
    corpus = make_corpus(tmp_path, 16, held_out=False)
    chosen = settings(corpus, **choices, steps=400, dropout=0.0, word_dropout=0.0, label_smoothing=0.0)
    train(corpus, chosen, tmp_path / "model", runtime=MACHINE, reporter=Recorder())
    stored = folder.read(tmp_path / "model")
    engine = TorchEngine.from_weights(stored.settings.model, stored.weights, MACHINE)
    pairs = digit_pairs(56, seed=2, longest=5)[:16]
    for size in (1, 5):
        translator = Translator(lambda _: engine, stored.tokenizer, DecodingConfig(beam_size=size))
        assert translator.translate([pair[0] for pair in pairs]) == [pair[1] for pair in pairs]


def test_the_same_settings_give_the_same_bytes_and_another_seed_others(corpus, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(corpus, settings(corpus, seed=seed), tmp_path / name, runtime=MACHINE, reporter=Recorder())
    assert weights_of(tmp_path / "a") == weights_of(tmp_path / "b") != weights_of(tmp_path / "c")


@pytest.mark.parametrize(
    "budget", [{"steps": 30}, {"epochs": 6.0, "steps": None}, {"steps": 30, "hard_attention": True}]
)
@pytest.mark.parametrize("stops", [[7], [1, 20, 21]])
def test_stopping_and_resuming_gives_the_same_bytes(corpus, tmp_path, budget, stops, often):
    often(5)  # several validations, before and after each stop
    chosen = settings(corpus, **budget)
    whole = train(corpus, chosen, tmp_path / "whole", runtime=MACHINE, reporter=Recorder())
    for number, stop in enumerate(stops):
        count = iter(range(1, 1000))
        begun = stops[number - 1] if number else 0
        partial = train(
            corpus, chosen, tmp_path / "parts", runtime=MACHINE, reporter=Recorder(), resume=number > 0,
            interrupted=lambda count=count, begun=begun, stop=stop: begun + next(count) >= stop,
        )  # fmt: skip
        assert (partial.reason, partial.steps) == ("interrupted", stop)
    last = train(corpus, chosen, tmp_path / "parts", runtime=MACHINE, reporter=Recorder(), resume=True)
    assert (last.steps, last.best_step, last.bleu) == (whole.steps, whole.best_step, whole.bleu)
    assert weights_of(tmp_path / "parts") == weights_of(tmp_path / "whole")


def test_a_stopped_training_leaves_a_model_that_can_be_used(corpus, tmp_path):
    stopped = train(
        corpus, settings(corpus), tmp_path / "m", runtime=MACHINE, reporter=Recorder(), interrupted=lambda: True
    )
    assert (stopped.steps, stopped.reason, stopped.bleu) == (1, "interrupted", None)
    assert folder.read(tmp_path / "m").settings.model == settings(corpus).model


def test_the_best_weights_are_kept_not_the_last(corpus, tmp_path, monkeypatch, often):
    scores = iter([5.0, 9.0, 7.0, 6.0, 8.0])
    often(0)  # after every update
    monkeypatch.setattr(ValidationSet, "bleu", lambda self, *_: (next(scores), [""] * len(self)))
    trained = train(corpus, settings(corpus, steps=5), tmp_path / "m", runtime=MACHINE, reporter=Recorder())
    assert (trained.best_step, trained.bleu) == (2, 9.0)
    state = checkpoint.load(tmp_path / "m")
    stored = folder.read(tmp_path / "m").weights
    for name, value in state["best_weights"].items():
        assert (stored[name] == value.numpy()).all()
        assert name == "attention_vector.bias" or not torch.equal(value, state["model"][name])


def test_it_stops_early_when_bleu_no_longer_rises(corpus, tmp_path, monkeypatch, often):
    often(0)
    monkeypatch.setattr(ValidationSet, "bleu", lambda self, *_: (3.0, [""] * len(self)))
    chosen = settings(corpus, steps=500, patience=4)
    trained = train(corpus, chosen, tmp_path / "m", runtime=MACHINE, reporter=Recorder())
    assert (trained.steps, trained.best_step, trained.reason) == (5, 1, "early stopping")
    more = stored_settings(tmp_path / "m", {"steps": 600})
    trained = train(corpus, more, tmp_path / "m", runtime=MACHINE, reporter=Recorder(), resume=True)
    assert (trained.steps, trained.reason) == (9, "early stopping")


def test_minutes_are_kept_and_there_is_no_early_stopping(corpus, tmp_path, monkeypatch, often):
    often(1)
    monkeypatch.setattr(ValidationSet, "bleu", lambda self, *_: (3.0, [""] * len(self)))
    chosen = settings(corpus, steps=None, minutes=0.05, patience=1)
    recorder = Recorder()
    trained = train(corpus, chosen, tmp_path / "m", runtime=MACHINE, reporter=recorder)
    assert trained.reason == "budget"
    assert 2.5 <= trained.seconds < 20
    assert len(recorder.validations) > 2
    assert recorder.progress[-1].learning_rate < 1e-4


def test_the_time_left_is_that_of_the_minutes_or_follows_from_the_updates_so_far(corpus, monkeypatch):
    monkeypatch.setattr(Trainer, "seconds", 120.0)
    trainer = Trainer(corpus, settings(corpus, steps=None, minutes=10), MACHINE)
    trainer._last_validation = 60.0  # held back for the one at the end, which is part of the ten minutes
    assert (trainer.share, trainer.seconds_left) == (0.3, 480)
    trainer = Trainer(corpus, settings(corpus, steps=100), MACHINE)
    trainer.step = 25
    assert trainer.seconds_left == pytest.approx(360)
    trainer.step = 101
    assert trainer.seconds_left == 0


class KilledError(Exception):
    """Stands for a process that is killed."""


@pytest.mark.parametrize("stop", [1, 8, 13])
def test_a_killed_training_goes_on_from_its_last_checkpoint_to_the_same_bytes(
    corpus, tmp_path, often, monkeypatch, stop
):
    often(5)
    train(corpus, settings(corpus, steps=20), tmp_path / "whole", runtime=MACHINE, reporter=Recorder())
    monkeypatch.setattr("attn_cli.training.loop.SAVE_EVERY", 0.0)
    count = iter(range(1, 1000))

    def kill() -> int:
        if next(count) > stop:
            raise KilledError
        return 0

    with pytest.raises(KilledError):
        train(
            corpus, settings(corpus, steps=20), tmp_path / "m", runtime=MACHINE, reporter=Recorder(), interrupted=kill
        )
    assert not (tmp_path / "m" / "config.json").exists()
    recorder = Recorder()
    train(corpus, stored_settings(tmp_path / "m", {}), tmp_path / "m", runtime=MACHINE, reporter=recorder, resume=True)
    assert recorder.plans[0].resumed_at == stop
    assert weights_of(tmp_path / "m") == weights_of(tmp_path / "whole")


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_training(corpus, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("attn_cli.training.loop.SAVE_EVERY", 0.0)
    monkeypatch.setattr(checkpoint, "save", fail)
    recorder = Recorder()
    with pytest.raises(OSError, match="No space left"):  # the last one: nothing could be resumed, which must be said
        train(corpus, settings(corpus), tmp_path / "m", runtime=MACHINE, reporter=recorder)
    assert len(recorder.warnings) == 12
    assert folder.read(tmp_path / "m").settings.model == settings(corpus).model


def test_a_new_training_does_not_leave_the_old_ones_state(corpus, tmp_path):
    train(corpus, settings(corpus), tmp_path / "m", runtime=MACHINE, reporter=Recorder())

    def kill() -> int:
        raise KilledError

    with pytest.raises(KilledError):
        train(corpus, settings(corpus, seed=2), tmp_path / "m", runtime=MACHINE, reporter=Recorder(), interrupted=kill)
    with pytest.raises(TrainingStateError, match="nothing to resume"):
        stored_settings(tmp_path / "m", {})
    assert folder.read(tmp_path / "m").settings.training.seed == 1


def test_more_budget_can_be_given_when_resuming(corpus, tmp_path):
    train(corpus, settings(corpus, steps=5), tmp_path / "m", runtime=MACHINE, reporter=Recorder())
    chosen = stored_settings(tmp_path / "m", {"steps": 9})
    recorder = Recorder()
    trained = train(corpus, chosen, tmp_path / "m", runtime=MACHINE, reporter=recorder, resume=True)
    assert (trained.steps, recorder.plans[0].resumed_at) == (9, 5)
    log = (tmp_path / "m" / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in log if '"progress"' in line] == [5, 9]


def test_a_finished_training_resumed_stays_as_it_is(corpus, tmp_path):
    train(corpus, settings(corpus), tmp_path / "m", runtime=MACHINE, reporter=Recorder())
    before = weights_of(tmp_path / "m")
    train(corpus, settings(corpus), tmp_path / "m", runtime=MACHINE, reporter=Recorder(), resume=True)
    assert weights_of(tmp_path / "m") == before


def test_resuming_with_another_corpus_is_refused(corpus, tmp_path):
    train(corpus, settings(corpus), tmp_path / "m", runtime=MACHINE, reporter=Recorder())
    others = (make_corpus(tmp_path, 150, held_out=True), PreparedCorpus(corpus.folder, reverse=True))
    for other in others:
        with pytest.raises(TrainingStateError, match="trained on another corpus"):
            train(other, settings(other), tmp_path / "m", runtime=MACHINE, reporter=Recorder(), resume=True)


def test_a_training_that_diverges_says_so_and_leaves_the_best_model(corpus, tmp_path, monkeypatch, often):
    factors = iter([1.0, 1.0, math.nan])

    def loss(*arguments):
        factor = next(factors)
        *sums, tokens = batch_loss(*arguments)
        return *(factor * each for each in sums), tokens

    often(0)
    monkeypatch.setattr("attn_cli.training.loop.batch_loss", loss)
    scores = iter([5.0, 9.0])
    monkeypatch.setattr(ValidationSet, "bleu", lambda self, *_: (next(scores), [""] * len(self)))
    chosen = settings(corpus, steps=30, learning_rate=0.004)
    with pytest.raises(DivergedError, match=r"its loss is nan at update 3; .* below 0\.004"):
        train(corpus, chosen, tmp_path / "m", runtime=MACHINE, reporter=Recorder())
    assert "update 2" in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")


def test_there_is_nothing_to_resume_in_an_empty_folder(tmp_path):
    with pytest.raises(TrainingStateError, match="nothing to resume"):
        stored_settings(tmp_path, {})


def test_without_validation_text_the_last_weights_are_kept(tmp_path):
    pairs = digit_pairs(8, seed=3)
    write_pairs(tmp_path / "train", pairs)
    prepare(
        ("en", "fr"),
        Sources((str(tmp_path / "train"),)),
        tmp_path / "corpus",
        PrepareConfig(vocab_size=300),
        Recorder(),
    )
    corpus = PreparedCorpus(tmp_path / "corpus")
    trained = train(corpus, settings(corpus), tmp_path / "m", runtime=MACHINE, reporter=Recorder())
    assert (trained.bleu, trained.best_step) == (None, 12)


def test_training_is_reported_and_logged(corpus, tmp_path):
    recorder = Recorder()
    train(corpus, settings(corpus, steps=40), tmp_path / "m", runtime=MACHINE, reporter=recorder)
    assert [progress.step for progress in recorder.progress] == [20, 40]
    assert recorder.progress[1].loss < recorder.progress[0].loss
    assert recorder.progress[0].seconds_left > 0 == recorder.progress[1].seconds_left
    assert recorder.validations[-1].step == 40
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "m/training/log.jsonl").read_text().splitlines()]
    assert kinds.count("progress") == 2
    assert kinds.count("validation") == len(recorder.validations)


def test_the_loss_of_a_batch_does_not_depend_on_its_padding(corpus):
    trainer = Trainer(corpus, settings(corpus), MACHINE)
    trainer.model.eval().requires_grad_(False)
    source, target = corpus.train()
    rows = [0, 5, 9, 30]
    together = batch_loss(trainer.model, make_batch([source[r] for r in rows], [target[r] for r in rows]), MACHINE, 0.1)
    single = [batch_loss(trainer.model, make_batch([source[r]], [target[r]]), MACHINE, 0.1) for r in rows]
    for index in range(3):
        assert float(together[index]) == pytest.approx(sum(float(one[index]) for one in single), rel=1e-5)


def test_memory_is_given_back_after_each_validation_but_the_last(corpus, tmp_path, monkeypatch, often):
    often(0)
    given_back = []
    monkeypatch.setattr("attn_cli.training.loop.release_memory", lambda: given_back.append(True))
    recorder = Recorder()
    train(corpus, settings(corpus, steps=5), tmp_path / "m", runtime=MACHINE, reporter=recorder)
    assert len(given_back) == len(recorder.validations) - 1 == 4


def test_validating_does_not_disturb_training(corpus):
    first, second = (Trainer(corpus, settings(corpus), MACHINE) for _ in range(2))
    for _, one, two in zip(range(3), first.stream(), second.stream(), strict=False):
        first.update(one)
        first.validate()
        second.update(two)
    for one, two in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize(("share", "expected"), [(0.05, 0.5), (0.1, 1.0), (0.55, 0.5), (1.0, 0.0), (1.5, 0.0)])
def test_the_learning_rate_rises_then_falls_as_a_cosine(share, expected):
    config = TrainingConfig(steps=1, learning_rate=1.0, warmup=0.1)
    assert learning_rate(share, config) == pytest.approx(expected)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_it_learns_on_a_gpu_in_bfloat16(tmp_path):
    corpus = make_corpus(tmp_path, 16, held_out=False)
    chosen = settings(corpus, steps=400, dropout=0.0, word_dropout=0.0, label_smoothing=0.0)
    machine = Runtime(device=torch.device("cuda"), precision=torch.bfloat16, threads=2)
    recorder = Recorder()
    train(corpus, chosen, tmp_path / "model", runtime=machine, reporter=recorder)
    assert recorder.progress[-1].loss < 0.1

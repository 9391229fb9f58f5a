"""A training as a whole: it learns, keeps the best weights, and stopping and resuming it changes nothing."""

import json
import math
import shutil
import weakref
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch
from digit_language import digit_pairs, write_pairs
from recorder import Recorder
from sacrebleu.metrics.chrf import CHRF
from small_training import MACHINE, make_corpus, settings, weights_of

from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import TorchEngine, load_network
from attn_cli.decoding.translator import Translator
from attn_cli.foundation.errors import DivergedError, ModelFolderError, OutOfMemoryError, TrainingStateError
from attn_cli.foundation.settings import DecodingConfig, PrepareConfig, Score
from attn_cli.models import confidence
from attn_cli.models.folder import ModelSettings, StoredModel, read_model
from attn_cli.network.machine import Machine
from attn_cli.network.teacher_forcing import batch_loss
from attn_cli.text.preparation.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training import checkpoint
from attn_cli.training.adam import Adam
from attn_cli.training.log import read_log
from attn_cli.training.loop import stored_settings, train
from attn_cli.training.presets import suited_settings
from attn_cli.training.trainer import Trainer
from attn_cli.training.validation import ValidationSet


@pytest.fixture
def often(monkeypatch):
    """Reports and validations after every update or few, as the test sets `VALIDATION_SPACING`."""
    monkeypatch.setattr("attn_cli.training.loop.REPORT_EVERY", 1)
    monkeypatch.setattr("attn_cli.training.trainer.REPORT_EVERY", 1)
    monkeypatch.setattr("attn_cli.training.trainer.LEAST_SPACING", 1)
    return lambda spacing: monkeypatch.setattr("attn_cli.training.trainer.VALIDATION_SPACING", spacing)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> PreparedCorpus:
    return make_corpus(tmp_path_factory.mktemp("text"), 200, held_out=True)


def assert_same_training(one: Path, other: Path) -> None:
    """Check that the best weights and the last ones are the same to the byte: the best may be older than a stop."""
    assert weights_of(one) == weights_of(other)
    last = [checkpoint.load(folder)["model"] for folder in (one, other)]
    assert all(torch.equal(last[0][name], last[1][name]) for name in last[1])


CHOICES = {
    **{score: {"attention": score} for score in get_args(Score) if score != "none"},
    "lstm": {"cell": "lstm"},
    "rnn": {"cell": "rnn-tanh"},
    "lexical": {"lexical": True},
    "input feeding": {"input_feeding": True, "attention_function": "bahdanau"},
}


@pytest.mark.slow
@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_it_overfits_sixteen_pairs(tmp_path, choices):
    corpus = make_corpus(tmp_path, 16, held_out=False)
    quick = {"decoder_layers": 1, "steps": 250, "learning_rate": 0.02}
    chosen = settings(corpus, **choices, **quick, dropout=0.0, word_dropout=0.0, label_smoothing=0.0)
    train(corpus, chosen, tmp_path / "model", machine=MACHINE, reporter=Recorder())
    stored = read_model(tmp_path / "model")
    engine = TorchEngine.from_weights(stored.settings.model, stored.weights, MACHINE)
    pairs = digit_pairs(56, seed=2, longest=5)[:16]
    for size in (1, 5):
        translator = Translator(lambda _: engine, stored.tokenizer, DecodingConfig(beam_size=size))
        translations = translator.translate([pair[0] for pair in pairs])
        assert [translation.text for translation in translations] == [pair[1] for pair in pairs]


def test_the_same_settings_give_the_same_bytes_and_another_seed_others(corpus, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(corpus, settings(corpus, seed=seed), tmp_path / name, machine=MACHINE, reporter=Recorder())
    assert weights_of(tmp_path / "a") == weights_of(tmp_path / "b") != weights_of(tmp_path / "c")


@pytest.mark.parametrize(
    "budget",
    [
        {"steps": 30},
        {"epochs": 6.0, "steps": None},
        {"steps": 30, "hard_attention": True},
        {"steps": 30, "consistency": 1.0},
    ],
)
@pytest.mark.parametrize("stops", [[7], [1, 20, 21]])
def test_stopping_and_resuming_gives_the_same_bytes(corpus, tmp_path, budget, stops, often):
    often(5)  # several validations, before and after each stop
    chosen = settings(corpus, **budget)
    whole = train(corpus, chosen, tmp_path / "whole", machine=MACHINE, reporter=Recorder())
    for number, stop in enumerate(stops):
        count = iter(range(1, 1000))
        begun = stops[number - 1] if number else 0
        partial = train(
            corpus, chosen, tmp_path / "parts", machine=MACHINE, reporter=Recorder(), resume=number > 0,
            interrupted=lambda count=count, begun=begun, stop=stop: begun + next(count) >= stop,
        )  # fmt: skip
        assert (partial.reason, partial.steps) == ("interrupted", stop)
    last = train(corpus, chosen, tmp_path / "parts", machine=MACHINE, reporter=Recorder(), resume=True)
    assert (last.steps, last.best_step, last.bleu) == (whole.steps, whole.best_step, whole.bleu)
    assert_same_training(tmp_path / "parts", tmp_path / "whole")


def test_a_stopped_training_leaves_a_model_that_can_be_used(corpus, tmp_path):
    stopped = train(
        corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder(), interrupted=lambda: True
    )
    assert (stopped.steps, stopped.reason, stopped.bleu) == (1, "interrupted", None)
    assert read_model(tmp_path / "m").settings.model == settings(corpus).model


def test_the_best_weights_are_kept_not_the_last(corpus, tmp_path, monkeypatch, often):
    scores = iter([5.0, 9.0, 7.0, 6.0, 8.0])
    often(0)  # after every update
    monkeypatch.setattr(ValidationSet, "bleu", lambda *_: next(scores))
    trained = train(corpus, settings(corpus, steps=5), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert (trained.best_step, trained.bleu) == (2, 9.0)
    state = checkpoint.load(tmp_path / "m")
    stored = read_model(tmp_path / "m").weights
    for name, value in state["best_weights"].items():
        assert (stored[name] == value.numpy()).all()
        assert name == "attention_vector.bias" or not torch.equal(value, state["model"][name])


def test_it_stops_early_when_bleu_no_longer_rises(corpus, tmp_path, monkeypatch, often):
    often(0)
    monkeypatch.setattr(ValidationSet, "bleu", lambda *_: 3.0)
    chosen = settings(corpus, steps=500, patience=4)
    trained = train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert (trained.steps, trained.best_step, trained.reason) == (5, 1, "early stopping")
    more = stored_settings(tmp_path / "m", {"steps": 600})
    trained = train(corpus, more, tmp_path / "m", machine=MACHINE, reporter=Recorder(), resume=True)
    assert (trained.steps, trained.reason) == (9, "early stopping")


def test_minutes_are_kept_and_there_is_no_early_stopping(corpus, tmp_path, monkeypatch, often):
    often(1)
    monkeypatch.setattr(ValidationSet, "bleu", lambda *_: 3.0)
    chosen = settings(corpus, steps=None, minutes=0.05, patience=1)
    recorder = Recorder()
    trained = train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=recorder)
    assert trained.reason == "budget"
    assert 2.5 <= trained.seconds < 20
    assert len(recorder.validations) > 2
    assert recorder.progress[-1].learning_rate < 1e-4


class KilledError(Exception):
    """Stands for the killing of the process."""


def fail_with(error: BaseException, *, after: int, function=batch_loss):
    """Return `function` as it is for `after` calls, and raising `error` from then on."""
    count = iter(range(10_000))

    def failing(*arguments, **named):
        if next(count) >= after:
            raise error
        return function(*arguments, **named)

    return failing


ERRORS = {
    "Python's memory": MemoryError(),
    "the GPU's memory": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    "torch's memory": RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
    "Ctrl-C": KeyboardInterrupt(),
    "another": ZeroDivisionError("division by zero"),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("place", ["update", "validation", "report"])
def test_nothing_is_lost_whatever_error_ends_a_training(corpus, tmp_path, often, monkeypatch, error, place):
    often(4)
    whole = train(corpus, settings(corpus, steps=20), tmp_path / "whole", machine=MACHINE, reporter=Recorder())
    reporter, folder = Recorder(), tmp_path / "m"
    with monkeypatch.context() as broken:
        if place == "update":
            broken.setattr("attn_cli.training.trainer.batch_loss", fail_with(error, after=9))
        elif place == "validation":
            function = ValidationSet.perplexity
            broken.setattr(ValidationSet, "perplexity", fail_with(error, after=2, function=function))
        else:
            broken.setattr(reporter, "progressed", fail_with(error, after=9, function=reporter.progressed))
        expected = OutOfMemoryError if "memory" in str(error) or isinstance(error, MemoryError) else type(error)
        with pytest.raises(expected) as caught:
            train(corpus, settings(corpus, steps=20), folder, machine=MACHINE, reporter=reporter)
    step = checkpoint.load(folder)["step"]
    assert step == {"update": 9, "validation": 9, "report": 10}[place]
    if expected is OutOfMemoryError:
        assert str(caught.value) == (
            f"out of memory after update {step}; go on with `resume` and a `batch_tokens` below 200"
        )
    assert (folder / "config.json").exists() == (checkpoint.load(folder)["best_bleu"] > 0)
    last = train(corpus, settings(corpus, steps=20), folder, machine=MACHINE, reporter=Recorder(), resume=True)
    assert (last.steps, last.best_step, last.bleu) == (whole.steps, whole.best_step, whole.bleu)
    assert checkpoint.load(folder)["validations"] == checkpoint.load(tmp_path / "whole")["validations"]
    assert_same_training(folder, tmp_path / "whole")


def test_the_best_weights_are_written_when_an_error_ends_a_training(corpus, tmp_path, often, monkeypatch):
    often(0)
    scores = iter([5.0, 9.0, 7.0])
    monkeypatch.setattr(ValidationSet, "bleu", lambda *_: next(scores))
    monkeypatch.setattr("attn_cli.training.trainer.batch_loss", fail_with(KeyboardInterrupt(), after=3))
    with pytest.raises(KeyboardInterrupt):
        train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert read_model(tmp_path / "m").outcome.validation_bleu == 9.0
    assert checkpoint.load(tmp_path / "m")["step"] == 3


def test_an_error_in_the_middle_of_an_update_leaves_the_checkpoint_before_it(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("attn_cli.training.loop.SAVE_EVERY", 0.0)
    step, count = Adam.step, iter(range(1, 1000))

    def step_and_fail(self, rate):
        step(self, rate)
        if next(count) == 5:
            raise MemoryError

    monkeypatch.setattr(Adam, "step", step_and_fail)
    with pytest.raises(OutOfMemoryError, match=r"after update 4; go on with `resume`"):
        train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    state = checkpoint.load(tmp_path / "m")
    assert state["step"] == 4
    assert {int(each["step"]) for each in state["optimizer"]["state"].values()} == {4}


def test_a_disk_that_is_full_while_an_error_is_handled_does_not_hide_it(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("attn_cli.training.trainer.batch_loss", fail_with(KilledError(), after=3))
    monkeypatch.setattr(checkpoint, "save", fail_with(OSError(28, "No space left on device"), after=0))
    recorder = Recorder()
    with pytest.raises(KilledError):
        train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=recorder)
    assert "No space left on device" in recorder.warnings[0]


def test_the_memory_of_the_update_that_failed_is_free_when_the_state_is_saved(corpus, tmp_path, monkeypatch):
    held = []

    def loss(*_):
        large = torch.zeros(10)
        held.append(weakref.ref(large))
        raise MemoryError

    seen = []
    trainer_loss = iter([batch_loss, loss])
    monkeypatch.setattr("attn_cli.training.trainer.batch_loss", lambda *arguments: next(trainer_loss)(*arguments))
    monkeypatch.setattr(checkpoint, "save", lambda *_: seen.append(held[0]()))
    with pytest.raises(OutOfMemoryError):
        train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert seen == [None]


@pytest.mark.parametrize("budget", [{"steps": 60}, {"epochs": 8.0, "steps": None}])
def test_a_training_resumed_with_another_batch_size_keeps_its_place_in_the_text(corpus, tmp_path, budget):
    count, folder = iter(range(1, 1000)), tmp_path / "m"
    first = Recorder()
    train(
        corpus, settings(corpus, **budget), folder, machine=MACHINE, reporter=first,
        interrupted=lambda: next(count) >= 25,
    )  # fmt: skip
    per_epoch = first.plans[0].updates_per_epoch
    second, count = Recorder(), iter(range(1, 1000))
    chosen = stored_settings(folder, {"batch_tokens": 100})
    train(corpus, chosen, folder, machine=MACHINE, reporter=second, resume=True, interrupted=lambda: next(count) >= 1)
    smaller = second.plans[0].updates_per_epoch
    assert smaller > 1.5 * per_epoch
    assert second.progress[-1].step == 26
    assert second.progress[-1].epoch == pytest.approx(25 / per_epoch, abs=1.6 / smaller)
    third = Recorder()
    last = train(corpus, stored_settings(folder, {}), folder, machine=MACHINE, reporter=third, resume=True)
    epochs = 25 / per_epoch + (last.steps - 25) / smaller
    assert third.progress[-1].epoch == pytest.approx(epochs, abs=0.6 / smaller)
    assert last.steps == 60 if "epochs" not in budget else epochs == pytest.approx(8.0, abs=1 / smaller)


def test_the_time_of_the_last_validation_is_held_back_again_after_resuming(corpus, tmp_path):
    chosen = settings(corpus, steps=None, minutes=10)
    trainer = Trainer(corpus, chosen, MACHINE)
    trainer.validation_seconds = 60.0
    again = Trainer(corpus, chosen, MACHINE)
    checkpoint.save(tmp_path, trainer.state())
    again.restore(checkpoint.load(tmp_path))
    assert again.share == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("stop", [1, 8, 13])
def test_a_killed_training_goes_on_from_its_last_checkpoint_to_the_same_bytes(
    corpus, tmp_path, often, monkeypatch, stop
):
    often(5)
    train(corpus, settings(corpus, steps=20), tmp_path / "whole", machine=MACHINE, reporter=Recorder())
    monkeypatch.setattr("attn_cli.training.loop.SAVE_EVERY", 0.0)
    count = iter(range(1, 1000))

    def kill() -> int:
        if next(count) > stop:
            shutil.copytree(tmp_path / "m", tmp_path / "killed")  # the error is handled, which SIGKILL is not
            raise KilledError
        return 0

    with pytest.raises(KilledError):
        train(
            corpus, settings(corpus, steps=20), tmp_path / "m", machine=MACHINE, reporter=Recorder(), interrupted=kill
        )
    folder, recorder = tmp_path / "killed", Recorder()
    assert not (folder / "config.json").exists()
    train(corpus, stored_settings(folder, {}), folder, machine=MACHINE, reporter=recorder, resume=True)
    assert recorder.plans[0].resumed_at == stop
    assert_same_training(folder, tmp_path / "whole")


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_training(corpus, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("attn_cli.training.loop.SAVE_EVERY", 0.0)
    monkeypatch.setattr(checkpoint, "save", fail)
    recorder = Recorder()
    with pytest.raises(OSError, match="No space left"):  # the last one: nothing could be resumed, which must be said
        train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=recorder)
    assert len(recorder.warnings) == 12
    assert read_model(tmp_path / "m").settings.model == settings(corpus).model


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_training_keeps_every_file_of_the_old_one_until_it_has_its_own(corpus, tmp_path, often, monkeypatch):
    often(5)
    folder, seen = tmp_path / "m", []
    train(corpus, settings(corpus), folder, machine=MACHINE, reporter=Recorder())
    before = files_of(folder)

    def look() -> int:
        seen.append((files_of(folder), checkpoint.load(folder)["settings"]["training"]["seed"], read_log(folder)))
        monkeypatch.setattr("attn_cli.training.loop.SAVE_EVERY", 0.0 if len(seen) == 6 else 1000.0)
        return 0

    train(corpus, settings(corpus, seed=2), folder, machine=MACHINE, reporter=Recorder(), interrupted=look)
    assert [files == before for files, *_ in seen] == [True] * 6 + [False] * 6
    assert [seed for _, seed, _ in seen] == [1] * 6 + [2] * 6
    assert [record["step"] for record in seen[6][2] if record["kind"] == "progress"] == list(range(1, 8))
    assert all(files["config.json"] == before["config.json"] for files, *_ in seen)
    assert read_model(folder).settings.training.seed == 2


def test_a_new_training_that_fails_before_its_first_update_leaves_the_old_one_as_it_was(corpus, tmp_path, monkeypatch):
    train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    before = files_of(tmp_path / "m")
    monkeypatch.setattr("attn_cli.training.trainer.batch_loss", fail_with(MemoryError(), after=0))
    with pytest.raises(OutOfMemoryError, match=r"after update 0; train again with .* `batch_tokens` below 200"):
        train(corpus, settings(corpus, seed=2), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert files_of(tmp_path / "m") == before


def test_more_budget_can_be_given_when_resuming(corpus, tmp_path):
    train(corpus, settings(corpus, steps=5), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    chosen = stored_settings(tmp_path / "m", {"steps": 9})
    recorder = Recorder()
    trained = train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=recorder, resume=True)
    assert (trained.steps, recorder.plans[0].resumed_at) == (9, 5)
    log = (tmp_path / "m" / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in log if '"progress"' in line] == [5, 9]


def test_a_finished_training_resumed_stays_as_it_is(corpus, tmp_path):
    train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    before = weights_of(tmp_path / "m")
    train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder(), resume=True)
    assert weights_of(tmp_path / "m") == before


def test_resuming_with_another_corpus_is_refused(corpus, tmp_path):
    train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    others = (make_corpus(tmp_path, 150, held_out=True), PreparedCorpus(corpus.folder, reverse=True))
    for other in others:
        with pytest.raises(TrainingStateError, match="trained on another corpus"):
            train(other, settings(other), tmp_path / "m", machine=MACHINE, reporter=Recorder(), resume=True)


def test_a_training_that_diverges_says_so_and_leaves_the_best_model(corpus, tmp_path, monkeypatch, often):
    factors = iter([1.0, 1.0, math.nan])

    def loss(*arguments):
        factor = next(factors)
        *sums, tokens = batch_loss(*arguments)
        return *(factor * each for each in sums), tokens

    often(0)
    monkeypatch.setattr("attn_cli.training.trainer.batch_loss", loss)
    scores = iter([5.0, 9.0])
    monkeypatch.setattr(ValidationSet, "bleu", lambda *_: next(scores))
    chosen = settings(corpus, steps=30, learning_rate=0.004)
    with pytest.raises(DivergedError, match=r"its loss is nan at update 3, .* weights of update 2; .* below 0\.004; "):
        train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert "update 2" in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert not checkpoint.state_path(tmp_path / "m").exists()


@pytest.mark.parametrize("rate", [10.0, 1e6])
def test_a_learning_rate_that_is_far_too_large_is_seen_after_three_reports(corpus, tmp_path, monkeypatch, rate):
    monkeypatch.setattr("attn_cli.training.loop.SAVE_EVERY", 0.0)
    recorder = Recorder()
    chosen = settings(corpus, steps=500, learning_rate=rate)
    with pytest.raises(DivergedError, match=r"at update 60, that of guessing is 5\.7; no model.*below "):
        train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=recorder)
    assert not (tmp_path / "m" / "config.json").exists()
    assert checkpoint.load(tmp_path / "m")["step"] < 5  # when the loss was not yet seen to rise


@pytest.mark.parametrize("rate", [1e-3, 1e-1])
def test_a_learning_rate_that_learns_is_no_divergence(corpus, tmp_path, rate):
    chosen = settings(corpus, steps=100, learning_rate=rate)
    assert train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=Recorder()).steps == 100


def test_weights_that_the_last_update_made_infinite_are_not_written(corpus, tmp_path, monkeypatch):
    step = Adam.step
    count = iter(range(1, 1000))

    def ruin(self, rate):
        step(self, math.inf if next(count) == 12 else rate)

    monkeypatch.setattr(Adam, "step", ruin)
    monkeypatch.setattr("attn_cli.training.loop.SAVE_EVERY", 0.0)
    with pytest.raises(DivergedError, match="no longer finite after update 12"):
        train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert checkpoint.load(tmp_path / "m")["step"] == 11
    assert not (tmp_path / "m" / "config.json").exists()


def test_the_model_keeps_the_fingerprint_of_its_corpus(corpus, tmp_path):
    train(corpus, settings(corpus, steps=1), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert read_model(tmp_path / "m").corpus_fingerprint == corpus.fingerprint


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
    trained = train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert (trained.bleu, trained.best_step) == (None, 12)


def test_training_is_reported_and_logged(corpus, tmp_path):
    recorder = Recorder()
    train(corpus, settings(corpus, steps=40), tmp_path / "m", machine=MACHINE, reporter=recorder)
    assert [progress.step for progress in recorder.progress] == [20, 40]
    assert recorder.progress[1].loss < recorder.progress[0].loss
    assert recorder.progress[0].seconds_left > 0 == recorder.progress[1].seconds_left
    assert recorder.validations[-1].step == 40
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "m/training/log.jsonl").read_text().splitlines()]
    assert kinds.count("progress") == 2
    assert kinds.count("validation") == len(recorder.validations)


def test_memory_is_given_back_after_each_validation_but_the_last(corpus, tmp_path, monkeypatch, often):
    often(0)
    given_back = []
    monkeypatch.setattr("attn_cli.training.loop.release_memory", lambda: given_back.append(True))
    recorder = Recorder()
    train(corpus, settings(corpus, steps=5), tmp_path / "m", machine=MACHINE, reporter=recorder)
    assert len(given_back) == len(recorder.validations) - 1 == 4


# Fine-tuning


@pytest.fixture(scope="module")
def parent(tmp_path_factory) -> StoredModel:
    """A model of another text, and so with another tokenizer, that has learned something."""
    folder = tmp_path_factory.mktemp("parent")
    corpus = make_corpus(folder, 400, held_out=True, vocab_size=315)
    train(corpus, settings(corpus, steps=300), folder / "model", machine=MACHINE, reporter=Recorder())
    return read_model(folder / "model")


def test_the_confidence_is_fitted_to_the_validation_text_by_the_best_weights(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(confidence, "LEAST_SENTENCES", 10)
    train(corpus, settings(corpus, steps=30), tmp_path / "m", machine=MACHINE, reporter=Recorder())
    stored, validation = read_model(tmp_path / "m"), ValidationSet(corpus)
    network = load_network(stored.settings.model, stored.weights).eval()
    translations = validation.translations(network, MACHINE)
    sources, references = zip(*corpus.split("valid"), strict=True)
    scored = zip(translations.texts, references, strict=True)
    qualities = [CHRF().sentence_score(text, [reference]).score / 100 for text, reference in scored]
    expected = confidence.Calibration.fitted(translations.means, qualities)
    assert stored.outcome.calibration == expected != confidence.UNCALIBRATED
    greedy = search(TorchEngine(network, MACHINE), corpus.tokenizer.encode(sources), DecodingConfig(beam_size=1))
    assert translations.means == [found.log_probability / found.length for [found] in greedy]


def adapted(corpus: PreparedCorpus, parent: StoredModel, **choices: object) -> ModelSettings:
    given = {"batch_tokens": 200, "learning_rate": 1e-3, **({} if "epochs" in choices else {"steps": 12}), **choices}
    return suited_settings(corpus, given, parent)


def test_fine_tuning_begins_with_the_parents_weights_and_validates_them_first(corpus, parent, tmp_path):
    recorder = Recorder()
    chosen = adapted(corpus, parent, steps=40, dropout=0.0)
    trained = train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=recorder, parent=parent)
    network = load_network(parent.settings.model, parent.weights).eval()
    validation = ValidationSet(corpus.with_tokenizer(parent.tokenizer))
    assert recorder.validations[0].step == 0
    assert recorder.validations[0].bleu == pytest.approx(validation.bleu(validation.translations(network, MACHINE)))
    assert recorder.validations[0].perplexity == pytest.approx(validation.perplexity(network, MACHINE))
    assert trained.bleu > recorder.validations[0].bleu > 1
    assert recorder.validations[-1].perplexity < recorder.validations[0].perplexity
    stored = read_model(tmp_path / "m")
    assert stored.tokenizer.model == parent.tokenizer.model != corpus.tokenizer.model
    assert stored.settings.model == parent.settings.model
    assert stored.corpus_fingerprint == corpus.fingerprint
    assert (stored.settings.parent, stored.settings.parent_fingerprint) == (str(parent.folder), parent.fingerprint)
    assert str(parent.folder) in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")


def test_fine_tuning_that_only_makes_it_worse_leaves_the_parents_weights(corpus, parent, tmp_path):
    chosen = adapted(corpus, parent, learning_rate=1.0)
    trained = train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=Recorder(), parent=parent)
    assert (trained.steps, trained.best_step) == (12, 0)
    weights = read_model(tmp_path / "m").weights
    assert all((weights[name] == value).all() for name, value in parent.weights.items())


@pytest.mark.parametrize("budget", [{"steps": 20}, {"epochs": 4.0}])
def test_fine_tuning_resumes_to_the_same_bytes_without_its_parent(corpus, parent, tmp_path, often, budget):
    often(5)
    chosen = adapted(corpus, parent, **budget)
    train(corpus, chosen, tmp_path / "whole", machine=MACHINE, reporter=Recorder(), parent=parent)
    count = iter(range(1, 1000))
    train(
        corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=Recorder(), parent=parent,
        interrupted=lambda: next(count) >= 7,
    )  # fmt: skip
    recorder = Recorder()
    chosen = stored_settings(tmp_path / "m", {})
    train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=recorder, resume=True)
    assert recorder.plans[0].resumed_at == 7
    assert recorder.validations[0].step > 0
    assert_same_training(tmp_path / "m", tmp_path / "whole")
    kinds = [(record["kind"], record["step"]) for record in read_log(tmp_path / "m")]
    assert kinds.count(("validation", 0)) == 1


def test_weights_that_do_not_fit_the_parents_settings_are_refused(corpus, parent, tmp_path):
    cut = replace(parent, weights={name: array[:-1] for name, array in parent.weights.items()})
    with pytest.raises(ModelFolderError, match="the weights do not fit"):
        train(corpus, adapted(corpus, cut), tmp_path / "m", machine=MACHINE, reporter=Recorder(), parent=cut)
    assert not (tmp_path / "m").exists()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_it_learns_on_a_gpu_in_bfloat16(tmp_path):
    corpus = make_corpus(tmp_path, 16, held_out=False)
    chosen = settings(corpus, steps=400, dropout=0.0, word_dropout=0.0, label_smoothing=0.0)
    machine = Machine(device=torch.device("cuda"), precision=torch.bfloat16, threads=2)
    recorder = Recorder()
    train(corpus, chosen, tmp_path / "model", machine=machine, reporter=recorder)
    assert recorder.progress[-1].loss < 0.1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu_a_training_validates_resumes_and_writes_a_model_that_the_cpu_reads(corpus, tmp_path):
    check_training_in_two_parts(corpus, tmp_path, torch.device("cuda"))


def test_on_a_cpu_a_training_validates_resumes_and_writes_a_model_likewise(corpus, tmp_path):
    check_training_in_two_parts(corpus, tmp_path, torch.device("cpu"))


def check_training_in_two_parts(corpus, tmp_path, device):
    machine = Machine(device=device, precision=torch.bfloat16, threads=1)
    recorder, stop = Recorder(), iter([0] * 49 + [1])
    chosen = settings(corpus, steps=100, dropout=0.0, word_dropout=0.0, label_smoothing=0.0)
    for resume, interrupted in ((False, lambda: next(stop)), (True, lambda: 0)):
        trained = train(
            corpus, chosen, tmp_path / "m", machine=machine, reporter=recorder, resume=resume, interrupted=interrupted
        )
    assert (trained.steps, trained.reason) == (100, "budget")
    assert recorder.validations[-1].step == 100
    stored = read_model(tmp_path / "m")
    network, validation = load_network(stored.settings.model, stored.weights).eval(), ValidationSet(corpus)
    assert validation.bleu(validation.translations(network, MACHINE)) == pytest.approx(trained.bleu, abs=5)

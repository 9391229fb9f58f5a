"""A training as a whole: it learns, keeps the best weights, and stopping and resuming it changes nothing."""

import json
import math
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
from attn_cli.foundation.errors import DivergedError, ModelFolderError, TrainingStateError
from attn_cli.foundation.settings import DecodingConfig, PrepareConfig, Score
from attn_cli.models import confidence
from attn_cli.models.folder import ModelSettings, StoredModel, read_model
from attn_cli.network.machine import Machine
from attn_cli.network.teacher_forcing import batch_loss
from attn_cli.text.preparation.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training import checkpoint
from attn_cli.training.log import read_log
from attn_cli.training.loop import stored_settings, train
from attn_cli.training.presets import suited_settings
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
    "input feeding": {"input_feeding": True, "attention_function": "bahdanau"},
}


@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_it_overfits_sixteen_pairs(tmp_path, choices):
    corpus = make_corpus(tmp_path, 16, held_out=False)
    chosen = settings(corpus, **choices, steps=400, dropout=0.0, word_dropout=0.0, label_smoothing=0.0)
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
    "budget", [{"steps": 30}, {"epochs": 6.0, "steps": None}, {"steps": 30, "hard_attention": True}]
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
            raise KilledError
        return 0

    with pytest.raises(KilledError):
        train(
            corpus, settings(corpus, steps=20), tmp_path / "m", machine=MACHINE, reporter=Recorder(), interrupted=kill
        )
    assert not (tmp_path / "m" / "config.json").exists()
    recorder = Recorder()
    train(corpus, stored_settings(tmp_path / "m", {}), tmp_path / "m", machine=MACHINE, reporter=recorder, resume=True)
    assert recorder.plans[0].resumed_at == stop
    assert_same_training(tmp_path / "m", tmp_path / "whole")


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


def test_a_new_training_removes_the_state_of_the_old_one(corpus, tmp_path):
    train(corpus, settings(corpus), tmp_path / "m", machine=MACHINE, reporter=Recorder())

    def kill() -> int:
        raise KilledError

    with pytest.raises(KilledError):
        train(corpus, settings(corpus, seed=2), tmp_path / "m", machine=MACHINE, reporter=Recorder(), interrupted=kill)
    with pytest.raises(TrainingStateError, match="nothing to resume"):
        stored_settings(tmp_path / "m", {})
    assert read_model(tmp_path / "m").settings.training.seed == 1


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
    with pytest.raises(DivergedError, match=r"its loss is nan at update 3; .* below 0\.004"):
        train(corpus, chosen, tmp_path / "m", machine=MACHINE, reporter=Recorder())
    assert "update 2" in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")


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

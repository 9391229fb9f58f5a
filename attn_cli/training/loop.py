"""Train: a prepared corpus in, a model folder out.

An update is a function of the settings and its own number: the batch, the dropout masks and (under --steps and
--epochs) the learning rate follow from them. So a training that was stopped goes on to the same bytes.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from attn_cli.foundation.errors import DivergedError, TrainingStateError
from attn_cli.foundation.settings import BUDGETS, TrainingConfig
from attn_cli.models.folder import ModelSettings
from attn_cli.network.cross_entropy import batch_loss
from attn_cli.network.machine import Runtime, release_memory
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.prepared_corpus import Batch, Batches, PreparedCorpus
from attn_cli.training import checkpoint
from attn_cli.training.validation import Validation, ValidationSet

REPORT_EVERY = 20  # updates
SAVE_EVERY = 240.0  # seconds
# Updates between validations: so many that they train on this many times the tokens that a validation translates.
VALIDATION_SPACING = 20
LEAST_SPACING = 100  # updates


@dataclass(frozen=True)
class Plan:
    """What is about to be trained, once it is known."""

    settings: ModelSettings
    parameters: int
    pairs: int
    updates_per_epoch: int
    resumed_at: int


@dataclass(frozen=True)
class Progress:
    """The state of a training after some updates; `loss` is in nats a target token, without label smoothing."""

    step: int
    epoch: float
    share: float
    loss: float
    tokens_per_second: float
    learning_rate: float
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class Trained:
    """How a training ended: the model's folder and what is in it; `bleu` is None without validation text."""

    folder: Path
    steps: int
    best_step: int
    bleu: float | None
    seconds: float
    reason: str  # "budget", "early stopping" or "interrupted"


class Reporter(Protocol):
    """Who is told how a training goes on."""

    def started(self, plan: Plan) -> None:
        """Hear what is about to be trained."""

    def progressed(self, progress: Progress) -> None:
        """Hear of the latest updates."""

    def validated(self, validation: Validation) -> None:
        """Hear what a validation found."""

    def warned(self, warning: str) -> None:
        """Hear of something that went wrong, but does not end the training."""


def learning_rate(share: float, config: TrainingConfig) -> float:
    """Return the learning rate when `share` of the budget is used: a linear rise, then half a cosine down to zero."""
    if share < config.warmup:
        return config.learning_rate * max(share / config.warmup, 0.01)
    rest = (share - config.warmup) / (1 - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, rest)))


_PROGRESS = ("step", "validations", "validated_step", "stale", "best_bleu", "best_step", "best_weights")


class Trainer:
    """A training under way: the model, its optimizer, and how far it has come."""

    def __init__(self, corpus: PreparedCorpus, settings: ModelSettings, runtime: Runtime) -> None:
        self.corpus, self.settings, self.runtime = corpus, settings, runtime
        self.config = settings.training
        torch.manual_seed(self.config.seed)
        self.model = Seq2Seq(settings.model, dropout=self.config.dropout, word_dropout=self.config.word_dropout)
        self.model.to(runtime.device)
        # fused: one pass over all weights instead of a dozen; it exists for CPU and CUDA.
        fused = runtime.device.type in ("cpu", "cuda")
        self.optimizer = torch.optim.AdamW(self.model.parameters(), betas=(0.9, 0.98), weight_decay=0.0, fused=fused)
        self.batches = Batches(*corpus.train(), batch_tokens=self.config.batch_tokens, seed=self.config.seed)
        self.validation = ValidationSet(corpus)
        updates = max(LEAST_SPACING, self.validation.target_tokens * VALIDATION_SPACING / self.config.batch_tokens)
        self.validate_every = REPORT_EVERY * math.ceil(updates / REPORT_EVERY)
        self.step, self.validations, self.stale = 0, 0, 0
        self.validated_step = -1
        self.best_bleu, self.best_step = -1.0, 0
        self.best_weights: dict[str, Tensor] = {}
        self._seconds_before, self._began = 0.0, time.perf_counter()
        self._last_validation = 0.0

    @property
    def seconds(self) -> float:
        """Return the wall time trained so far, validation included, over all resumptions."""
        return self._seconds_before + time.perf_counter() - self._began

    @property
    def share(self) -> float:
        """Return the share of the budget that is used; 1 or more: it is used up."""
        if self.config.minutes is not None:
            return (self.seconds + self._last_validation) / (60 * self.config.minutes)
        steps = self.config.steps or (self.config.epochs or 0) * len(self.batches)
        return self.step / max(1, steps)

    @property
    def seconds_left(self) -> float:
        """Return the seconds left of the minutes given, or that the updates left will take, once one is made."""
        if self.config.minutes is not None:
            return max(0.0, 60 * self.config.minutes - self.seconds)
        return self.seconds * max(0.0, 1 / self.share - 1)

    @property
    def finished(self) -> str | None:
        """Return why no update is to follow, or None."""
        if self.share >= 1:
            return "budget"
        patient = self.config.minutes is not None or self.stale < self.config.patience
        return None if patient else "early stopping"

    def stream(self) -> Iterator[Batch]:
        """Yield the batches that follow the updates made so far, without end."""
        while True:
            epoch, begin = divmod(self.step, len(self.batches))
            yield from self.batches.epoch(epoch, begin)

    def update(self, batch: Batch) -> tuple[Tensor, int]:
        """Make one update; return the batch's summed negative log-likelihood and its number of target tokens."""
        self.model.train()
        torch.manual_seed((self.config.seed << 32) + self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.share, self.config)
        loss, nll, tokens = batch_loss(self.model, batch, self.runtime, self.config.label_smoothing)
        self.optimizer.zero_grad()
        (loss / tokens).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_norm)
        self.optimizer.step()
        self.step += 1
        return nll, tokens

    def validate(self) -> Validation | None:
        """Score the model on the validation text and keep its weights if it is the best so far.

        Without validation text the latest weights are the best, and None is returned.
        """
        begin = time.perf_counter()
        self.validated_step = self.step
        if not len(self.validation):
            self.keep_weights(-1.0)
            return None
        self.model.eval()
        bleu, hypotheses = self.validation.bleu(self.model, self.runtime)
        perplexity = self.validation.perplexity(self.model, self.runtime)
        better = bleu > self.best_bleu or not self.best_weights
        self.stale = 0 if better else self.stale + 1
        if better:
            self.keep_weights(bleu)
        example = self.validation.example(self.validations, hypotheses)
        self.validations += 1
        self._last_validation = time.perf_counter() - begin
        return Validation(self.step, bleu, perplexity, better, self._last_validation, *example)

    def keep_weights(self, bleu: float) -> None:
        """Take the weights as they are now for the best; a BLEU of -1 stands for none."""
        self.best_bleu, self.best_step = bleu, self.step
        self.best_weights = {name: value.detach().cpu().clone() for name, value in self.model.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """Return all that resuming needs."""
        return {
            "settings": self.settings.to_dict(),
            "corpus": self.corpus.fingerprint,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "seconds": self.seconds,
            **{name: getattr(self, name) for name in _PROGRESS},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to `state`."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._seconds_before, self._began = state["seconds"], time.perf_counter()
        for name in _PROGRESS:
            setattr(self, name, state[name])

    def write_model(self, folder: Path) -> None:
        """Write the best weights as a finished model."""
        weights = {name: np.ascontiguousarray(value.numpy()) for name, value in self.best_weights.items()}
        about = f"Trained for {self.seconds / 60:.1f} minutes; the weights are those of update {self.best_step:,}"
        if self.best_bleu >= 0:
            about += f", greedy validation BLEU {self.best_bleu:.1f}"
        folder.write(folder, self.settings, weights, self.corpus.tokenizer, f"{about}.")


def stored_settings(folder: Path, budget: Mapping[str, Any]) -> ModelSettings:
    """Return the settings of the training to resume in `folder`, with another `budget` where one is given.

    Raises TrainingStateError where there is nothing to resume.
    """
    settings = ModelSettings.from_dict(checkpoint.load(folder)["settings"])
    unset = dict.fromkeys(BUDGETS) if budget else {}
    return replace(settings, training=replace(settings.training, **{**unset, **budget}))


def train(
    corpus: PreparedCorpus,
    settings: ModelSettings,
    folder: Path,
    *,
    runtime: Runtime,
    reporter: Reporter,
    resume: bool = False,
    interrupted: Callable[[], int] = lambda: 0,
) -> Trained:
    """Train a model by `settings` and write it to `folder`, with a checkpoint every few minutes on the way.

    `interrupted` is asked after every update; when it is not 0 the state is saved and the best model so far is
    written. Raises TrainingStateError where `resume` finds nothing, or what belongs to another corpus; DivergedError
    where the loss is no longer a number, after writing the best model so far, if there is one.
    """
    settings = replace(settings, device=str(runtime.device), precision=runtime.precision_name, threads=runtime.threads)
    trainer = Trainer(corpus, settings, runtime)
    if resume:
        _restore(trainer, folder)
    else:
        checkpoint.discard(folder)
    log = checkpoint.Log(folder, up_to_step=trainer.step)
    parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    pairs = int(corpus.info["pairs"]["train"])
    reporter.started(Plan(settings, parameters, pairs, len(trainer.batches), trainer.step))
    try:
        reason = _loop(trainer, folder, log, reporter, interrupted)
    except DivergedError:
        if trainer.best_weights:
            trainer.write_model(folder)
        raise
    if reason != "interrupted" and trainer.validated_step != trainer.step:
        _validate(trainer, log, reporter)
    try:
        checkpoint.save(folder, trainer.state())
    finally:  # whatever came of the state, the model is worth writing
        if not trainer.best_weights:
            trainer.keep_weights(-1.0)  # not before the state is saved: resuming is not to be changed by it
        trainer.write_model(folder)
    bleu = trainer.best_bleu if trainer.best_bleu >= 0 else None
    return Trained(folder, trainer.step, trainer.best_step, bleu, trainer.seconds, reason)


def _restore(trainer: Trainer, folder: Path) -> None:
    state = checkpoint.load(folder)
    if state["corpus"] != trainer.corpus.fingerprint:
        raise TrainingStateError(
            f"{folder}: trained on another corpus than {trainer.corpus.folder}, or that was prepared anew with other "
            f"text or settings; resume with the one it began with, or train again with --overwrite"
        )
    trainer.restore(state)
    budgets = [[state["settings"]["training"][name], getattr(trainer.config, name)] for name in BUDGETS]
    if any(before != now for before, now in budgets):
        trainer.stale = 0  # who gives more budget wants more training


def _loop(
    trainer: Trainer, folder: Path, log: checkpoint.Log, reporter: Reporter, interrupted: Callable[[], int]
) -> str:
    """Update until the training is finished or interrupted; return why it ended.

    Raises DivergedError where the loss is infinite or not a number.
    """
    meter, last_save = Meter(trainer), time.perf_counter()
    reason = trainer.finished
    for batch in trainer.stream():
        if reason:
            break
        meter.add(*trainer.update(batch))
        if trainer.step % REPORT_EVERY == 0:
            meter.report(log, reporter)
        if trainer.step % trainer.validate_every == 0 and not trainer.finished:
            _validate(trainer, log, reporter)
            release_memory()
            meter.restart()
        reason = "interrupted" if interrupted() else trainer.finished
        if time.perf_counter() - last_save > SAVE_EVERY:
            _save(trainer, folder, reporter)
            last_save = time.perf_counter()
    if meter.tokens:
        meter.report(log, reporter)
    return str(reason)


def _save(trainer: Trainer, folder: Path, reporter: Reporter) -> None:
    """Write a checkpoint; if that fails, say so and go on."""
    try:
        checkpoint.save(folder, trainer.state())
    except OSError as error:
        reporter.warned(f"the checkpoint could not be written ({error.strerror}); training goes on")


def _validate(trainer: Trainer, log: checkpoint.Log, reporter: Reporter) -> None:
    if validation := trainer.validate():
        log.add({"kind": "validation", **asdict(validation)})
        reporter.validated(validation)


class Meter:
    """Sums up the updates between two reports, leaving out the time of validations."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self._nll: list[Tensor] = []
        self.tokens, self._begin = 0, time.perf_counter()

    def add(self, nll: Tensor, tokens: int) -> None:
        """Count an update; its summed loss is read only when a report is made."""
        self._nll.append(nll)
        self.tokens += tokens

    def report(self, log: checkpoint.Log, reporter: Reporter) -> None:
        """Report what was summed up, and begin anew.

        Raises DivergedError where the loss is infinite or not a number.
        """
        trainer, loss = self._trainer, float(torch.stack(self._nll).sum()) / self.tokens
        if not math.isfinite(loss):
            raise DivergedError(
                f"the training diverged: its loss is {loss} at update {trainer.step:,}; train again with --overwrite "
                f"and a --learning-rate below {trainer.config.learning_rate:g}"
            )
        progress = Progress(
            step=trainer.step,
            epoch=trainer.step / len(trainer.batches),
            share=min(1.0, trainer.share),
            loss=loss,
            tokens_per_second=self.tokens / (time.perf_counter() - self._begin),
            learning_rate=learning_rate(trainer.share, trainer.config),
            seconds=trainer.seconds,
            seconds_left=trainer.seconds_left,
        )
        log.add({"kind": "progress", **asdict(progress)})
        reporter.progressed(progress)
        self.restart()

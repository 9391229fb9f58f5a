"""Train: a prepared corpus in, a model folder out; with reports, validations and checkpoints."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from attn_cli.foundation.errors import CorpusError, DivergedError, TrainingStateError
from attn_cli.foundation.settings import BUDGETS
from attn_cli.models.folder import ModelSettings, StoredModel
from attn_cli.network.machine import Machine, release_memory
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.text.tokenizer import Tokenizer
from attn_cli.training import checkpoint
from attn_cli.training.distributed import ALONE, World
from attn_cli.training.log import Log
from attn_cli.training.progress import Plan, Progress, Reporter, Trained
from attn_cli.training.trainer import NO_BLEU, REPORT_EVERY, Trainer
from attn_cli.training.transfer import transferred

SAVE_EVERY = 240.0  # seconds


def stored_settings(folder: Path, budget: Mapping[str, Any]) -> ModelSettings:
    """Return the settings of the training to resume in `folder`, with another `budget` if one is given.

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
    machine: Machine,
    reporter: Reporter,
    parent: StoredModel | None = None,
    resume: bool = False,
    interrupted: Callable[[], int] = lambda: 0,
    world: World = ALONE,
) -> Trained:
    """Train a model by `settings` and write it to `folder`, with a checkpoint every few minutes.

    With a `parent` it is fine-tuned: training begins with the parent's weights, and these count as a candidate for the
    best ones. The tokenizer is the parent's too, if it was made for these languages. Resuming needs no parent.
    `interrupted` is called after every update; when it does not return 0 the state is saved and the best model so far
    is written. Raises TrainingStateError where `resume` finds no state, or one of another corpus; DivergedError where
    the loss is no longer finite, after writing the best model so far, if there is one. With several processes in
    `world` each calls this function, and the first one writes.
    """
    threads = machine.threads * world.local_size
    settings = replace(settings, device=str(machine.device), precision=machine.precision_name, threads=threads)
    state = checkpoint.load(folder) if resume else {}
    if settings.parent and resume:
        corpus = corpus.with_tokenizer(Tokenizer(bytes(state["tokenizer"].tolist())))
    elif parent and parent.knows(corpus.languages):
        corpus = corpus.with_tokenizer(parent.tokenizer)
    weights = transferred(parent, corpus.tokenizer, settings.training.seed) if parent else None
    _check_same(corpus, world)
    trainer = Trainer(corpus, settings, machine, weights, world)
    if resume:
        _restore(trainer, state, folder)
    elif world.leads:
        checkpoint.discard(folder)
    world.share_weights(trainer.model.parameters())
    run = _Run(trainer, folder, Log(folder, up_to_step=trainer.step) if world.leads else None, reporter)
    reporter.started(_plan(trainer))
    if parent:
        run.validate()
    try:
        reason = run.until_finished(interrupted)
    except DivergedError:
        if trainer.best_weights and world.leads:
            trainer.write_model(folder)
        raise
    if reason != "interrupted" and trainer.validated_step != trainer.step:
        run.validate()
    try:
        _save(trainer, folder)
    finally:  # the model is written even if the state cannot be
        if not trainer.best_weights:
            trainer.keep_weights(NO_BLEU)  # after the state is saved, so that resuming is not changed by it
        if world.leads:
            trainer.write_model(folder)
    bleu = None if trainer.best_bleu == NO_BLEU else trainer.best_bleu
    return Trained(folder, trainer.step, trainer.best_step, bleu, trainer.seconds, reason)


def _check_same(corpus: PreparedCorpus, world: World) -> None:
    """Raise CorpusError where the processes do not all have the same corpus, as on machines with a home each."""
    if len(set(world.gathered([corpus.fingerprint]))) > 1:
        raise CorpusError(f"{corpus.folder}: not the same corpus on all machines; let them share one home")


def _save(trainer: Trainer, folder: Path) -> None:
    """Write a checkpoint, in the first process, from which torchrun can have the training continued."""
    if trainer.world.leads:
        checkpoint.save(folder, trainer.state())
        trainer.world.record("saved")


def _plan(trainer: Trainer) -> Plan:
    parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    pairs = int(trainer.corpus.info["pairs"]["train"])
    return Plan(trainer.settings, parameters, pairs, trainer.corpus.synthetic, len(trainer.batches), trainer.step)


def _restore(trainer: Trainer, state: dict[str, Any], folder: Path) -> None:
    if state["corpus"] != trainer.corpus.fingerprint:
        raise TrainingStateError(
            f"{folder}: trained on another corpus than {trainer.corpus.folder}, or that corpus was prepared again with "
            f"other text or settings; resume with the corpus it began with, or train again with `overwrite`"
        )
    trainer.restore(state)
    budgets = [[state["settings"]["training"][name], getattr(trainer.config, name)] for name in BUDGETS]
    if any(before != now for before, now in budgets):
        trainer.stale = 0  # a larger budget asks for more training: early stopping starts counting again


@dataclass
class _Run:
    """One call of `train`: the trainer, and where its reports, log records and checkpoints go."""

    trainer: Trainer
    folder: Path
    log: Log | None  # only the first process has one
    reporter: Reporter

    def until_finished(self, interrupted: Callable[[], int]) -> str:
        """Update until the training is finished or interrupted; return the reason.

        Raises DivergedError where the loss is infinite or not a number.
        """
        trainer, meter, last_save = self.trainer, Meter(), time.perf_counter()
        reason = trainer.finished
        for batch in trainer.stream():
            if reason:
                break
            meter.add(*trainer.update(batch))
            if trainer.step % REPORT_EVERY == 0:
                self.report(meter)
            if trainer.step % trainer.validate_every == 0 and not trainer.finished:
                self.validate()
                release_memory()
                meter.restart()
            reason = "interrupted" if trainer.world.agree(interrupted()) else trainer.finished
            if time.perf_counter() - last_save > SAVE_EVERY:
                self.save()
                last_save = time.perf_counter()
        if meter.tokens:
            self.report(meter)
        return str(reason)

    def report(self, meter: "Meter") -> None:
        """Report the updates counted by `meter`, and restart it.

        Raises DivergedError where the loss is infinite or not a number.
        """
        trainer, loss = self.trainer, meter.loss()
        if not math.isfinite(loss):
            raise DivergedError(
                f"the training diverged: its loss is {loss} at update {trainer.step:,}; train again with `overwrite` "
                f"and a `learning_rate` below {trainer.config.learning_rate:g}"
            )
        progress = Progress(
            step=trainer.step,
            epoch=trainer.step / len(trainer.batches),
            share=min(1.0, trainer.share),
            loss=loss,
            tokens_per_second=meter.tokens_per_second(),
            learning_rate=trainer.learning_rate,
            seconds=trainer.seconds,
            seconds_left=trainer.seconds_left,
        )
        if self.log:
            self.log.add({"kind": "progress", **asdict(progress)})
        self.reporter.progressed(progress)
        meter.restart()

    def validate(self) -> None:
        """Validate, log the scores and report them."""
        if validation := self.trainer.validate():
            if self.log:
                self.log.add({"kind": "validation", **asdict(validation)})
            self.reporter.validated(validation)

    def save(self) -> None:
        """Write a checkpoint; where that fails, warn and continue."""
        try:
            _save(self.trainer, self.folder)
        except OSError as error:
            self.reporter.warned(f"the checkpoint could not be written ({error.strerror}); training goes on")


class Meter:
    """Sums up the updates between two reports, without the time of validations."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget the updates counted so far."""
        self._nll: list[Tensor] = []
        self.tokens, self._begin = 0, time.perf_counter()

    def add(self, nll: Tensor, tokens: int) -> None:
        """Count an update; its summed loss is read from the device only when `loss` is called."""
        self._nll.append(nll)
        self.tokens += tokens

    def loss(self) -> float:
        """Return the loss in nats per target token."""
        return float(torch.stack(self._nll).sum()) / self.tokens

    def tokens_per_second(self) -> float:
        """Return the number of target tokens per second."""
        return self.tokens / (time.perf_counter() - self._begin)

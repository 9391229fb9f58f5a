"""Train: a prepared corpus in, a model folder out; with reports, validations and checkpoints."""

import math
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from attn_cli.foundation.errors import CorpusError, DivergedError, OutOfMemoryError, TrainingStateError, lacks_memory
from attn_cli.foundation.settings import BUDGETS
from attn_cli.foundation.storage import is_complete
from attn_cli.models.folder import ModelSettings, StoredModel
from attn_cli.network.machine import Machine, release_memory
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.text.tokenizer import Tokenizer
from attn_cli.training import checkpoint
from attn_cli.training.distributed import ALONE, World
from attn_cli.training.log import Log
from attn_cli.training.progress import Plan, Progress, Reporter, Trained, Validation
from attn_cli.training.trainer import NO_BLEU, REPORT_EVERY, Trainer
from attn_cli.training.transfer import transferred

SAVE_EVERY = 240.0  # seconds
# A training has diverged when its loss was this many times that of guessing in so many reports in a row. An untrained
# network's loss is that of guessing, 5.7 with 300 pieces. There, learning rates up to 0.3 gave at most 10 in the first
# report and then less; 1 gave 30 to 57 in the first three, 1,000 and more stayed at 80. With 512 units and LSTM or tanh
# cells (guessing: 7.6), 0.01 gave 6.3 and then less; 0.1 gave 15 to 28.
WORSE_THAN_GUESSING = 2.0
SUSPICIOUS_MOST = 3


def stored_settings(folder: Path, given: Mapping[str, Any]) -> ModelSettings:
    """Return the settings of the training to resume in `folder`, but for those that are `given`.

    Raises TrainingStateError where there is nothing to resume.
    """
    settings = ModelSettings.from_dict(checkpoint.load(folder)["settings"])
    unset = dict.fromkeys(BUDGETS) if set(BUDGETS) & set(given) else {}
    return replace(settings, training=replace(settings.training, **{**unset, **given}))


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
    is written. Both are also saved before any exception leaves. Without `resume`, the files of an earlier training
    stay until this one has some to put in their place. With several processes in `world` each calls this function, and
    the first one writes.

    Raises TrainingStateError where `resume` finds no state, or one of another corpus; CorpusError where the processes
    have different corpora; DivergedError where the loss is not finite or far worse than guessing; OutOfMemoryError.
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
    world.share_weights(trainer.model.parameters())
    run = _Run(trainer, folder, _log(trainer, folder, resume=resume), reporter, resumable=resume)
    try:
        reporter.started(_plan(trainer))
        reason = run.until_finished(interrupted)
    except BaseException as error:
        run.rescue(error)
        raise
    run.finish()
    bleu = None if trainer.best_bleu == NO_BLEU else trainer.best_bleu
    return Trained(folder, trainer.step, trainer.best_step, bleu, trainer.seconds, reason)


def _check_same(corpus: PreparedCorpus, world: World) -> None:
    """Raise CorpusError where the processes do not all have the same corpus, as on machines with a home each."""
    if len(set(world.gathered([corpus.fingerprint]))) > 1:
        raise CorpusError(f"{corpus.folder}: not the same corpus on all machines; let them share one home")


def _log(trainer: Trainer, folder: Path, *, resume: bool) -> Log | None:
    """Return the log, in the first process; beside the files of an earlier training it waits."""
    if not trainer.world.leads:
        return None
    earlier = is_complete("models", folder) or checkpoint.state_path(folder).exists()
    return Log(folder, up_to_step=trainer.step, waits=earlier and not resume)


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
    resumable: bool  # the state in `folder` is one of this training
    suspicious: int = 0  # reports in a row whose loss is far worse than guessing

    def until_finished(self, interrupted: Callable[[], int]) -> str:
        """Update until the training is finished, validation included, or interrupted; return the reason.

        Raises DivergedError as `report` does, and where the last weights are not finite.
        """
        trainer, meter, last_save = self.trainer, Meter(), time.perf_counter()
        if trainer.validation_due:
            self.validate()
        reason = trainer.finished
        for batch in trainer.stream():
            if reason:
                break
            nll, tokens = trainer.update(batch)
            meter.add(nll, tokens)
            if trainer.step % REPORT_EVERY == 0:
                self.report(meter)
            if trainer.validation_due:
                self.validate()
                release_memory()
                meter.restart()
            reason = "interrupted" if trainer.world.agree(interrupted()) else trainer.finished
            if time.perf_counter() - last_save > SAVE_EVERY and self.learns(float(nll) / tokens):
                self.save()
                last_save = time.perf_counter()
        if meter.tokens:
            self.report(meter)
        if not trainer.sound:
            self.give_up(f"its weights are no longer finite after update {trainer.step:,}")
        if reason != "interrupted" and trainer.validated_step != trainer.step:
            self.validate()
        return str(reason)

    def report(self, meter: "Meter") -> None:
        """Report the updates counted by `meter`, and restart it.

        Raises DivergedError where the loss is infinite or not a number, or the third one in a row that is far worse
        than guessing.
        """
        trainer, loss = self.trainer, meter.loss()
        self.suspicious = 0 if self.learns(loss) else self.suspicious + 1
        if not math.isfinite(loss) or self.suspicious == SUSPICIOUS_MOST:
            self.give_up(f"its loss is {loss:.4g} at update {trainer.step:,}, that of guessing is {self.guessing:.1f}")
        progress = Progress(
            step=trainer.step,
            epoch=trainer.epoch,
            share=min(1.0, trainer.share),
            loss=loss,
            tokens_per_second=meter.tokens_per_second(),
            learning_rate=trainer.learning_rate,
            seconds=trainer.seconds,
            seconds_left=trainer.seconds_left,
        )
        if self.log:
            self.record("progress", progress)
        self.reporter.progressed(progress)
        meter.restart()

    @property
    def guessing(self) -> float:
        """Return the loss of a network for which all tokens are equally likely."""
        return math.log(self.trainer.settings.model.vocab_size)

    def learns(self, loss: float) -> bool:
        """Return whether `loss` is a number, and not far above that of guessing."""
        return loss <= WORSE_THAN_GUESSING * self.guessing

    def validate(self) -> None:
        """Validate, log the scores and report them."""
        if validation := self.trainer.validate():
            self.record("validation", validation)
            self.reporter.validated(validation)

    def record(self, kind: str, what: Progress | Validation) -> None:
        """Add a record to the log, in the first process."""
        if self.log:
            self.log.add({"kind": kind, **asdict(what)})

    def give_up(self, how: str) -> NoReturn:
        """Raise the DivergedError that says how the training diverged, what is kept of it, and what to try."""
        trainer = self.trainer
        kept = f"the model has the weights of update {trainer.best_step:,}" if self.good else "no model was written"
        raise DivergedError(
            f"the training diverged: {how}; {kept}; train again with `overwrite` and a `learning_rate` below "
            f"{trainer.config.learning_rate:g}; resuming it would end in the same way"
        )

    @property
    def good(self) -> bool:
        """Return whether the best weights are worth a model, though the training has failed."""
        trainer = self.trainer
        return trainer.best_step > 0 and (trainer.best_bleu > 0 or not len(trainer.validation))

    def save(self) -> None:
        """Write a checkpoint; where that fails, warn and continue.

        That of a training which seems to diverge is not written: the one before stays.
        """
        if self.suspicious or not self.trainer.sound:
            return
        try:
            self._save_state()
        except OSError as error:
            self.reporter.warned(f"the checkpoint could not be written ({error.strerror}); training goes on")

    def _save_state(self) -> None:
        """Write the state, in the first process; torchrun can have the training continued from it. Raises OSError."""
        if self.log:
            checkpoint.save(self.folder, self.trainer.state())
            self.log.place()
            self.trainer.world.record("saved")
        self.resumable = True

    def finish(self) -> None:
        """Write the last state and the model, in the first process. Raises OSError."""
        try:
            self._save_state()
        finally:  # the model is written even if the state cannot be
            if not self.trainer.best_weights:
                self.trainer.keep_weights(NO_BLEU)  # after the state is saved, so that resuming is not changed by it
            if self.log:
                self.trainer.write_model(self.folder)

    def rescue(self, error: BaseException) -> None:
        """Write the state and the best model so far, before `error` leaves; no error of its own takes its place.

        Nothing is written before the first update. The state of a training that has diverged is not, either. Raises
        OutOfMemoryError in place of an error that says so.
        """
        if lacks_memory(error):
            traceback.clear_frames(error.__traceback__)  # they hold the tensors of the update that failed
            release_memory()
        if self.trainer.step > 0 and not isinstance(error, DivergedError):
            with suppress(Exception):
                self.save()
        if self.good and self.log:
            with suppress(Exception):
                self.trainer.write_model(self.folder)

        if lacks_memory(error):
            way = "go on with `resume`" if self.resumable else "train again with the same options"
            batch_tokens = self.trainer.config.batch_tokens
            raise OutOfMemoryError(
                f"out of memory after update {self.trainer.step:,}; {way} and a `batch_tokens` below {batch_tokens}"
            ) from error


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

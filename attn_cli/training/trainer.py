"""A training in progress: the network, its optimizer, and its progress.

An update is a function of the settings and its own number: the batch, the dropout masks and (under `steps` and
`epochs`) the learning rate follow from them. So a training that was stopped and resumed ends with
the same bytes as one that was not.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from attn_cli.decoding.torch_engine import load_weights
from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.settings import TrainingConfig
from attn_cli.models.confidence import Calibration
from attn_cli.models.folder import ModelSettings, Outcome, write_model
from attn_cli.models.weights import Weights
from attn_cli.network.machine import Machine
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.network.teacher_forcing import batch_loss
from attn_cli.text.batches import Batch, Batches, rows_with_share
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training.adam import Adam
from attn_cli.training.distributed import ALONE, World
from attn_cli.training.progress import Validation
from attn_cli.training.schedule import Schedule
from attn_cli.training.validation import ValidationSet

REPORT_EVERY = 20  # updates
# Between two validations the network trains on this many times the target tokens of the validation text.
VALIDATION_SPACING = 20
LEAST_SPACING = 100  # updates
# An H100 makes an update in 23 to 30 ms and translates the validation text in 0.4 s; BLEU and confidence take 0.3 s. So
# on a GPU there are 500 updates between two validations; in a short training, fewer, so that there are ten validations.
LEAST_SPACING_ON_GPU, FEWEST_ON_GPU = 500, 10
NO_BLEU = -1.0  # in place of a score, where there is no validation text

_PROGRESS = (
    "step",
    "offset",
    "validations",
    "validated_step",
    "stale",
    "best_bleu",
    "best_step",
    "best_weights",
    "best_calibration",
    "validation_seconds",
)


def mask_seed(seed: int, step: int, rank: int = 0) -> int:
    """Return the seed of the dropout masks of update `step` in process `rank`.

    It has 32 bits: torch's CPU generator ignores the others.
    """
    sequence = np.random.SeedSequence([seed, step], spawn_key=(rank,) if rank else ())
    return int(sequence.generate_state(1)[0])


def validation_spacing(validation_tokens: int, batch_tokens: int, device: str, updates: float | None) -> int:
    """Return the number of updates between two validations, for the target tokens of text and batch.

    `updates` is the number of all updates; None where it is not known before the end.
    """
    least: float = LEAST_SPACING
    if device == "cuda":
        least = max(least, min(LEAST_SPACING_ON_GPU, (updates or LEAST_SPACING_ON_GPU * FEWEST_ON_GPU) / FEWEST_ON_GPU))
    spacing = max(least, validation_tokens * VALIDATION_SPACING / batch_tokens)
    return REPORT_EVERY * math.ceil(spacing / REPORT_EVERY)


def _batches(corpus: PreparedCorpus, config: TrainingConfig) -> Batches:
    """Return the batches of the training text, with the share of synthetic pairs that is wanted.

    Raises CorpusError where a share is wanted and the corpus has not both kinds of pairs.
    """
    source, target = corpus.train()
    rows = None
    if config.synthetic_share is not None:
        genuine = len(source) - corpus.synthetic
        if not 0 < genuine < len(source):
            raise CorpusError(
                f"{corpus.folder}: has {genuine:,} genuine and {corpus.synthetic:,} synthetic pairs, and "
                f"`synthetic_share` needs both; prepare it with `synthetic` text, or leave the share out"
            )
        rows = rows_with_share(genuine, corpus.synthetic, config.synthetic_share)
    return Batches(source, target, batch_tokens=config.batch_tokens, seed=config.seed, rows=rows)


class Trainer:
    """Makes updates and validations, and keeps the best weights."""

    def __init__(
        self,
        corpus: PreparedCorpus,
        settings: ModelSettings,
        machine: Machine,
        weights: Weights | None = None,
        world: World = ALONE,
    ) -> None:
        """Begin with `weights`, or with random ones.

        Raises ModelFolderError where the weights do not fit the settings, CorpusError as `_batches` does.
        """
        if corpus.tokenizer.vocab_size != settings.model.vocab_size:
            raise CorpusError(f"{corpus.folder}: its tokenizer is not that of the network; prepare the corpus again")
        self.corpus, self.settings, self.machine = corpus, settings, machine
        self.config, self.world = settings.training, world
        torch.manual_seed(self.config.seed)
        self.model = Seq2Seq(settings.model, dropout=self.config.dropout, word_dropout=self.config.word_dropout)
        if weights is not None:
            load_weights(self.model, weights)
        self.model.to(machine.device)
        self.optimizer = Adam(self.model.parameters())
        self.batches = _batches(corpus, self.config)
        self.schedule = Schedule(self.config, len(self.batches))
        self.validation = ValidationSet(corpus)
        tokens, batch_tokens = self.validation.target_tokens, self.config.batch_tokens
        self.validate_every = validation_spacing(tokens, batch_tokens, machine.device.type, self.schedule.updates)
        self.step, self.validations, self.stale = 0, 0, 0
        self.offset = 0  # batches between the updates made and the position in the text; see `position`
        self.whole = True  # not in the middle of an update: the weights, the moments and the step belong together
        self.validated_step = -1
        self.best_bleu, self.best_step = NO_BLEU, 0
        self.best_weights: dict[str, Tensor] = {}
        self.best_calibration: dict[str, float] = {}
        self._seconds_before, self._began = 0.0, world.now()
        self.validation_seconds = 0.0  # of the last one

    @property
    def seconds(self) -> float:
        """Return the wall time trained so far, validation included, over all resumptions."""
        return self._seconds_before + self.world.now() - self._began

    @property
    def share(self) -> float:
        """Return the share of the budget that is used; 1 or more means all of it."""
        used = self.step if self.config.epochs is None else self.position
        return self.schedule.share(used, self.seconds, self.validation_seconds)

    @property
    def position(self) -> int:
        """Return how many batches of today's size make up the text that was read: one per update, if all were so."""
        return self.step + self.offset

    @property
    def epoch(self) -> float:
        """Return how often the text has been read."""
        return self.position / len(self.batches)

    @property
    def seconds_left(self) -> float:
        """Return the seconds left, after the first update."""
        used = self.step if self.config.epochs is None else self.position
        return self.schedule.seconds_left(used, self.seconds)

    @property
    def learning_rate(self) -> float:
        """Return the learning rate of the next update."""
        return self.schedule.learning_rate(self.share)

    @property
    def finished(self) -> str | None:
        """Return the reason why no update follows, or None."""
        if self.share >= 1:
            return "budget"
        patient = self.config.minutes is not None or self.stale < self.config.patience
        return None if patient else "early stopping"

    @property
    def validation_due(self) -> bool:
        """Return whether a validation belongs between the last update and the next: of a parent, before the first."""
        begun = self.step > 0 or self.settings.parent is not None
        due = begun and self.step % self.validate_every == 0 and self.validated_step != self.step
        return due and not self.finished

    def stream(self) -> Iterator[Batch]:
        """Yield the batches that follow the updates made so far, without end.

        Raises CorpusError where a batch has a token id that the tokenizer does not know.
        """
        vocab_size = self.settings.model.vocab_size
        while True:
            epoch, begin = divmod(self.position, len(self.batches))
            for batch in self.batches.epoch(epoch, begin):
                if max(batch.source.max(), batch.target_out.max()) >= vocab_size:
                    raise CorpusError(
                        f"{self.corpus.folder}: the prepared corpus is damaged (a token id is not below "
                        f"{vocab_size:,}); prepare it again"
                    )
                yield batch

    def update(self, batch: Batch) -> tuple[Tensor, int]:
        """Make one update; return the batch's summed negative log-likelihood and its number of target tokens.

        Each process computes the gradients of its own rows.
        """
        world, tokens = self.world, batch.target_tokens
        self.model.train()
        torch.manual_seed(mask_seed(self.config.seed, self.step, world.rank))
        nll = torch.zeros((), device=self.machine.device)
        rows = batch.part(world.rank, world.size)
        if rows is not None:
            loss, nll, _ = batch_loss(
                self.model, rows, self.machine, self.config.label_smoothing, self.schedule.consistency(self.share)
            )
        self.optimizer.forget_gradients()
        if rows is not None:
            (loss / tokens).backward()  # type: ignore[no-untyped-call]
        nll = world.summed(self.model.parameters(), nll)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_norm)
        self.whole = False
        self.optimizer.step(self.learning_rate)
        self.step += 1
        self.whole = True
        return nll, tokens

    def validate(self) -> Validation | None:
        """Score the model on the validation text, and keep its weights if they are the best so far.

        Without validation text the latest weights count as the best, and the result is None. Where it fails, the
        validation counts as not made.
        """
        begin = self.world.now()
        if not len(self.validation):
            self.keep_weights(NO_BLEU)
            self.validated_step = self.step
            return None
        self.model.eval()
        translations = self.validation.translations(self.model, self.machine, self.world)
        bleu = self.validation.bleu(translations)
        perplexity = self.validation.perplexity(self.model, self.machine, self.world)
        better = bleu > self.best_bleu or not self.best_weights
        calibration = self.validation.calibration(translations).to_dict() if better else self.best_calibration
        example = self.validation.example(self.validations, translations.texts)
        if better:
            self.keep_weights(bleu)
        self.best_calibration = calibration
        self.stale = 0 if better else self.stale + 1
        self.validations += 1
        self.validated_step = self.step
        self.world.agree()
        self.validation_seconds = self.world.now() - begin
        return Validation(self.step, bleu, perplexity, better, self.validation_seconds, *example)

    def keep_weights(self, bleu: float) -> None:
        """Keep the current weights as the best, with their BLEU or NO_BLEU."""
        self.best_weights = {name: value.detach().cpu().clone() for name, value in self.model.state_dict().items()}
        self.best_bleu, self.best_step = bleu, self.step

    @property
    def sound(self) -> bool:
        """Return whether a training can go on from here: `whole`, and all weights are finite numbers."""
        return self.whole and all(bool(torch.isfinite(weights).all()) for weights in self.model.parameters())

    def state(self) -> dict[str, Any]:
        """Return everything that resuming needs."""
        return {
            "settings": self.settings.to_dict(),
            "corpus": self.corpus.fingerprint,
            "tokenizer": torch.frombuffer(bytearray(self.corpus.tokenizer.model), dtype=torch.uint8),
            "model": self.model.state_dict(),
            "optimizer": {"state": self.optimizer.state()},
            "seconds": self.seconds,
            **{name: getattr(self, name) for name in _PROGRESS},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to `state`."""
        self.model.load_state_dict(state["model"])
        self.optimizer.restore(state["optimizer"]["state"])
        self._seconds_before, self._began = state["seconds"], self.world.now()
        for name in set(_PROGRESS) & set(state):  # one of an older version lacks some
            setattr(self, name, state[name])
        batch_tokens = state["settings"]["training"]["batch_tokens"]
        if batch_tokens != self.config.batch_tokens:
            self._keep_position(len(_batches(self.corpus, replace(self.config, batch_tokens=batch_tokens))))

    def _keep_position(self, before: int) -> None:
        """Keep the position in the text, where an epoch had `before` batches of another size.

        The same share of the epoch is left, but its pairs are divided into other batches: in this epoch, some pairs are
        read twice and some are not read.
        """
        self.offset = round(self.position * len(self.batches) / before) - self.step

    def write_model(self, folder: Path) -> None:
        """Write the best weights as a finished model."""
        weights = {name: np.ascontiguousarray(value.numpy()) for name, value in self.best_weights.items()}
        about = f"Trained for {self.seconds / 60:.1f} minutes; the weights are those of update {self.best_step:,}"
        if self.best_bleu != NO_BLEU:
            about += f", greedy validation BLEU {self.best_bleu:.1f}"
        bleu = None if self.best_bleu == NO_BLEU else self.best_bleu
        outcome = Outcome(
            date=date.today().isoformat(),
            validation_bleu=bleu,
            calibration=Calibration.from_dict(self.best_calibration),
        )
        corpus = self.corpus
        write_model(folder, self.settings, weights, corpus.tokenizer, f"{about}.", corpus.fingerprint, outcome)

"""A training in progress: the network, its optimizer, and its progress.

An update is a function of the settings and its own number: the batch, the dropout masks and (under `steps` and
`epochs`) the learning rate follow from them. So a training that was stopped and resumed ends with
the same bytes as one that was not.
"""

import math
from collections.abc import Iterator
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
from attn_cli.training.distributed import ALONE, World
from attn_cli.training.progress import Validation
from attn_cli.training.schedule import Schedule
from attn_cli.training.validation import ValidationSet

REPORT_EVERY = 20  # updates
# Between two validations the network trains on this many times the target tokens of the validation text.
VALIDATION_SPACING = 20
LEAST_SPACING = 100  # updates
NO_BLEU = -1.0  # in place of a score, where there is no validation text

_PROGRESS = (
    "step",
    "validations",
    "validated_step",
    "stale",
    "best_bleu",
    "best_step",
    "best_weights",
    "best_calibration",
)


def mask_seed(seed: int, step: int, rank: int = 0) -> int:
    """Return the seed of the dropout masks of update `step` in process `rank`.

    It has 32 bits: torch's CPU generator ignores the others.
    """
    sequence = np.random.SeedSequence([seed, step], spawn_key=(rank,) if rank else ())
    return int(sequence.generate_state(1)[0])


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
        self.corpus, self.settings, self.machine = corpus, settings, machine
        self.config, self.world = settings.training, world
        torch.manual_seed(self.config.seed)
        self.model = Seq2Seq(settings.model, dropout=self.config.dropout, word_dropout=self.config.word_dropout)
        if weights is not None:
            load_weights(self.model, weights)
        self.model.to(machine.device)
        # fused: one pass over all weights instead of a dozen; it exists for CPU and CUDA.
        fused = machine.device.type in ("cpu", "cuda")
        self.optimizer = torch.optim.AdamW(self.model.parameters(), betas=(0.9, 0.98), weight_decay=0.0, fused=fused)
        self.batches = _batches(corpus, self.config)
        self.schedule = Schedule(self.config, len(self.batches))
        self.validation = ValidationSet(corpus)
        updates = max(LEAST_SPACING, self.validation.target_tokens * VALIDATION_SPACING / self.config.batch_tokens)
        self.validate_every = REPORT_EVERY * math.ceil(updates / REPORT_EVERY)
        self.step, self.validations, self.stale = 0, 0, 0
        self.validated_step = -1
        self.best_bleu, self.best_step = NO_BLEU, 0
        self.best_weights: dict[str, Tensor] = {}
        self.best_calibration: dict[str, float] = {}
        self._seconds_before, self._began = 0.0, world.now()
        self._last_validation = 0.0  # seconds

    @property
    def seconds(self) -> float:
        """Return the wall time trained so far, validation included, over all resumptions."""
        return self._seconds_before + self.world.now() - self._began

    @property
    def share(self) -> float:
        """Return the share of the budget that is used; 1 or more means all of it."""
        return self.schedule.share(self.step, self.seconds, self._last_validation)

    @property
    def seconds_left(self) -> float:
        """Return the seconds left, after the first update."""
        return self.schedule.seconds_left(self.step, self.seconds)

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

    def stream(self) -> Iterator[Batch]:
        """Yield the batches that follow the updates made so far, without end."""
        while True:
            epoch, begin = divmod(self.step, len(self.batches))
            yield from self.batches.epoch(epoch, begin)

    def update(self, batch: Batch) -> tuple[Tensor, int]:
        """Make one update; return the batch's summed negative log-likelihood and its number of target tokens.

        Each process computes the gradients of its own rows.
        """
        world, tokens = self.world, batch.target_tokens
        self.model.train()
        torch.manual_seed(mask_seed(self.config.seed, self.step, world.rank))
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        nll = torch.zeros((), device=self.machine.device)
        rows = batch.part(world.rank, world.size)
        if rows is not None:
            loss, nll, _ = batch_loss(self.model, rows, self.machine, self.config.label_smoothing)
        self.optimizer.zero_grad()
        if rows is not None:
            (loss / tokens).backward()  # type: ignore[no-untyped-call]
        nll = world.summed(self.model.parameters(), nll)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_norm)
        self.optimizer.step()
        self.step += 1
        return nll, tokens

    def validate(self) -> Validation | None:
        """Score the model on the validation text, and keep its weights if they are the best so far.

        Without validation text the latest weights count as the best, and the result is None.
        """
        begin = self.world.now()
        self.validated_step = self.step
        if not len(self.validation):
            self.keep_weights(NO_BLEU)
            return None
        self.model.eval()
        translations = self.validation.translations(self.model, self.machine, self.world)
        bleu = self.validation.bleu(translations)
        perplexity = self.validation.perplexity(self.model, self.machine, self.world)
        better = bleu > self.best_bleu or not self.best_weights
        self.stale = 0 if better else self.stale + 1
        if better:
            self.keep_weights(bleu)
            self.best_calibration = self.validation.calibration(translations).to_dict()
        example = self.validation.example(self.validations, translations.texts)
        self.validations += 1
        self.world.agree()
        self._last_validation = self.world.now() - begin
        return Validation(self.step, bleu, perplexity, better, self._last_validation, *example)

    def keep_weights(self, bleu: float) -> None:
        """Keep the current weights as the best, with their BLEU or NO_BLEU."""
        self.best_bleu, self.best_step = bleu, self.step
        self.best_weights = {name: value.detach().cpu().clone() for name, value in self.model.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """Return everything that resuming needs."""
        return {
            "settings": self.settings.to_dict(),
            "corpus": self.corpus.fingerprint,
            "tokenizer": torch.frombuffer(bytearray(self.corpus.tokenizer.model), dtype=torch.uint8),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "seconds": self.seconds,
            **{name: getattr(self, name) for name in _PROGRESS},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Return to `state`."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._seconds_before, self._began = state["seconds"], self.world.now()
        for name in set(_PROGRESS) & set(state):  # one of an older version has no calibration
            setattr(self, name, state[name])

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

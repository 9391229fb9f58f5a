"""What is known of a model without reading its weights, for lists of models."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from attn_cli.models.folder import CONFIG, TOKENIZER, WEIGHTS, read_config
from attn_cli.models.weights import count


@dataclass(frozen=True, kw_only=True)
class ModelSummary:
    """A model: its languages, number of weights, size in bytes, corpus, greedy validation BLEU and day of training."""

    pair: str
    parameters: int
    size: int
    corpus: str
    validation_bleu: float | None
    date: str


def summarise(folder: Path) -> ModelSummary:
    """Return the summary of the model in `folder`; where the day is not stored, that of its config.json.

    Raises ModelFolderError where the model is incomplete, or its config.json or the header of its weights is damaged.
    """
    config = read_config(folder)
    files = [(folder / name).stat() for name in (CONFIG, WEIGHTS, TOKENIZER)]
    return ModelSummary(
        pair="-".join(config.settings.languages),
        parameters=count(folder / WEIGHTS),
        size=sum(file.st_size for file in files),
        corpus=config.settings.corpus,
        validation_bleu=config.outcome.validation_bleu,
        date=config.outcome.date or date.fromtimestamp(files[0].st_mtime).isoformat(),
    )

"""Prepare: raw parallel text in, a cleaned, tokenised, memory-mapped corpus out."""

import json
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from attn_cli.foundation import storage
from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.settings import PrepareConfig, TokenizerConfig
from attn_cli.text.cleaning import Cleaning, Pair, clean, normalized, read_parallel
from attn_cli.text.prepared_corpus import FORMAT_VERSION, TokenFile
from attn_cli.text.tokenizer import Tokenizer
from attn_cli.training.presets import size_for

HELD_OUT_SHARE, HELD_OUT_MOST = 0.05, 1000


class Reporter(Protocol):
    """Who is told how preparing goes on."""

    def doing(self, what: str) -> None:
        """Hear of the next stage, in words."""


@dataclass(frozen=True)
class Sources:
    """Where the text is: training places (see corpus.py), and a place each for valid and test, or None."""

    train: tuple[str, ...]
    valid: str | None = None
    test: str | None = None


def starter_sources(pair: str) -> Sources | None:
    """Return where the corpus lies that comes with the package for `pair`, or None where there is none."""
    folder = storage.starter_corpus(pair)
    return Sources((str(folder / "train"),), str(folder / "valid"), str(folder / "test")) if folder else None


@dataclass(frozen=True)
class Prepared:
    """What was made: its folder, its description as stored in prepared.json, and what cleaning did."""

    folder: Path
    info: dict[str, Any]
    cleaning: Cleaning


def prepare(
    languages: tuple[str, str],
    sources: Sources,
    folder: Path,
    config: PrepareConfig,
    reporter: Reporter,
) -> Prepared:
    """Prepare the corpus at `sources` into `folder`, which is replaced as a whole.

    Without a place for valid or test, up to 5 % of the training pairs and at most 1,000 are held out for it, chosen
    by the seed. Raises CorpusError where the text cannot be read, or nothing is left of it.
    """
    storage.check_replaceable(folder, "prepared.json")
    reporter.doing("reading")
    train = list(chain.from_iterable(read_parallel(place, languages) for place in sources.train))
    places = {"valid": sources.valid, "test": sources.test}
    splits = {name: read_parallel(place, languages) for name, place in places.items() if place}
    train = _hold_out(train, splits, config.seed)
    reporter.doing(f"cleaning {len(train):,} pairs")
    kept, cleaned = clean(train, chain(*splits.values()), config.cleaning)
    if not kept:
        raise CorpusError(f"{', '.join(sources.train)}: no sentence pair is left after cleaning")
    words = {language: _words(pair[side] for pair in kept) for side, language in enumerate(languages)}
    tokenizer_config = TokenizerConfig(vocab_size=config.vocab_size or size_for(max(words.values())).vocab_size)
    reporter.doing("training the tokenizer")
    tokenizer = Tokenizer.train(_sample(kept, tokenizer_config.max_lines), tokenizer_config)
    info = {
        "format_version": FORMAT_VERSION,
        "source_language": languages[0],
        "target_language": languages[1],
        "sources": asdict(sources),
        "pairs": {"train": len(kept), **{name: len(pairs) for name, pairs in splits.items()}},
        "words": words,
        "dropped": dict(cleaned.dropped),
        "cleaning": config.cleaning.to_dict(),
        "tokenizer": tokenizer_config.to_dict() | {"vocab_size": tokenizer.vocab_size},
        "seed": config.seed,
    }
    reporter.doing("tokenising")
    with storage.replace_folder(folder, "prepared.json") as temporary:
        _write(temporary, languages, kept, splits, tokenizer)
        (temporary / "prepared.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")
    return Prepared(folder, info, cleaned)


def _hold_out(train: list[Pair], splits: dict[str, list[Pair]], seed: int) -> list[Pair]:
    """Move some of `train` into each split that is not given, and return the rest.

    What is held out is not empty, and no sentence of it, on either side, stands in the other split.
    """
    size = min(HELD_OUT_MOST, int(len(train) * HELD_OUT_SHARE))
    known = {normalized(sentence) for pairs in splits.values() for pair in pairs for sentence in pair}
    order = iter(np.random.default_rng(seed).permutation(len(train)).tolist())
    chosen: set[int] = set()
    for name in ("valid", "test"):
        if name in splits:
            continue
        splits[name] = []
        while len(splits[name]) < size and (row := next(order, None)) is not None:
            sides = {normalized(sentence) for sentence in train[row]}
            if all(train[row]) and not sides & known:
                splits[name].append(train[row])
                chosen.add(row)
        known |= {normalized(sentence) for pair in splits[name] for sentence in pair}
    return [pair for row, pair in enumerate(train) if row not in chosen] if chosen else train


def _words(sentences: Any) -> int:
    return sum(len(sentence.split()) for sentence in sentences)


def _sample(pairs: list[Pair], max_lines: int) -> Any:
    """Return the sentences of both sides, of evenly spread pairs where there are more than `max_lines`."""
    step = max(1, -(-2 * len(pairs) // max_lines))
    return chain.from_iterable(pairs[::step])


def _write(
    folder: Path, languages: tuple[str, str], train: list[Pair], splits: dict[str, list[Pair]], tokenizer: Tokenizer
) -> None:
    (folder / "tokenizer.model").write_bytes(tokenizer.model)
    for side, language in enumerate(languages):
        sentences = [pair[side] for pair in train]
        TokenFile.write(folder / f"train.{language}", tokenizer.encode_many(sentences))
        for name, lines in {"train": sentences, **{k: [pair[side] for pair in v] for k, v in splits.items()}}.items():
            text = "".join(f"{line}\n" for line in lines)
            (folder / f"{name}.{language}").write_text(text, encoding="utf-8", newline="\n")

"""Preparing a corpus: parallel text in, a cleaned, tokenised, memory-mapped corpus on disk out."""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from attn_cli.foundation import storage
from attn_cli.foundation.errors import CorpusError, VocabularyError
from attn_cli.foundation.settings import PrepareConfig, TokenizerConfig
from attn_cli.text.formats import Pair, read_parallel
from attn_cli.text.formats.tables import Columns
from attn_cli.text.languages import count_words
from attn_cli.text.preparation.cleaning import Cleaning, clean
from attn_cli.text.preparation.held_out import hold_out
from attn_cli.text.prepared_corpus import FORMAT_VERSION, TokenFile
from attn_cli.text.tokenizer import Tokenizer, with_room_for_characters

# Vocabulary sizes that suit a corpus of up to so many words in the language that has more.
VOCAB_SIZES = ((300e3, 2000), (2.5e6, 6000), (20e6, 8000), (math.inf, 16_000))


def vocab_size_for(words: int) -> int:
    """Return the vocabulary size that suits a corpus of `words` words in the language that has more."""
    return next(size for most, size in VOCAB_SIZES if words <= most)


@dataclass(frozen=True)
class Sources:
    """Locations of parallel text (see formats/): several for training, and one each for valid and test, or None.

    `columns` are those of source and target in tables, from 1; None where there are two, or a header names them.
    `corpora` says where text comes from that has been downloaded by name (see corpora/).
    """

    train: tuple[str, ...]
    valid: str | None = None
    test: str | None = None
    columns: Columns | None = None
    corpora: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Prepared:
    """The result of preparing: the corpus' folder, its description (prepared.json), and what cleaning dropped."""

    folder: Path
    info: dict[str, Any]
    cleaning: Cleaning


class Reporter(Protocol):
    """Receives the progress of preparing a corpus."""

    def doing(self, stage: str, /) -> None:
        """Receive the name of the stage that begins."""

    def note(self, text: str, /) -> None:
        """Receive a remark for the user."""

    def prepared(self, result: Prepared, /) -> None:
        """Receive the result, once the corpus is on disk."""


def prepare(
    languages: tuple[str, str], sources: Sources, folder: Path, config: PrepareConfig, reporter: Reporter
) -> Prepared:
    """Prepare the corpus at `sources` into `folder`, which is replaced as a whole.

    Without a location for valid or test, up to 5 % of the training pairs and at most 1,000 are held out for it,
    selected by the seed. Raises CorpusError where the text cannot be read, where no pair is left after cleaning, or
    where the text has more characters than the vocabulary has room for, and WorkspaceError where `folder` holds
    something other than a prepared corpus.
    """
    storage.check_replaceable(folder, "prepared.json")
    reporter.doing("reading")
    train, splits = _read(sources, languages, config.seed, reporter)
    reporter.doing(f"cleaning {len(train):,} pairs")
    kept, cleaning = clean(train, chain(*splits.values()), config.cleaning)
    if not kept:
        raise CorpusError(f"{', '.join(sources.train)}: no sentence pair is left after cleaning")
    words = {language: sum(count_words(pair[side]) for pair in kept) for side, language in enumerate(languages)}
    reporter.doing("training the tokenizer")
    tokenizer, tokenizer_config = _train_tokenizer(kept, config.vocab_size, max(words.values()))
    splits = {"train": kept, **splits}
    info: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "source_language": languages[0],
        "target_language": languages[1],
        "sources": asdict(sources),
        "pairs": {name: len(pairs) for name, pairs in splits.items()},
        "words": words,
        "dropped": dict(cleaning.dropped),
        "cleaning": config.cleaning.to_dict(),
        "tokenizer": tokenizer_config.to_dict() | {"vocab_size": tokenizer.vocab_size},
        "seed": config.seed,
    }
    info["corpora"] = info["sources"].pop("corpora")
    reporter.doing("tokenising")
    with storage.replace_folder(folder, "prepared.json") as temporary:
        info["text_sha256"] = _write(temporary, languages, splits, tokenizer)
        (temporary / "prepared.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")
    prepared = Prepared(folder, info, cleaning)
    reporter.prepared(prepared)
    return prepared


def _read(
    sources: Sources, languages: tuple[str, str], seed: int, reporter: Reporter
) -> tuple[list[Pair], dict[str, list[Pair]]]:
    """Return the training pairs, and those of valid and test, given or held out."""
    read = partial(read_parallel, languages=languages, columns=sources.columns, note=reporter.note)
    train = list(chain.from_iterable(map(read, sources.train)))
    given = {"valid": sources.valid, "test": sources.test}
    splits = {name: list(read(location)) for name, location in given.items() if location}
    return hold_out(train, splits, seed), splits


def _train_tokenizer(pairs: list[Pair], vocab_size: int | None, words: int) -> tuple[Tokenizer, TokenizerConfig]:
    """Return a tokenizer for the pairs, and its settings, with room for their characters."""
    config = TokenizerConfig(vocab_size=vocab_size or vocab_size_for(words))
    try:
        return Tokenizer.train(_sample(pairs, config.max_lines), config), config
    except VocabularyError:
        config = with_room_for_characters(config, _sample(pairs, config.max_lines), larger=vocab_size is None)
        return Tokenizer.train(_sample(pairs, config.max_lines), config), config


def _sample(pairs: list[Pair], max_lines: int) -> Iterator[str]:
    """Return the sentences of both sides, of evenly spaced pairs where there are more than `max_lines` sentences."""
    step = max(1, -(-2 * len(pairs) // max_lines))
    return chain.from_iterable(pairs[::step])


def _write(
    folder: Path, languages: tuple[str, str], splits: dict[str, list[Pair]], tokenizer: Tokenizer
) -> dict[str, str]:
    """Write the tokenizer, the texts and the training text's token ids; return the SHA-256 of each text file."""
    (folder / "tokenizer.model").write_bytes(tokenizer.model)
    hashes = {}
    for side, language in enumerate(languages):
        for name, pairs in splits.items():
            text = "".join(f"{pair[side]}\n" for pair in pairs).encode()
            (folder / f"{name}.{language}").write_bytes(text)
            hashes[f"{name}.{language}"] = hashlib.sha256(text).hexdigest()
        ids = tokenizer.encode_many(pair[side] for pair in splits["train"])
        TokenFile.write(folder / f"train.{language}", ids)
    return hashes

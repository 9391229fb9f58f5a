"""Preparing a corpus: parallel text in, a cleaned, tokenised, memory-mapped corpus on disk out.

The text streams through: it is read and cleaned in chunks, by several processes, and waits on disk (spool.py) until it
is known which pairs repeat others (selection.py). The files depend on the text and the settings alone, not on the
number of processes.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from attn_cli.foundation import replacing
from attn_cli.foundation.errors import CorpusError, VocabularyError
from attn_cli.foundation.locks import exclusive
from attn_cli.foundation.settings import PrepareConfig, TokenizerConfig
from attn_cli.text.analysis.language_check import PairCheck
from attn_cli.text.formats import Pair, read_parallel
from attn_cli.text.formats.standard_input import STANDARD_INPUT, from_standard_input
from attn_cli.text.formats.tables import Columns
from attn_cli.text.preparation.cleaning import Cleaner
from attn_cli.text.preparation.output import DROPPED_HEADER, Dropped, PairFile
from attn_cli.text.preparation.progress import Cleaning, Prepared, Reporter
from attn_cli.text.preparation.reading import read_into
from attn_cli.text.preparation.selection import Sides, drop_known, drop_repeated, hold_out, one_sentence
from attn_cli.text.preparation.spool import FATES, TRAIN, Spool, compared_hash
from attn_cli.text.prepared_corpus import FORMAT_VERSION, TOKENIZER
from attn_cli.text.token_files import tokenise
from attn_cli.text.tokenizer import Tokenizer, with_room_for_characters

# Vocabulary sizes that suit a corpus of up to so many words in the language that has more.
VOCAB_SIZES = ((300e3, 2000), (2.5e6, 6000), (20e6, 8000), (math.inf, 16_000))
SPOOL = "spool"  # folder of what is removed at the end
SPLITS = ("train", "valid", "test")
COUNTED_EVERY = 10_000  # pairs that are written


def vocab_size_for(words: int) -> int:
    """Return the vocabulary size that suits a corpus of `words` words in the language that has more."""
    return next(size for most, size in VOCAB_SIZES if words <= most)


@dataclass(frozen=True)
class Sources:
    """Locations of parallel text (see formats/): several for training, and one each for valid and test, or None.

    `synthetic` is further text for training, one side of which is the work of a program: none of it is held out.
    `columns` are those of source and target in tables, from 1; None where there are two, or a header names them.
    `corpora` says where text comes from that has been downloaded by name (see corpora/).
    """

    train: tuple[str, ...]
    valid: str | None = None
    test: str | None = None
    columns: Columns | None = None
    synthetic: tuple[str, ...] = ()
    corpora: tuple[dict[str, Any], ...] = ()


def prepare(
    languages: tuple[str, str],
    sources: Sources,
    folder: Path,
    config: PrepareConfig,
    reporter: Reporter,
    *,
    tokenizer: Tokenizer | None = None,
    show_dropped: Path | None = None,
    processes: int = 1,
) -> Prepared:
    """Prepare the corpus at `sources` into `folder`, which is replaced as a whole.

    Without a location for valid or test, up to 5 % of the pairs that are kept, and at most 1,000, are held out for it,
    selected by the seed. Without a `tokenizer` one is trained. The pairs dropped are written to `show_dropped`. The
    result is the same with any number of `processes`. Raises CorpusError where the text cannot be read, where no
    pair is left after cleaning, or where the text has more characters than the vocabulary has room for, and
    WorkspaceError where `folder` or `show_dropped` holds something else, or another process is preparing into `folder`,
    SettingsError where the languages cannot be told apart and `check_language` is set.
    """
    replacing.check_replaceable(folder, "prepared.json")
    if config.cleaning.check_language:
        PairCheck(*languages)  # raises SettingsError
    if show_dropped:
        replacing.check_writable(show_dropped, DROPPED_HEADER)
    with exclusive(folder), replacing.replace_folder(folder, "prepared.json") as temporary:
        run = _Preparation(languages, sources, temporary, config, reporter, processes)
        with ExitStack() as run.open_files, Spool(temporary / SPOOL) as run.spool:
            run.read()
            run.select()
            run.write(show_dropped)
        info = run.description() | {"tokenizer": run.tokenise(tokenizer)}
        text = json.dumps(info, indent=2, ensure_ascii=False) + "\n"
        (temporary / "prepared.json").write_text(text, encoding="utf-8")
    prepared = Prepared(folder, info)
    reporter.prepared(prepared)
    return prepared


@dataclass
class _Preparation:
    """One call of `prepare`: its input and output, and what is known so far."""

    languages: tuple[str, str]
    sources: Sources
    folder: Path
    config: PrepareConfig
    reporter: Reporter
    processes: int
    open_files: ExitStack = field(init=False)
    spool: Spool = field(init=False)
    given: dict[str, Sides] = field(default_factory=dict)  # hashes of the sentences of valid and test
    files: dict[str, PairFile] = field(default_factory=dict)
    begins: list[tuple[int, str]] = field(default_factory=list)  # the row where each location begins
    mended: Counter[str] = field(default_factory=Counter)

    def read(self) -> None:
        """Write the splits that are given, and read and clean the text to train on into the spool."""
        for name, location in (("valid", self.sources.valid), ("test", self.sources.test)):
            if location:
                self._read_split(name, location)
        for location in self.sources.train:
            self._read_to_train(location)
        self.genuine = self.spool.count
        for location in self.sources.synthetic:
            self._read_to_train(location)

    def _read_split(self, name: str, location: str) -> None:
        self.reporter.doing(f"reading {location}")
        hashes: tuple[list[int], list[int]] = ([], [])
        file = self._open(name)
        for pair in self._pairs(location):
            file.write(*(f"{side}\n".encode() for side in pair))
            for known, side in zip(hashes, pair, strict=True):
                known.append(compared_hash(side))
        self.given[name] = (np.array(hashes[0], np.uint64), np.array(hashes[1], np.uint64))

    def _read_to_train(self, location: str) -> None:
        self.reporter.doing(f"reading and cleaning {location}", "pairs")
        self.begins.append((self.spool.count, location))
        cleaner = Cleaner(self.config.cleaning, self.languages)
        pairs = self._pairs(location)
        self.mended.update(read_into(self.spool, location, pairs, cleaner, self.processes, self.reporter))

    def _open(self, name: str) -> PairFile:
        """Return the file of a split, which is closed once all are written."""
        self.files[name] = self.open_files.enter_context(PairFile(self.folder, name, self.languages))
        return self.files[name]

    def _pairs(self, location: str) -> Iterator[Pair]:
        read = partial(read_parallel, languages=self.languages, columns=self.sources.columns, note=self.reporter.note)
        return from_standard_input(self.folder / SPOOL, read) if location == STANDARD_INPUT else read(location)

    def select(self) -> None:
        """Drop the pairs that repeat others, and hold out valid and test where they are not given."""
        self.reporter.doing(f"comparing {self.spool.count:,} pairs")
        rows = self.spool.rows()
        drop_repeated(rows, one_translation=self.config.cleaning.one_translation)
        if warning := one_sentence(rows):
            self.reporter.note(warning)
        for sides in self.given.values():
            drop_known(rows, sides)
        hold_out(rows, self.given, seed=self.config.seed, genuine=self.genuine)
        self.rows = rows

    def write(self, show_dropped: Path | None) -> None:
        """Write each pair where it belongs, and report the result of cleaning.

        Raises CorpusError where no pair is left to train on.
        """
        self.reporter.doing("writing", "pairs")
        for name in {*SPLITS} - set(self.files):
            self._open(name)
        with Dropped(self.begins, show_dropped) as dropped:
            self._distribute(dropped)
        self.cleaning = self._result(dropped)
        kept = self.rows["fate"] == TRAIN
        words = self.rows["words"][kept].sum(axis=0, dtype=np.int64).tolist()
        self.words = dict(zip(self.languages, words, strict=True))
        del self.rows  # unmaps the file of the rows, which is removed next
        self.reporter.cleaned(self.cleaning)
        if not self.files["train"].count:
            locations = ", ".join((*self.sources.train, *self.sources.synthetic))
            raise CorpusError(f"{locations}: no sentence pair is left after cleaning")

    def _distribute(self, dropped: Dropped) -> None:
        files = [self.files.get(fate) for fate in FATES]
        fates = self.rows["fate"].tobytes()
        for row, (fate, lines) in enumerate(zip(fates, self.spool.lines(), strict=True)):
            if file := files[fate]:
                file.write(*lines)
            else:
                dropped.add(row, FATES[fate], lines)
            if row % COUNTED_EVERY == 0:
                self.reporter.counted(row, row / len(fates))

    def _result(self, dropped: Dropped) -> Cleaning:
        counts = dict(zip(FATES, np.bincount(self.rows["fate"], minlength=len(FATES)).tolist(), strict=True))
        pairs = {name: self.files[name].count for name in SPLITS}
        if self.sources.synthetic:
            pairs["synthetic"] = int((self.rows["fate"][self.genuine :] == TRAIN).sum())
        reasons = {name: count for name, count in counts.items() if name not in pairs and count}
        examples = {name: dropped.examples[name] for name in reasons}
        return Cleaning(read=len(self.rows), dropped=reasons, mended=dict(self.mended), pairs=pairs, examples=examples)

    def description(self) -> dict[str, Any]:
        """Return the content of prepared.json, but for the tokenizer."""
        sources = asdict(self.sources)
        return {
            "format_version": FORMAT_VERSION,
            "source_language": self.languages[0],
            "target_language": self.languages[1],
            "corpora": sources.pop("corpora"),
            "sources": sources,
            "pairs": self.cleaning.pairs,
            "words": self.words,
            "dropped": self.cleaning.dropped,
            "dropped_examples": self.cleaning.examples,
            "mended": self.cleaning.mended,
            "cleaning": self.config.cleaning.to_dict(),
            "seed": self.config.seed,
            "text_sha256": {name: sha256 for split in SPLITS for name, sha256 in self.files[split].hashes().items()},
        }

    def tokenise(self, given: Tokenizer | None) -> dict[str, Any]:
        """Write the tokenizer, `given` or trained, and the token ids; return the tokenizer's settings."""
        tokenizer, settings = (given, {}) if given else self._train_tokenizer()
        (self.folder / TOKENIZER).write_bytes(tokenizer.model)
        self.reporter.doing("tokenising", "sentences")
        pairs = self.files["train"].count
        for side, path in enumerate(self.files["train"].paths):
            tokenise(path, path, tokenizer, self.processes, partial(self._tokenised, side * pairs, 2 * pairs))
        return settings | {"vocab_size": tokenizer.vocab_size}

    def _tokenised(self, before: int, of: int, done: int) -> None:
        self.reporter.counted(before + done, (before + done) / of)

    def _train_tokenizer(self) -> tuple[Tokenizer, dict[str, Any]]:
        """Return a tokenizer for the text, and its settings, with room for the characters."""
        self.reporter.doing("training the tokenizer")
        vocab_size = self.config.vocab_size
        config = TokenizerConfig(vocab_size=vocab_size or vocab_size_for(max(self.words.values())))
        sample = partial(_sample, self.files["train"], config.max_lines)
        try:
            return Tokenizer.train(sample(), config), config.to_dict()
        except VocabularyError:
            config = with_room_for_characters(config, sample(), larger=vocab_size is None)
            return Tokenizer.train(sample(), config), config.to_dict()


def _sample(file: PairFile, max_lines: int) -> Iterator[str]:
    """Yield the sentences of both sides, of evenly spaced pairs where there are more than `max_lines` sentences."""
    step = max(1, -(-2 * file.count // max_lines))
    source, target = file.paths
    with source.open(encoding="utf-8", newline="\n") as sources, target.open(encoding="utf-8", newline="\n") as targets:
        for pair in islice(zip(sources, targets, strict=True), 0, None, step):
            yield from (side.removesuffix("\n") for side in pair)

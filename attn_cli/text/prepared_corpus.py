"""A prepared corpus on disk, memory-mapped.

It is a folder (en-fr as the example):

    prepared.json             how and from which text it was made, and a hash of each text file; written last
    tokenizer.model           SentencePiece
    train.en  train.fr        cleaned text, one sentence per line
    train.en.tokens.npy       the token ids of that text (token_files.py)
    train.en.offsets.npy      where each sentence begins in them
    valid.*  test.*           raw text, never cleaned
    tokens-HASH/              for fine-tuning: tokenizer.model of another model, and the token ids that it makes

A corpus may come from an untrusted source: named pipes and devices are not read, and a damaged file is an error that
names it.
"""

import copy
import hashlib
import json
from itertools import islice
from pathlib import Path
from typing import Any

from attn_cli.foundation.errors import CorpusError, ModelFolderError, SettingsError
from attn_cli.foundation.processes import cores
from attn_cli.foundation.replacing import replace_folder
from attn_cli.foundation.settings import CleaningConfig
from attn_cli.foundation.storage import DESCRIPTION_MOST, WRITTEN_LAST, parse_json, read_file
from attn_cli.text.formats import Pair, read_parallel
from attn_cli.text.formats.lines import read_lines
from attn_cli.text.languages import count_words, split_pair
from attn_cli.text.token_files import TokenFile, tokenise
from attn_cli.text.tokenizer import TOKENIZER_MOST, Tokenizer

FORMAT_VERSION = 1
TOKENIZER = "tokenizer.model"


class PreparedCorpus:
    """A prepared corpus, read in either direction."""

    def __init__(self, folder: Path, *, reverse: bool = False) -> None:
        """Open the corpus in `folder`.

        Raises CorpusError where it is missing, damaged, or of a newer format.
        """
        self.folder = self._tokens = folder
        self.info = read_info(folder)
        source, target = self.info["source_language"], self.info["target_language"]
        self.languages: tuple[str, str] = (target, source) if reverse else (source, target)
        try:
            self.tokenizer = self._own_tokenizer = Tokenizer(read_file(folder / TOKENIZER, TOKENIZER_MOST))
        except (OSError, ModelFolderError):
            raise CorpusError(f"{folder / TOKENIZER}: missing or damaged; prepare the corpus again") from None

    def reversed(self) -> "PreparedCorpus":
        """Return the same corpus, read in the other direction."""
        other = copy.copy(self)
        other.languages = (self.languages[1], self.languages[0])
        return other

    def with_tokenizer(self, tokenizer: Tokenizer) -> "PreparedCorpus":
        """Return the same corpus with its training text in the pieces of another tokenizer.

        The token ids are made at the first call, and kept in the corpus' folder. Raises CorpusError where the training
        text is missing or damaged, OSError where the ids cannot be written.
        """
        if tokenizer.model == self.tokenizer.model:
            return self
        other = copy.copy(self)
        other.tokenizer = tokenizer
        other._tokens = self.folder / f"tokens-{hashlib.sha256(tokenizer.model).hexdigest()[:16]}"
        if not (other._tokens / TOKENIZER).is_file():
            with replace_folder(other._tokens, TOKENIZER) as temporary:
                (temporary / TOKENIZER).write_bytes(tokenizer.model)
                for language, own in zip(self.languages, self.train(), strict=True):
                    self._tokenise(self._text("train", language), temporary / f"train.{language}", tokenizer, len(own))
        return other

    @staticmethod
    def _tokenise(text: Path, prefix: Path, tokenizer: Tokenizer, lines: int) -> None:
        try:
            tokenise(text, prefix, tokenizer, cores())
            if len(TokenFile(prefix)) == lines:
                return
        except UnicodeDecodeError:
            pass
        raise CorpusError(f"{text}: damaged; prepare the corpus again")

    @property
    def fingerprint(self) -> str:
        """Return a hash that distinguishes this corpus, read in this direction, from any other.

        It is the same with every tokenizer.
        """
        contents = (
            json.dumps(self.info, sort_keys=True).encode(),
            self._own_tokenizer.model,
            "-".join(self.languages).encode(),
        )
        return hashlib.sha256(b"\0".join(contents)).hexdigest()

    @property
    def cleaning(self) -> CleaningConfig:
        """Return the settings by which the training text was cleaned."""
        return CleaningConfig.from_dict(self.info["cleaning"])

    @property
    def words(self) -> int:
        """Return the number of words of the training text, in the language that has more."""
        return int(max(self.info["words"].values()))

    @property
    def synthetic(self) -> int:
        """Return how many training pairs, the last ones, have a side that a model translated."""
        return int(self.info["pairs"].get("synthetic", 0))

    @property
    def target_tokens(self) -> int:
        """Return the number of tokens of the training text's target side, each final eos included."""
        return int(self.train()[1].lengths.sum())

    def pieces_per_word(self, tokenizer: Tokenizer) -> dict[str, float]:
        """Return how many pieces `tokenizer` makes of a word of the first 1,000 training pairs, by language."""
        result = {}
        for language in self.languages:
            lines = list(islice(read_lines(self._text("train", language)), 1000))
            pieces = sum(len(tokens) - 1 for tokens in tokenizer.encode(lines))  # without each final eos
            result[language] = pieces / max(1, sum(map(count_words, lines)))
        return result

    def train(self) -> tuple[TokenFile, TokenFile]:
        """Return the source and the target side of the training text.

        Raises CorpusError where they are missing or damaged; the token ids themselves are not looked at.
        """
        source, target = (TokenFile(self._tokens / f"train.{language}") for language in self.languages)
        if not len(source) == len(target) == self.info["pairs"]["train"] or not len(source):
            raise CorpusError(f"{self._tokens}: the prepared corpus is damaged (its sides differ); prepare it again")
        return source, target

    def split(self, name: str) -> list[Pair]:
        """Return the raw sentence pairs of "valid" or "test"."""
        for language in self.languages:
            self._text(name, language)
        return list(read_parallel(str(self.folder / name), self.languages))

    def _text(self, name: str, language: str) -> Path:
        """Return the path of a text file.

        Raises CorpusError where it is missing, or is a named pipe or the like.
        """
        path = self.folder / f"{name}.{language}"
        if not path.is_file():
            raise CorpusError(f"{path}: missing, or not a regular file; prepare the corpus again")
        return path


def read_info(folder: Path) -> dict[str, Any]:
    """Return the description of the corpus in `folder`: the content of its prepared.json.

    Raises CorpusError where it is missing, damaged, or of a newer format.
    """
    path = folder / WRITTEN_LAST["corpora"]
    try:
        info: dict[str, Any] = parse_json(read_file(path, most=DESCRIPTION_MOST))
        if info["format_version"] > FORMAT_VERSION:
            raise CorpusError(f"{folder}: prepared by a newer version of attn-mt; update attn-mt, or prepare it again")
        CleaningConfig.from_dict(info["cleaning"])
        languages = info["source_language"], info["target_language"]
        pairs, synthetic = info["pairs"]["train"], info["pairs"].get("synthetic", 0)
        needed = [*info["words"].values(), pairs, synthetic, info["tokenizer"]["vocab_size"]]
        are_counts = all(isinstance(count, int) and 0 <= count < 1 << 63 for count in needed)
        if are_counts and synthetic <= pairs and set(languages) <= info["words"].keys() and _are_languages(*languages):
            return info
    except (FileNotFoundError, NotADirectoryError):
        raise CorpusError(f"{folder}: no prepared corpus in this folder; prepare one first") from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); prepare the corpus again") from None
    except (ValueError, LookupError, TypeError, AttributeError, SettingsError):
        pass
    raise CorpusError(f"{path}: damaged; prepare the corpus again")


def _are_languages(source: str, target: str) -> bool:
    """Return whether these are two codes of languages; they are parts of the names of files."""
    return split_pair(f"{source}-{target}") == (source, target)

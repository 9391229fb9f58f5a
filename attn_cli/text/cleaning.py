"""Parallel text: reading its formats, naming what is wrong with it, and cleaning it for training.

A place of parallel text is PREFIX, which stands for PREFIX.en and PREFIX.fr (each also as .gz), or a file of two
columns, FILE.tsv or FILE.tsv.gz.
"""

import gzip
import string
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.settings import CleaningConfig

Pair = tuple[str, str]
# A character of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
SPACELESS = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"


def read_parallel(place: str, languages: tuple[str, str]) -> list[Pair]:
    """Return the sentence pairs at `place`, stripped of surrounding white space.

    Raises CorpusError where a file is missing or is not UTF-8, where the two sides differ in their number of lines,
    or where a line of a .tsv file does not have two columns.
    """
    path = Path(place)
    if path.name.endswith((".tsv", ".tsv.gz")):
        return [_columns(path, number, line) for number, line in enumerate(read_lines(path), 1)]
    paths = [_side(path, language) for language in languages]
    sides = [[line.strip() for line in read_lines(side)] for side in paths]
    if len(sides[0]) != len(sides[1]):
        counts = " and ".join(f"{side} has {len(lines)} lines" for side, lines in zip(paths, sides, strict=True))
        raise CorpusError(f"{counts}; the two sides of a corpus must match line by line")
    return list(zip(*sides, strict=True))


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, .gz or not, without their ends; only a line feed ends one.

    Raises CorpusError where the file is missing or cannot be read, or a line is not UTF-8 (the line is named).
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield _text(line, path, number)
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise CorpusError(f"{path}: cannot be read ({error})") from None


def _text(line: bytes, path: Path, number: int) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        place = f"{path}, line {number}, byte {error.start + 1}"
        raise CorpusError(f"{place}: not valid UTF-8; convert the file, for example with iconv") from None
    return (text.removeprefix("\ufeff") if number == 1 else text).rstrip("\r\n")


def _columns(path: Path, number: int, line: str) -> Pair:
    columns = line.split("\t") if line.strip() else ["", ""]
    if len(columns) != 2:
        raise CorpusError(f"{path}, line {number}: {len(columns)} columns; each line needs two, separated by a tab")
    return columns[0].strip(), columns[1].strip()


def _side(prefix: Path, language: str) -> Path:
    plain, packed = Path(f"{prefix}.{language}"), Path(f"{prefix}.{language}.gz")
    if not plain.exists() and not packed.exists():
        raise CorpusError(f"{plain}: no such file, nor {packed.name}; {prefix} stands for two files, one a language")
    return plain if plain.exists() else packed


_IGNORED = str.maketrans(dict.fromkeys(string.punctuation + "«»“”‘’…–—¿¡。、！？", " "))


def normalized(sentence: str) -> str:
    """Return what two sentences are compared by: letters and digits, without case, punctuation or extra space."""
    return " ".join(sentence.casefold().translate(_IGNORED).split()) or sentence


@dataclass
class Cleaning:
    """What cleaning did: pairs read, pairs kept, and pairs dropped for each reason."""

    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


EMPTY = "one side empty"
TOO_LONG = "too long"
RATIO = "lengths too different"
DUPLICATE = "duplicate"
HELD_OUT = "also in valid or test"
REASONS = (EMPTY, TOO_LONG, RATIO, DUPLICATE, HELD_OUT)


def clean(pairs: Iterable[Pair], held_out: Iterable[Pair], config: CleaningConfig) -> tuple[list[Pair], Cleaning]:
    """Return the pairs fit for training, and the count of what was dropped and why (the first reason that applies).

    A pair is dropped as held out where either of its sides is a side of `held_out`, compared by `normalized`.
    """
    seen: set[Pair] = set()
    kept: list[Pair] = []
    known: tuple[set[str], set[str]] = (set(), set())
    for pair in held_out:
        for side, sentence in zip(known, pair, strict=True):
            side.add(normalized(sentence))
    cleaning = Cleaning()
    for pair in pairs:
        cleaning.read += 1
        reason = _unfit(pair, config) or _repeated(pair, seen, known)
        if reason:
            cleaning.dropped[reason] += 1
        else:
            kept.append(pair)
    cleaning.kept = len(kept)
    return kept, cleaning


def is_too_long(pair: Pair, config: CleaningConfig) -> bool:
    """Tell whether a side of the pair is longer than what is trained on."""
    return any(len(side) > config.max_characters or len(side.split()) > config.max_words for side in pair)


def _unfit(pair: Pair, config: CleaningConfig) -> str | None:
    if not (pair[0] and pair[1]):
        return EMPTY
    if is_too_long(pair, config):
        return TOO_LONG
    # In bytes of UTF-8, in which Latin, Cyrillic and Chinese sentences of one meaning are about equally long; ten
    # more on each side, because short sentences differ more.
    shorter, longer = sorted(len(side.encode()) + 10 for side in pair)
    return RATIO if longer > config.max_ratio * shorter else None


def _repeated(pair: Pair, seen: set[Pair], known: tuple[set[str], set[str]]) -> str | None:
    if pair in seen:
        return DUPLICATE
    seen.add(pair)
    held_out = any(normalized(sentence) in side for sentence, side in zip(pair, known, strict=True))
    return HELD_OUT if held_out else None

"""Write the starter corpus, data/en-fr/, from the grammar and the hand-written pairs.

    python -m scripts.starter_corpus.build [FOLDER]

Which sentence goes where is decided by a checksum of its English, so that a new sentence moves few others.
"""

import sys
import zlib
from pathlib import Path

from .grammar import Pair, comparison_key, generate

FOLDER = Path(__file__).parents[2] / "data" / "en-fr"
HANDWRITTEN = FOLDER / "handwritten.tsv"
GRAMMAR_SIZES = {"test": 1000, "valid": 350, "train": 24_000}
HANDWRITTEN_SIZES = {"test-handwritten": 250, "valid": 150, "train": 10_000}

TextPair = tuple[str, str]


def checksum(english: str) -> int:
    """Return the number that places a sentence."""
    return zlib.crc32(comparison_key(english).encode())


def handwritten() -> list[TextPair]:
    """Return the hand-written pairs, in the order of their checksums."""
    lines = HANDWRITTEN.read_text(encoding="utf-8").splitlines()
    pairs = [(line.split("\t")[0], line.split("\t")[1]) for line in lines]
    return sorted(pairs, key=lambda pair: checksum(pair[0]))


def generated(besides: list[TextPair]) -> list[Pair]:
    """Return the grammar's pairs without the sentences of `besides`, in the order of their checksums."""
    known = [{comparison_key(pair[side]) for pair in besides} for side in (0, 1)]
    pairs = [
        pair
        for pair in generate()
        if comparison_key(pair.english_text) not in known[0] and comparison_key(pair.french_text) not in known[1]
    ]
    return sorted(pairs, key=lambda pair: checksum(pair.english_text))


def build(folder: Path) -> None:
    """Write all splits, and the gold alignment of the grammar's test sentences."""
    by_hand = handwritten()
    by_grammar = generated(besides=by_hand)
    splits: dict[str, list[TextPair]] = {}
    begin = 0
    for name, size in GRAMMAR_SIZES.items():
        part = by_grammar[begin : begin + size]
        splits[name] = [(pair.english_text, pair.french_text) for pair in part]
        begin += size
    begin = 0
    for name, size in HANDWRITTEN_SIZES.items():
        splits.setdefault(name, []).extend(by_hand[begin : begin + size])
        begin += size
    for name, pairs in splits.items():
        # The test of the grammar keeps its order, which its alignments share; the others are mixed.
        ordered = pairs if name == "test" else sorted(pairs, key=lambda pair: checksum(pair[0][::-1]))
        for side, language in enumerate(("en", "fr")):
            write(folder / f"{name}.{language}", [pair[side] for pair in ordered])
    links = [" ".join(f"{i}-{j}" for i, j in pair.alignment) for pair in by_grammar[: GRAMMAR_SIZES["test"]]]
    write(folder / "test.align", links)


def write(path: Path, lines: list[str]) -> None:
    """Write lines as UTF-8 with line feeds."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)

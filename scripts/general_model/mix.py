"""Mix the training text of a general model for English and French from several corpora.

    python -m scripts.general_model.mix en-fr --data FOLDER --out FOLDER

FOLDER of `--data` holds tatoeba-en-fr, phpdocs-en-fr, pydocs-en-fr and canlaw-en-fr, each with train.en and train.fr
(.gz or not), Tatoeba and canlaw also with valid.*. Writes train.tsv and valid.tsv. The starter corpus is added. All
random choices follow from `--seed`.
"""

import argparse
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from attn_cli.foundation.errors import WorkspaceError
from attn_cli.text.catalogue import starter_corpus
from attn_cli.text.formats import Pair, read_parallel

LAW_PAIRS = 250_000  # of about 454,000 that pass `is_good_law`
HELD_OUT = {"tatoeba-en-fr": 600, "canlaw-en-fr": 150, "phpdocs-en-fr": 125, "pydocs-en-fr": 125}
# One pair in so many is added again as people type it: without capitals and punctuation, or all in capitals.
PLAIN_ONE_IN, CAPITALS_ONE_IN = 10, 40
_PUNCTUATION = str.maketrans("", "", "".join(set(string.punctuation) - {"'", "-"}) + "“”«»…")


def plain(text: str) -> str:
    """Return `text` in lower case, without punctuation but apostrophes and hyphens."""
    return " ".join(text.translate(_PUNCTUATION).lower().split())


def numbers(text: str) -> list[str]:
    """Return the numbers in `text`, sorted."""
    return sorted(re.findall(r"\d+", text))


def is_good_law(pair: Pair) -> bool:
    """Return whether a pair of the law corpus is likely to be a translation: similar lengths and the same numbers."""
    counts = sorted(len(side.split()) for side in pair)
    fitting = counts[0] >= 2 and counts[1] <= 60 and counts[1] <= 2 * counts[0] + 3
    return fitting and numbers(pair[0]) == numbers(pair[1])


def read(folder: Path, split: str, languages: Pair) -> list[Pair]:
    """Return the pairs of a split that have both sides, as source and target."""
    return [pair for pair in read_parallel(str(folder / split), languages) if all(pair)]


def sample(pairs: list[Pair], count: int, random: np.random.Generator) -> list[Pair]:
    """Return `count` random pairs, in their order."""
    return [pairs[row] for row in np.sort(random.permutation(len(pairs))[:count])]


def mixed(data: Path, starter: Path, languages: Pair, random: np.random.Generator) -> tuple[list[Pair], list[Pair]]:
    """Return the training and the validation pairs."""
    train, valid = [], []
    everyday = read(data / "tatoeba-en-fr", "train", languages)
    train += everyday
    train += [(plain(pair[0]), pair[1]) for pair in sample(everyday, len(everyday) // PLAIN_ONE_IN, random)]
    capitals = sample(everyday, len(everyday) // CAPITALS_ONE_IN, random)
    train += [(source.upper(), target.upper()) for source, target in capitals]
    law = [pair for pair in read(data / "canlaw-en-fr", "train", languages) if is_good_law(pair)]
    train += sample(law, LAW_PAIRS, random)
    for name in ("phpdocs-en-fr", "pydocs-en-fr"):
        pairs = read(data / name, "train", languages)
        held_out = set(random.permutation(len(pairs))[: HELD_OUT[name]].tolist())
        train += [pair for row, pair in enumerate(pairs) if row not in held_out]
        valid += [pairs[row] for row in sorted(held_out)]
    for name in ("tatoeba-en-fr", "canlaw-en-fr"):
        valid += sample(read(data / name, "valid", languages), HELD_OUT[name], random)
    return train + read(starter, "train", languages), valid


def lines(pairs: Iterable[Pair]) -> Iterator[str]:
    """Yield each pair as a line of a .tsv file."""
    for source, target in pairs:
        yield "\t".join(side.replace("\t", " ") for side in (source, target)) + "\n"


def main() -> None:
    """Run the script by its command line."""
    parser = argparse.ArgumentParser(description="Mix the training text of a general model.")
    parser.add_argument("pair", choices=("en-fr", "fr-en"))
    parser.add_argument("--data", type=Path, required=True, help="folder with the corpora")
    parser.add_argument("--out", type=Path, required=True, help="folder for train.tsv and valid.tsv")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source, target = options.pair.split("-")
    starter = starter_corpus("en-fr")
    if starter is None:
        raise WorkspaceError("the starter corpus is missing")
    options.out.mkdir(parents=True, exist_ok=True)
    texts = mixed(options.data, starter, (source, target), np.random.default_rng(options.seed))
    for name, pairs in zip(("train", "valid"), texts, strict=True):
        with (options.out / f"{name}.tsv").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines(pairs))
        print(f"{name}: {len(pairs):,} pairs")


if __name__ == "__main__":
    main()

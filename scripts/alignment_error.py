"""Measure how well a model's attention aligns words: precision, recall and alignment error rate (AER).

    python -m scripts.alignment_error MODEL --test data/en-fr/test --align data/en-fr/test.align

Each word of the reference is linked to the source word that it attends to most (Alignment.links). A line of FILE has
the gold links of one pair, `source-target`, from 0; words are counted as in attn_cli/decoding/alignment.py.
"""

import argparse
import re
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path

from attn_cli.decoding.alignment import Alignment, align, require_attention
from attn_cli.decoding.choice import EngineChoice
from attn_cli.foundation.errors import AttnMTError, CorpusError
from attn_cli.foundation.settings import MachineConfig
from attn_cli.models.catalogue import open_model
from attn_cli.models.folder import StoredModel
from attn_cli.text.formats import Pair, read_parallel
from attn_cli.text.formats.lines import read_lines

Link = tuple[int, int]  # source word, target word, from 0


def read_links(path: Path) -> list[set[Link]]:
    """Return the links of each line of a word alignment such as `0-0 1-2`: source word, target word, from 0.

    Raises CorpusError where a link is not of that form.
    """
    links = []
    for number, line in enumerate(read_lines(path), 1):
        pairs = [re.fullmatch(r"([0-9]+)-([0-9]+)", link) for link in line.split()]
        if None in pairs:
            wrong = line.split()[pairs.index(None)]
            raise CorpusError(f"{path}, line {number}: {wrong} is no link; write source-target, from 0, as in 0-0 1-2")
        links.append({(int(pair[1]), int(pair[2])) for pair in pairs if pair})
    return links


def alignment_error_rate(ours: AbstractSet[object], gold: AbstractSet[object]) -> float:
    """Return 1 - (|A∩S| + |A∩P|) / (|A| + |S|) of links A, where all gold links are sure: S = P.

    (Och & Ney 2003, section 5.1.)
    """
    return 1 - 2 * len(ours & gold) / (len(ours) + len(gold))


def aligned(stored: StoredModel, pairs: list[Pair]) -> list[Alignment]:
    """Return the alignment of each pair by a model that is forced to produce the reference."""
    sources, targets = (stored.tokenizer.encode([pair[side] for pair in pairs]) for side in (0, 1))
    engine = EngineChoice(stored, MachineConfig()).for_lines(len(pairs))
    return align(engine, stored.tokenizer, sources, [target[:-1] for target in targets])


def both_links(model: str, test: str, path: Path) -> tuple[list[set[Link]], list[set[Link]]]:
    """Return the model's links for each pair of a test text, and the gold links at `path`.

    Raises CorpusError where the gold links do not match the test text, line by line and word by word; SettingsError
    where the model has no attention.
    """
    stored = open_model(model)
    require_attention(stored)
    pairs = list(read_parallel(test, stored.settings.languages))
    gold = read_links(path)
    if len(gold) != len(pairs) or not any(gold):
        raise CorpusError(f"{path}: {len(gold)} lines of links for {len(pairs)} pairs; they must match line by line")
    alignments = aligned(stored, pairs)
    for number, (links, alignment) in enumerate(zip(gold, alignments, strict=True), 1):
        counts = len(alignment.source) - 1, len(alignment.target) - 1
        if any(source >= counts[0] or target >= counts[1] for source, target in links):
            words = f"a pair of {counts[0]} and {counts[1]} words"
            raise CorpusError(f"{path}, line {number}: a link to no word of {words}; count words as alignment.py does")
    return [set(alignment.links()) for alignment in alignments], gold


def main() -> None:
    """Run the measurement from the command line."""
    parser = argparse.ArgumentParser(description="Measure the alignment error rate of a model's attention.")
    parser.add_argument("model", help="a model, by name or folder")
    parser.add_argument("--test", required=True, metavar="PREFIX", help="source sentences and references")
    parser.add_argument("--align", required=True, type=Path, metavar="FILE", help="their gold links")
    options = parser.parse_args()
    try:
        both = both_links(options.model, options.test, options.align)
    except AttnMTError as error:
        sys.exit(f"error: {error}")
    ours, gold = ({(line, link) for line, some in enumerate(lines) for link in some} for lines in both)
    print(f"AER        {100 * alignment_error_rate(ours, gold):6.2f} %")
    print(f"precision  {100 * len(ours & gold) / len(ours):6.2f} %")
    print(f"recall     {100 * len(ours & gold) / len(gold):6.2f} %")


if __name__ == "__main__":
    main()

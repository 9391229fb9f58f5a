"""BLEU, over words; over characters where the text is written without spaces between words."""

import re
from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU

from attn_cli.text.cleaning import SPACELESS

LONG_WORD = 4  # characters; such text, once it has been split into words, has shorter ones on average


def is_unsegmented(texts: Sequence[str]) -> bool:
    """Tell whether most of the text is of scripts that put no spaces between words, and none have been put there."""
    text = " ".join(texts)
    words = text.split()
    characters = sum(map(len, words))
    return len(re.findall(SPACELESS, text)) > characters / 2 and characters > LONG_WORD * len(words)


def bleu(references: Sequence[str]) -> BLEU:
    """Return sacreBLEU's metric for text like `references`: cased, with its tokenizer `13a` or `char`.

    Its words would be whole sentences of Chinese or Japanese, and the score 0 (Post 2018, arXiv:1804.08771, section 2).
    """
    return BLEU(tokenize="char" if is_unsegmented(references) else "13a", force=True)

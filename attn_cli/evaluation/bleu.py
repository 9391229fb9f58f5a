"""BLEU over words, or over characters where the text is written without spaces between words."""

import re
from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU

from attn_cli.foundation.errors import SettingsError
from attn_cli.text.languages import LONG_WORD, SPACELESS


def is_unsegmented(texts: Sequence[str]) -> bool:
    """Return whether most characters belong to scripts without spaces between words, and none have been inserted."""
    text = " ".join(texts)
    words = text.split()
    characters = sum(map(len, words))
    return len(re.findall(SPACELESS, text)) > characters / 2 and characters > LONG_WORD * len(words)


def bleu(references: Sequence[str], tokenizer: str | None = None, *, effective_order: bool = False) -> BLEU:
    """Return sacreBLEU's metric for text like `references`: cased, with `tokenizer`, else with its `13a` or `char`.

    To `13a` a whole Chinese or Japanese sentence is one word, and the score is 0 (Post 2018, arXiv:1804.08771,
    section 2). With `effective_order` n-grams longer than a sentence do not count, for scores of single sentences.
    """
    suited = "char" if is_unsegmented(references) else "13a"
    return BLEU(tokenize=tokenizer or suited, effective_order=effective_order, force=True)


def require_tokenizer(name: str) -> None:
    """Check that sacreBLEU's tokenizer `name` can be used; sacreBLEU downloads some on first use.

    Raises SettingsError where it cannot, with sacreBLEU's reason.
    """
    try:
        BLEU(tokenize=name)
    except (Exception, SystemExit) as error:  # a package is missing, no network, a damaged download: different types
        raise SettingsError(f"`tokenize` {name}: cannot be used ({' '.join(str(error).split())})") from None

"""Whether each side of parallel text is in the language that is named for it, judged on samples of both sides.

Blocks of lines are judged by py3langid among all its languages. Related languages are not told apart, and text of
numbers or code, and languages that py3langid does not know, are not judged.
"""

import re
from collections import Counter
from collections.abc import Sequence

from attn_cli.text.analysis.language_check import identifier, is_long_enough
from attn_cli.text.languages import SPACELESS, base_code

BLOCK, MOST_BLOCKS = 10, 100  # lines, blocks
FEWEST_BLOCKS = 2
LONGEST = 300  # characters of a line
FEWEST_LETTERS = 60  # of a block; in scripts without spaces, a third
WORDS_SHARE = 0.7  # of the parts between spaces that are words, in text that is not code
LANGUAGE_SHARE = 0.8  # of the blocks that must be in one language
EQUAL_SHARE = 0.5  # of the lines
NEAREST = 5  # languages: text in one of them may be taken for another one
_NOTHING = "zxx"  # py3langid's code for no language

# Languages that are taken for each other.
_RELATED = [
    set(group.split())
    for group in (
        "hr sr bs sh cnr me sl mk bg",
        "no nb nn da sv fo",
        "id ms jv su",
        "cs sk pl",
        "gl pt es ca oc an ast ext",
        "fr oc wa gcf gcr ht",
        "it co lij vec la scn sc",
        "ru uk be rue bg mk",
        "tt ba kk ky",
        "nl af fy li lb de als nds",
        "en sco pcm",
        "hi mr ne bh sa mai",
        "zh yue wuu nan lzh",
        "ar ary arz",
        "fa ps ur ckb ku ug sd",
        "tr az tk uz uzs crh gag",
        "fi et se kv",
        "lv ltg lt",
        "xh zu ss nr st tn nso",
        "rw rn ln lg sw kik",
        "tl fil bcl ceb",
        "el grc",
        "he hbo yi",
        "gn gu gug guw",
        "bn as or",
        "ga gd",
    )
]
# Of letters and combining marks, without digits and the signs of ASCII, which are in code.
_WORD = re.compile(r"\W{0,3}[^\W\d_](?:[^\s\d!-&(-,./:-@\[-`{-~]|\b-\b){0,40}[.,;:!?)\"'»”…]{0,3}")


def check_sides(source: Sequence[str], target: Sequence[str], languages: tuple[str, str]) -> str | None:
    """Return a warning where samples of both sides are not in their `languages`, or are the same text, else None."""
    equal = _equal_share(source, target)
    if equal > EQUAL_SHARE:
        return f"the two sides are equal in {equal:.0%} of the lines: is one of them the wrong file?"
    one, other = (base_code(language) for language in languages)
    if not {one, other} <= set(identifier().labels) or _are_related(one, other):
        return None
    seen = _language(source, one, other), _language(target, other, one)
    if seen == (other, one):
        return f"the source side looks like {other} and the target side like {one}: are the two sides swapped?"
    if seen[0] and seen[0] == seen[1]:
        return f"both sides look like {seen[0]}, not {languages[0]} and {languages[1]}: is one of them the wrong file?"
    for side, name, language in zip(("source", "target"), languages, seen, strict=True):
        if language and not _are_related(base_code(name), language):
            return f"the {side} side looks like {language}, not {name}: is it the right file, and {name} its language?"
    return None


def _equal_share(source: Sequence[str], target: Sequence[str]) -> float:
    """Return the share of lines that are equal on both sides, of those that are long enough and no code."""
    pairs = zip(source, target, strict=False)
    judged = [one == other for one, other in pairs if is_long_enough(one[:LONGEST]) and _is_text(one[:LONGEST])]
    return sum(judged) / len(judged) if len(judged) >= max(BLOCK, len(source) / 4) else 0.0


def _language(lines: Sequence[str], name: str, other: str) -> str | None:
    """Return the language of nearly all blocks of lines, or None where there is none, or too little text.

    Text for which the language `name` is almost the most probable one is in this language, unless it is in `other`.
    """
    text = [line[:LONGEST] for line in lines if _is_text(line[:LONGEST])]
    blocks = ["\n".join(text[start : start + BLOCK]) for start in range(0, len(text), BLOCK)]
    votes: Counter[str] = Counter()
    for block in filter(_has_enough_letters, blocks[:: max(1, -(-len(blocks) // MOST_BLOCKS))]):
        nearest = [language for language, _ in identifier().rank(block)[:NEAREST]]
        votes[other if _are_related(nearest[0], other) else name if name in nearest else nearest[0]] += 1
    language, count = votes.most_common(1)[0] if votes else (_NOTHING, 0)
    is_clear = count >= max(FEWEST_BLOCKS, LANGUAGE_SHARE * votes.total()) and 2 * len(text) >= len(lines)
    return language if is_clear and language != _NOTHING else None


def _has_enough_letters(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= (FEWEST_LETTERS // 3 if re.search(SPACELESS, text) else FEWEST_LETTERS)


def _is_text(text: str) -> bool:
    """Return whether most parts between spaces are words, with nothing but punctuation: it is not code or numbers."""
    parts = text.split()
    words = sum(bool(_WORD.fullmatch(part)) for part in parts)
    return words >= max(1.0, WORDS_SHARE * len(parts)) or bool(re.search(SPACELESS, text))


def _are_related(one: str, other: str) -> bool:
    return one == other or any({one, other} <= group for group in _RELATED)

"""The starter corpus: it is built from its sources, its splits are disjoint, and the wheel contains it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from attn_cli.text.catalogue import starter_corpus
from attn_cli.text.formats import read_parallel
from attn_cli.text.preparation.cleaning import normalized

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "data" / "en-fr"
SPLITS = ("train", "valid", "test", "test-handwritten")
NO_SPACE = re.compile(r"[^\s][?!;:]")
HELD_BACK = ("he doesn't like apples", "il n'aime pas les pommes")


def read(name: str) -> list[tuple[str, str]]:
    return list(read_parallel(str(FOLDER / name), ("en", "fr")))


@pytest.mark.slow
def test_it_is_built_from_its_sources_byte_for_byte(tmp_path):
    command = [sys.executable, "-m", "scripts.starter_corpus.build", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=200)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert built == {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.name != "handwritten.tsv"}


def test_it_is_large_enough_and_not_too_large():
    handwritten = read("handwritten.tsv")
    generated = set(read("train") + read("valid") + read("test")) - set(handwritten)
    assert len(handwritten) >= 1500
    assert len(generated) >= 20_000
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6e6


@pytest.mark.parametrize("side", [0, 1])
def test_no_sentence_is_in_two_splits_or_twice_in_one(side):
    seen: dict[str, str] = {}
    for split in SPLITS:
        for pair in read(split):
            sentence = normalized(pair[side])
            assert sentence not in seen, f"{pair} is in {split} and {seen[sentence]}"
            seen[sentence] = split


def test_the_example_sentence_is_in_no_split():
    for split in (*SPLITS, "handwritten.tsv"):
        for pair in read(split):
            for side in (0, 1):
                assert normalized(pair[side]) != normalized(HELD_BACK[side])


def test_the_words_of_the_example_sentence_are_in_the_training_text():
    words = {word for pair in read("train") for word in normalized(pair[1]).split()}
    assert {"il", "n", "aime", "pas", "les", "pommes"} <= words


@pytest.mark.parametrize("split", SPLITS)
def test_its_typography_is_uniform(split):
    for english, french in read(split):
        for sentence in (english, french):
            assert sentence == " ".join(sentence.split()), sentence
            assert not set(sentence) & set("’‘“”«»…\u00a0\u202f"), sentence
            assert not re.search(r"\s[.,]", sentence), sentence
        assert not NO_SPACE.search(french), french
        assert not re.search(r"\s[?!;:]", english), english
        marks = [sentence[-1] if sentence[-1] in ".?!" else "" for sentence in (english, french)]
        assert marks[0] == marks[1], (english, french)


@pytest.mark.parametrize("split", SPLITS)
def test_french_vowels_are_elided(split):
    unelided = re.compile(r"\b(?:[jnmtsl]e|la|que|de) (?=[aeiouâêîôûéèh])", flags=re.IGNORECASE)
    # No elision before these: h aspiré, and words that are treated as if they began with a consonant.
    kept = re.compile(r"(?:hér(?:os|isson)|haut|hors|hib|hasard|hand|hamster|homard|hamburger|haricot|honte|"
                      r"huit|hollandais|hongr|hall|hache|haie|haine|hanche|hangar|hockey|harnais|hélas|hurl|heurt|"
                      r"onz|oui|ouist|yaourt|yoga|un\b)")  # fmt: skip
    for _, french in read(split):
        for match in unelided.finditer(french):
            rest = french[match.end() :].casefold()
            inverted = match.group().casefold().startswith(("le", "la")) and french[: match.start()].endswith("-")
            assert inverted or kept.match(rest), french


def words_of(sentence: str, language: str) -> list[str]:
    """Split a sentence as the gold alignment counts: punctuation marks apart, and in French elided words too."""
    elided = r"aujourd'hui|[^\s.,?!']+'|" if language == "fr" else ""
    return re.findall(rf"{elided}[^\s.,?!]+|[.,?!]", sentence, flags=re.IGNORECASE)


def test_the_gold_alignment_links_every_word_of_the_test():
    lines = (FOLDER / "test.align").read_text(encoding="utf-8").splitlines()
    pairs = read("test")
    assert len(lines) == len(pairs)
    for line, (english, french) in zip(lines, pairs, strict=True):
        links = [tuple(map(int, link.split("-"))) for link in line.split()]
        assert {source for source, _ in links} == set(range(len(words_of(english, "en")))), english
        assert {target for _, target in links} == set(range(len(words_of(french, "fr")))), french


def test_it_is_found_from_a_checkout():
    assert starter_corpus("en-fr") == FOLDER

"""Lines in, lines out: cutting of long lines, and reading what is ready."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_cli.decoding.choice import Engines
from attn_cli.decoding.search import Hypothesis
from attn_cli.decoding.translator import MAX_SEGMENT, Translator, ready_lines, split_tokens
from attn_cli.foundation.settings import DecodingConfig, TokenizerConfig
from attn_cli.models import folder
from attn_cli.text.tokenizer import EOS_ID, Tokenizer

ODD_LINES = [
    "", "   ", "\t", "a\rb",
    "x\u0085y", "x\u2028y", "nul\x00nul", "😀👩‍👩‍👧", "مرحبا بالعالم", "e\u0301", "\ufeffbom", "word " * 400,
]  # fmt: skip


def pieces_of(text: str) -> list[str]:
    return ["▁" + word for word in text.split()]


def test_a_short_line_is_not_cut():
    assert list(split_tokens([1, 2, 3], ["▁a", "b", "▁c"], 3)) == [[1, 2, 3]]
    assert list(split_tokens([], [], 3)) == []


def test_a_long_line_is_cut_after_a_sentence():
    pieces = pieces_of("a b c d. e f g h")
    assert list(split_tokens(list(range(8)), pieces, 6)) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_long_line_without_sentences_is_cut_between_words():
    pieces = ["▁a", "b", "▁c", "d", "e", "▁f"]
    assert list(split_tokens(list(range(6)), pieces, 4)) == [[0, 1], [2, 3, 4, 5]]


@pytest.mark.parametrize(
    ("pieces", "parts"),
    [
        (["▁他", "不", "来", "。", "我", "们", "走"], [4, 3]),
        (["▁他", "不", "来", "!", "我", "们", "走"], [4, 3]),
        (["▁a", "b", "c", "<0xE4>", "<0xBB>", "<0x96>", "d"], [3, 4]),
        (["▁a", "b", "c", ".", "d", "e", "f"], [5, 2]),  # 3.14, example.org
    ],
)
def test_text_without_spaces_is_cut_after_a_sentence_or_at_least_not_within_a_character(pieces, parts):
    found = list(split_tokens(list(range(7)), pieces, 5))
    assert [len(part) for part in found] == parts


@given(st.lists(st.sampled_from(["▁a", "b", "▁c.", ".", "。", "<0xE4>"]), max_size=60), st.integers(1, 9))
def test_cutting_loses_and_adds_nothing(pieces, limit):
    parts = list(split_tokens(list(range(len(pieces))), pieces, limit))
    assert [token for part in parts for token in part] == list(range(len(pieces)))
    assert all(0 < len(part) <= limit for part in parts)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["the cat sat on the mat .", "un chat est assis ."] * 20, TokenizerConfig(vocab_size=320))


@pytest.fixture
def echo(tokenizer, monkeypatch):
    """A translator whose search gives the source back, with the sources that it was asked for."""
    asked: list[list[int]] = []

    def copy(_engine, sources, _config):
        asked.extend(sources)
        return [Hypothesis(list(source[:-1]), 0.0, 0.0) for source in sources]

    monkeypatch.setattr("attn_cli.decoding.translator.search", copy)
    translator = Translator(lambda _: None, tokenizer, DecodingConfig())  # type: ignore[arg-type]
    translator.asked = asked
    return translator


def test_each_line_gives_one_line_in_order_and_blank_lines_stay_blank(echo):
    assert echo.translate(["the cat", "", "  ", "a mat"]) == ["the cat", "", "", "a mat"]
    assert all(source[-1] == EOS_ID for source in echo.asked)


def test_blank_lines_need_no_engine(tokenizer):
    translator = Translator(lambda count: pytest.fail(f"asked for {count} lines"), tokenizer, DecodingConfig())
    assert translator.translate(["", " "]) == ["", ""]


@pytest.mark.parametrize("line", ODD_LINES)
def test_odd_lines_give_one_line(echo, line):
    [out] = echo.translate([line])
    assert "\n" not in out
    assert bool(out) == bool(line.strip())


def test_a_line_of_a_megabyte_is_translated_in_parts(echo):
    [out] = echo.translate(["the cat sat . " * 72_000])
    assert max(map(len, echo.asked)) <= MAX_SEGMENT + 1
    assert out.split() == ["the", "cat", "sat", "."] * 72_000


@pytest.fixture(scope="module")
def translator(shell) -> Translator:
    stored = folder.read(shell.home / "models" / "digits")
    return Translator(Engines(stored, name="numpy").for_lines, stored.tokenizer, DecodingConfig(beam_size=2))


def test_a_translation_keeps_the_tokens_of_its_segments(translator):
    lines = ["one two", "", "three. " * 100, "four"]
    found = translator.translations(lines)
    assert [translation.text for translation in found][:2] == ["deux un", ""]
    assert [len(translation.sources) for translation in found] == [1, 0, 2, 1]
    decode = translator._tokenizer.decode
    for line, translation in zip(lines, found, strict=True):
        assert " ".join(decode([source[:-1] for source in translation.sources])).strip() == line.strip()
        assert " ".join(decode(translation.targets)).strip() == translation.text


def test_each_segment_is_aligned_with_its_translation_and_a_blank_line_with_nothing(translator):
    translations = translator.translations(["one two", " ", "three. " * 100, "four"])
    first, blank, cut, last = translator.alignments(translations)
    assert (first[0].source, first[0].target) == (("one", "two", "</s>"), ("deux", "un", "</s>"))
    assert (len(first), blank, len(cut), last[0].source) == (1, [], 2, ("four", "</s>"))
    assert [len(alignment.source) + len(alignment.target) for alignment in first] == [sum(first[0].weights.shape)]


def test_nothing_but_blank_lines_needs_no_engine_to_align(tokenizer):
    translator = Translator(lambda count: pytest.fail(f"asked for {count} lines"), tokenizer, DecodingConfig())
    assert translator.alignments(translator.translations(["", " "])) == [[], []]


def read_all(data: bytes) -> list[list[str]]:
    read, write = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(write, data), os.close(write)))
    writer.start()
    try:
        return list(ready_lines(read))
    finally:
        writer.join()
        os.close(read)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a\n", ["a"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"\n", [""]),
        (b"no end", ["no end"]),
        (b"a\nno end", ["a", "no end"]),
        (b"crlf\r\nlone\rcr\n", ["crlf\r", "lone\rcr"]),
        ("x\u2028y\u0085z\n".encode(), ["x\u2028y\u0085z"]),
        (b"bad \xff byte\n", ["bad \ufffd byte"]),
        (b"nul\x00\n", ["nul\x00"]),
    ],
)
def test_only_a_line_feed_ends_a_line(data, lines):
    assert [line for batch in read_all(data) for line in batch] == lines


def test_batches_grow_from_32_lines_and_lose_none():
    batches = read_all(b"".join(b"%d\n" % number for number in range(9000)))
    assert [line for batch in batches for line in batch] == [str(number) for number in range(9000)]
    assert len(batches[0]) <= 32
    assert max(map(len, batches)) > 100


def test_a_line_is_given_out_before_the_next_one_comes():
    read, write = os.pipe()
    batches = ready_lines(read)
    for number in range(3):
        os.write(write, b"%d\n" % number)
        assert next(batches) == [str(number)]
    os.close(write)
    assert list(batches) == []
    os.close(read)

"""The tokenizer: any text is encoded and decoded without loss, and its training is a function of its input."""

import io
import random
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
from digit_language import digit_pairs

from attn_cli.foundation.errors import CorpusError, ModelFolderError, VocabularyError
from attn_cli.foundation.settings import BOS_ID, EOS_ID, PAD_ID, UNK_ID, TokenizerConfig
from attn_cli.text.tokenizer import FIXED_PIECES, LEAST_COVERAGE, Tokenizer, fold, with_room_for_characters

TEXT = [sentence for pair in digit_pairs(300, seed=1) for sentence in pair]
ODD = [
    "one two",
    "quatre zéro",
    "😀 🇫🇷 👩\u200d👩\u200d👧",
    "שלום עולם",
    "مرحبا بالعالم",
    "日本語",
    "\0a",
    "<s> </s> <unk> <pad> <0x41>",
    "x" * 5000,
    "",
]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(TEXT, TokenizerConfig(vocab_size=320))


@pytest.fixture(scope="module")
def chinese():
    """Lines of characters of which some are frequent and many are rare, as in Chinese; the first has a frequent one."""
    generator = random.Random(1)
    numbers = [int(generator.paretovariate(0.8)) for _ in range(12_000)]
    characters = [chr(0x4E00 + number) for number in numbers if number < 20_000]
    return ["\u4e01", *("".join(characters[row::400]) for row in range(400))]


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text[:10]))
def test_odd_text_is_decoded_unchanged(text, tokenizer):
    tokens = tokenizer.encode([text])
    assert tokenizer.decode(tokens) == [text]


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text[:10]))
def test_a_text_ends_in_one_eos_and_contains_no_other_special_id(text, tokenizer):
    *body, last = tokenizer.encode([text])[0]
    assert last == EOS_ID
    assert not {PAD_ID, UNK_ID, BOS_ID, EOS_ID} & set(body)


@pytest.mark.parametrize(
    "text, plain", [("one  two ", "one two"), ("ﬁve", "five"), ("a\tb\u2028c", "a b c"), ("e\u0301", "é")]
)
def test_equivalent_forms_of_a_text_are_unified(text, plain, tokenizer):
    assert tokenizer.decode(tokenizer.encode([text])) == [plain]


REMOVED = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]")
TO_SPACE = re.compile("[\t\n\x0c\r\u061c\u1680\u200b\u200c\u200e\u200f\u2028\u2029\u2581\ufeff\ufffd]")
COMBINING = [chr(code) for code in range(0x300, 0x370)]
RIGHT_TO_LEFT = [chr(code) for code in range(0x590, 0x780)]


def random_line(generator: random.Random) -> str:
    """Return up to 40 characters: of all planes, combining marks, right to left, control characters, spaces, ASCII."""

    def character() -> str:
        code = generator.choice((0x80, 0x250, 0x3000, 0xD7FF, 0x10FFFF))
        anything = chr(generator.randint(0, code))
        kinds = [
            anything,
            generator.choice(COMBINING),
            generator.choice(RIGHT_TO_LEFT),
            generator.choice("  ea\x0b\u2019"),
        ]
        return generator.choice(kinds)

    line = "".join(character() for _ in range(generator.randint(0, 40)))
    return "".join(letter for letter in line if not 0xD800 <= ord(letter) < 0xE000)  # halves of pairs are no characters


def documented(text: str) -> str:
    """Return `text` as the tokenizer's docstring says that it comes back, with all marks in their canonical order."""
    plain = unicodedata.normalize("NFKC", TO_SPACE.sub(" ", REMOVED.sub("", fold(text))))
    return unicodedata.normalize("NFKC", " ".join(filter(None, plain.split(" "))))


def test_any_text_comes_back_as_documented(tokenizer):
    generator = random.Random(1)
    lines = [random_line(generator) for _ in range(2000)]
    encoded = tokenizer.encode(lines)
    assert not any({PAD_ID, UNK_ID, BOS_ID, EOS_ID} & set(tokens[:-1]) for tokens in encoded)
    decoded = tokenizer.decode(encoded)
    # SentencePiece knows characters that are younger than this Python's tables.
    known = [row for row, line in enumerate(lines) if all(unicodedata.category(letter) != "Cn" for letter in line)]
    assert len(known) > 500
    wrong = [row for row in known if unicodedata.normalize("NFKC", decoded[row]) != documented(lines[row])]
    assert [(lines[row], decoded[row]) for row in wrong] == []


@pytest.mark.parametrize(
    "text, back",
    [
        ("a\x01b", "ab"),
        ("a\0b", "a\0b"),
        ("a\u200bb\ufeffc\ufffdd", "a b c d"),
        ("a\u200db\u00adc", "a\u200db\u00adc"),
        ("x▁y", "x y"),
        ("～", "～"),
        ("½ ™", "1⁄2 TM"),
        ("Ａｶﾞ", "Aガ"),
        (" \u3000 ", ""),
    ],
)
def test_what_the_normalisation_changes_and_what_it_keeps(text, back, tokenizer):
    assert tokenizer.decode(tokenizer.encode([text])) == [back]


def test_the_special_ids_are_fixed(tokenizer):
    assert (PAD_ID, UNK_ID, BOS_ID, EOS_ID) == (0, 1, 2, 3)
    assert tokenizer.pieces([0, 1, 2, 3, 4, 259]) == ["<pad>", "<unk>", "<s>", "</s>", "<0x00>", "<0xFF>"]


def test_known_words_take_few_pieces(tokenizer):
    assert len(tokenizer.encode(["seven three huit"])[0]) <= 7


def test_the_pieces_of_a_text_concatenate_to_it(tokenizer):
    *body, _ = tokenizer.encode(["one two"])[0]
    assert "".join(tokenizer.pieces(body)) == "▁one▁two"


def test_several_texts_are_encoded_and_decoded_like_each_alone(tokenizer):
    tokens = tokenizer.encode(ODD)
    assert tokens == [tokenizer.encode([text])[0] for text in ODD]
    assert tokenizer.decode(tokens) == [tokenizer.decode([sequence])[0] for sequence in tokens]


def test_pad_bos_and_eos_decode_to_nothing(tokenizer):
    tokens = [BOS_ID, *tokenizer.encode(["one two"])[0], PAD_ID, PAD_ID]
    assert tokenizer.decode([np.array(tokens)]) == ["one two"]


def test_bytes_that_are_not_a_character_decode_to_a_replacement_character(tokenizer):
    assert tokenizer.decode([[4 + 0xFF, EOS_ID]]) == ["\ufffd"]


def test_the_typographic_apostrophe_equals_the_typed_one(tokenizer):
    assert fold("l’eau d'ici") == "l'eau d'ici"
    assert tokenizer.encode(["l’eau"]) == tokenizer.encode(["l'eau"])
    assert tokenizer.decode(tokenizer.encode(["l’eau"])) == ["l'eau"]


def test_the_apostrophe_is_folded_in_training_too():
    config = TokenizerConfig(vocab_size=320)
    curly, typed = (Tokenizer.train([*TEXT, f"l{mark}eau"], config).model for mark in "’'")
    assert curly == typed


def test_training_twice_gives_the_same_bytes(tokenizer):
    assert Tokenizer.train(iter(TEXT), TokenizerConfig(vocab_size=320)).model == tokenizer.model


def test_varied_text_gives_a_vocabulary_of_the_requested_size():
    generator = random.Random(1)
    words = ["".join(generator.choices("abcdefghijklmnop", k=generator.randint(2, 9))) for _ in range(2000)]
    assert Tokenizer.train(words, TokenizerConfig(vocab_size=400)).vocab_size == 400


@pytest.mark.parametrize("text", [["a"], ["one two", "un deux"], TEXT], ids=["a letter", "a pair", "digits"])
def test_small_text_gives_a_smaller_vocabulary(text):
    tokenizer = Tokenizer.train(text, TokenizerConfig(vocab_size=2000))
    assert 260 < tokenizer.vocab_size < 2000
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("text", [[], ["", " "]])
def test_text_without_content_is_an_error(text):
    with pytest.raises(CorpusError, match="the tokenizer could not be trained"):
        Tokenizer.train(text, TokenizerConfig(vocab_size=300))


def test_text_with_more_characters_than_pieces_is_an_error(chinese):
    with pytest.raises(VocabularyError, match=r"`vocab_size` 560: too small for the characters"):
        Tokenizer.train(chinese, TokenizerConfig(vocab_size=560))


@pytest.mark.parametrize("larger", [False, True])
def test_room_is_made_for_the_frequent_of_many_characters(larger, chinese):
    config = with_room_for_characters(TokenizerConfig(vocab_size=560), chinese, larger=larger)
    tokenizer = Tokenizer.train(chinese, config)
    different = len(set("".join(chinese)))
    assert tokenizer.vocab_size == config.vocab_size == (560 + different if larger else 560)
    assert LEAST_COVERAGE <= config.character_coverage < TokenizerConfig.character_coverage
    characters = [piece for piece in tokenizer.vocabulary[FIXED_PIECES:] if len(piece) == 1]
    assert len(characters) <= (config.vocab_size - FIXED_PIECES) / 2 + 1  # the rest are longer
    assert max(chinese[0]) in characters
    assert tokenizer.decode(tokenizer.encode(chinese)) == chinese


def test_room_for_characters_changes_nothing_but_what_it_must(chinese):
    config = TokenizerConfig(vocab_size=5000, num_threads=1, max_lines=9)
    assert with_room_for_characters(config, chinese, larger=False) == config


def test_a_vocabulary_without_room_for_the_frequent_characters_is_refused(chinese):
    message = r"`vocab_size` 300: too small for \d\d\d different characters; give at least (\d+), or leave it out"
    with pytest.raises(VocabularyError, match=message) as raised:
        with_room_for_characters(TokenizerConfig(vocab_size=300), chinese, larger=False)
    enough = int(re.search(message, str(raised.value))[1])
    config = with_room_for_characters(TokenizerConfig(vocab_size=enough), chinese, larger=False)
    assert Tokenizer.train(chinese, config).vocab_size == enough
    everything = map(chr, (*range(0x20, 0xD800), *range(0x20000, 0x2A6E0)))
    with pytest.raises(VocabularyError, match=r"`vocab_size` 64000: too small for .* characters; check the text"):
        with_room_for_characters(TokenizerConfig(vocab_size=300), everything, larger=True)


def test_a_tokenizer_is_restored_from_its_bytes(tokenizer):
    loaded = Tokenizer(tokenizer.model)
    assert loaded.encode(ODD) == tokenizer.encode(ODD)
    assert (loaded.model, loaded.vocab_size) == (tokenizer.model, tokenizer.vocab_size)


@pytest.mark.parametrize("model", [b"", b"garbage", b"\0" * 100])
def test_bytes_that_are_not_a_model_are_an_error(model):
    with pytest.raises(ModelFolderError, match="not a SentencePiece model"):
        Tokenizer(model)


def test_a_model_without_the_special_pieces_or_without_bytes_is_refused():
    options = {"vocab_size": 600, "hard_vocab_limit": False, "minloglevel": 2}
    for special in ({}, {"pad_id": 0, "unk_id": 1, "bos_id": 2, "eos_id": 3}, {"byte_fallback": True}):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(TEXT), model_writer=model, **options, **special)
        with pytest.raises(ModelFolderError, match="--pad_id=0 --unk_id=1 --bos_id=2 --eos_id=3 --byte_fallback"):
            Tokenizer(model.getvalue())


def test_a_model_whose_pieces_are_not_utf_8_is_an_error():
    model = (Path(__file__).parents[1] / "released" / "format-1" / "model" / "tokenizer.model").read_bytes()
    damaged = Tokenizer(model.replace("zéro".encode(), b"z\xff\xffro"))
    with pytest.raises(ModelFolderError, match="a piece is not UTF-8"):
        damaged.vocabulary  # noqa: B018

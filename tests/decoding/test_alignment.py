"""Alignment: where words begin, how the weights of pieces become those of words, and links between words."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from attn_cli.decoding.alignment import END, Alignment, align, printable, require_attention, words
from attn_cli.decoding.choice import EngineChoice
from attn_cli.decoding.numpy_engine import NumpyEngine
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import BOS_ID, EOS_ID, MachineConfig, ModelConfig, TokenizerConfig
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.formats import read_parallel
from attn_cli.text.tokenizer import Tokenizer
from scripts.alignment_error import alignment_error_rate, read_links

STARTER = Path(__file__).parents[2] / "data" / "en-fr" / "test"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    text = [side for pair in read_parallel(str(STARTER), ("en", "fr")) for side in pair]
    return Tokenizer.train(text, TokenizerConfig(vocab_size=700))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("he doesn't like apples.", ["he", "doesn't", "like", "apples", "."]),
        ("l'ingénieur n'était pas là", ["l'", "ingénieur", "n'", "était", "pas", "là"]),
        ("Qu'y a-t-il aujourd'hui ?", ["Qu'", "y", "a-t-il", "aujourd'hui", "?"]),
        ("I'm Paul's, you're o'clock", ["I'm", "Paul's", ",", "you're", "o'clock"]),
        ("«Non... (3.5 ou 1,000 à 10:30)!»", ["«", "Non", "...", "(", "3.5", "ou", "1,000", "à", "10:30", ")!»"]),
        ("zyxwvut été 😀", ["zyxwvut", "été", "😀"]),
        ("日本語。", ["日", "本", "語", "。"]),
        ("my 猫", ["my", "猫"]),
        ("हिन्दी مرحبا، نعم؟", ["हिन्दी", "مرحبا", "،", "نعم", "؟"]),
        ("", []),
    ],
)
def test_words_and_their_texts_are_those_that_a_linguist_counts(text, expected, tokenizer):
    tokens = tokenizer.encode([text])[0][:-1]
    begins, found = words(tokenizer, tokens)
    assert found == (*expected, END)
    assert begins == sorted(set(begins))
    assert (begins[0], begins[-1]) == (0, len(tokens))


def test_in_a_script_without_spaces_a_piece_is_a_word():
    tokenizer = Tokenizer.train(["好き 猫が好き 犬が好き 好きです"] * 20, TokenizerConfig(vocab_size=300))
    _, found = words(tokenizer, tokenizer.encode(["猫好き 犬"])[0][:-1])
    assert found == ("猫", "好き", "犬", END)


def test_tokens_that_are_no_valid_text_form_words_too(tokenizer):
    space = next(token for token in range(tokenizer.vocab_size) if tokenizer.pieces([token]) == ["▁"])
    for tokens in ([4 + 0xFF], [4 + 0xE6, 4 + 0x97, 300], [space], [300, space, space]):
        begins, found = words(tokenizer, tokens)
        assert len(begins) == len(found) == 2
        assert begins == [0, len(tokens)]


def test_words_are_counted_as_in_the_gold_alignment_of_the_starter_corpus(tokenizer):
    gold = read_links(STARTER.with_suffix(".align"))
    for side in (0, 1):
        texts = [pair[side] for pair in read_parallel(str(STARTER), ("en", "fr"))]
        counts = [len(words(tokenizer, tokens[:-1])[1]) - 1 for tokens in tokenizer.encode(texts)]
        assert counts == [max(link[side] for link in pairs) + 1 for pairs in gold]


class KnownEngine:
    """An engine whose weights at each step are rows of one given matrix, the same for all sentences."""

    def __init__(self, weights: list[list[float]]) -> None:
        self.weights, self.fed = np.array(weights, dtype=np.float32), []

    def start(self, sources):
        self.sentences, self.fed = len(sources), []
        return self

    def step(self, tokens, rows, _k=None):
        assert rows.tolist() == list(range(self.sentences))
        self.fed.append(tokens.tolist())

    def attention(self):
        return np.repeat(self.weights[None, len(self.fed) - 1], self.sentences, axis=0)


def test_pieces_of_a_source_word_are_summed_and_those_of_a_target_word_averaged(tokenizer):
    space = next(token for token in range(tokenizer.vocab_size) if tokenizer.pieces([token]) == ["▁"])
    first, second = 4 + 0xC3, 4 + 0xA9  # the bytes of é
    engine = KnownEngine([[0.1, 0.2, 0.3, 0.4], [0.3, 0.4, 0.3, 0.0], [0.5, 0.0, 0.2, 0.3], [1.0, 0.0, 0.0, 0.0]])
    [found] = align(engine, tokenizer, [[first, second, space, EOS_ID]], [[space, first, second]])
    assert (found.source, found.target) == (("é", END), ("é", END))
    np.testing.assert_allclose(found.weights, [[(0.6 + 1.0 + 0.7) / 3, (0.4 + 0.0 + 0.3) / 3], [1, 0]], atol=1e-6)
    assert [step[0] for step in engine.fed] == [BOS_ID, space, first, second]


def engine_of(stored, name="numpy"):
    return EngineChoice(stored, MachineConfig(), name).for_lines(1)


def encoded(pairs, stored) -> tuple[list[list[int]], list[list[int]]]:
    sources, targets = (stored.tokenizer.encode([pair[side] for pair in pairs]) for side in (0, 1))
    return sources, [target[:-1] for target in targets]


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_batch_is_aligned_as_single_sentences_are_and_every_row_is_a_distribution(engine, stored, pairs):
    sources, targets = encoded(pairs, stored)
    chosen = engine_of(stored, engine)
    together = align(chosen, stored.tokenizer, sources, targets)
    for source, target, found in zip(sources, targets, together, strict=True):
        [alone] = align(chosen, stored.tokenizer, [source], [target])
        assert (found.source, found.target) == (alone.source, alone.target)
        assert found.weights.shape == (len(found.target), len(found.source))
        assert found.weights.dtype == np.float32
        np.testing.assert_allclose(found.weights, alone.weights, atol=1e-4)
        np.testing.assert_allclose(found.weights.sum(axis=1), 1, atol=1e-4)


def test_weights_equal_those_of_decoding_the_whole_target_in_one_call(tokenizer):
    torch.manual_seed(1)
    config = ModelConfig(vocab_size=tokenizer.vocab_size, embedding_size=8, hidden_size=8)
    model = Seq2Seq(config).requires_grad_(False).eval()
    engine = NumpyEngine(config, {name: value.numpy() for name, value in model.state_dict().items()})
    source, target = tokenizer.encode(["The actors often study.", "Les acteurs étudient souvent."])
    [found] = align(engine, tokenizer, [source], [target[:-1]])
    memory, state = model.encode(torch.tensor([source]), torch.tensor([len(source)]))
    _, _, weights = model.decode(torch.tensor([[BOS_ID, *target[:-1]]]), state, memory)
    assert weights is not None
    begins, _ = words(tokenizer, source[:-1])
    expected = [weights[0, -1, begin:end].sum() for begin, end in pairwise([*begins, len(source)])]
    np.testing.assert_allclose(found.weights[-1], expected, atol=1e-5)


def test_a_model_that_reverses_sentences_links_the_first_word_with_the_last(stored, pairs):
    sources, targets = encoded(pairs, stored)
    found = align(engine_of(stored), stored.tokenizer, sources, targets)
    ours = {(number, link) for number, alignment in enumerate(found) for link in alignment.links()}
    gold = {
        (number, (len(alignment.target) - 2 - target, target))
        for number, alignment in enumerate(found)
        for target in range(len(alignment.target) - 1)
    }
    assert alignment_error_rate(ours, gold) < 0.25


def test_no_pair_gives_no_alignment_and_an_empty_target_its_end_mark(stored):
    engine = engine_of(stored)
    assert align(engine, stored.tokenizer, [], []) == []
    [found] = align(engine, stored.tokenizer, [stored.tokenizer.encode(["one"])[0]], [[]])
    assert (found.source, found.target, found.weights.shape) == (("one", END), (END,), (1, 2))
    [found] = align(engine, stored.tokenizer, [[EOS_ID]], [stored.tokenizer.encode(["un"])[0][:-1]])
    assert (found.source, found.target, found.links()) == ((END,), ("un", END), [])


def test_a_target_word_is_linked_to_the_source_word_of_greatest_weight_without_end_marks():
    weights = np.array([[0.1, 0.3, 0.6], [0.5, 0.4, 0.1], [0.9, 0.05, 0.05]], dtype=np.float32)
    assert Alignment(("a", "b", END), ("x", "y", END), weights).links() == [(1, 0), (0, 1)]


def test_a_word_that_attends_to_the_end_mark_only_has_no_link():
    weights = np.array([[0, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    assert Alignment(("a", "b", END), ("x", "y", END), weights).links() == [(1, 1)]


@pytest.mark.parametrize("word, shown", [("été", "été"), ("a\x1b[31mb", "a[31mb"), ("\0", "\ufffd"), ("語", "語")])
def test_characters_without_a_shape_are_not_shown(word, shown):
    assert printable(word) == shown


def test_a_model_without_attention_is_refused_by_name(stored):
    model = ModelConfig(vocab_size=300, attention="none")
    vector = replace(stored, folder=Path("vector"), settings=replace(stored.settings, model=model))
    with pytest.raises(SettingsError, match="vector: trained with `attention` none"):
        require_attention(vector)
    require_attention(stored)

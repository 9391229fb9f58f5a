"""Words and the attention between them: what a word is, joining pieces, links, and their error rate."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from attn_cli.decoding.alignment import END, Alignment, align, printable, require_attention, words
from attn_cli.decoding.choice import Engines
from attn_cli.decoding.numpy_engine import NumpyEngine
from attn_cli.foundation.errors import CorpusError, SettingsError
from attn_cli.foundation.settings import ModelConfig, TokenizerConfig, TrainingConfig
from attn_cli.models import folder
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.cleaning import read_parallel
from attn_cli.text.tokenizer import BOS_ID, EOS_ID, Tokenizer
from scripts.alignment_error import alignment_error_rate, links, read_links

ROOT = Path(__file__).parents[1]
STARTER = ROOT / "data" / "en-fr" / "test"


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
def test_words_are_what_a_linguist_counts_and_their_text_is_right(text, expected, tokenizer):
    tokens = tokenizer.encode([text])[0][:-1]
    begins, found = words(tokenizer, tokens)
    assert found == (*expected, END)
    assert begins == sorted(set(begins))
    assert (begins[0], begins[-1]) == (0, len(tokens))


def test_in_a_script_without_spaces_a_piece_is_a_word():
    tokenizer = Tokenizer.train(["好き 猫が好き 犬が好き 好きです"] * 20, TokenizerConfig(vocab_size=300))
    _, found = words(tokenizer, tokenizer.encode(["猫好き 犬"])[0][:-1])
    assert found == ("猫", "好き", "犬", END)


def test_tokens_that_are_no_text_are_words_all_the_same(tokenizer):
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


@pytest.fixture(scope="module")
def stored(shell) -> folder.StoredModel:
    """The model that turns digits round."""
    return folder.read(shell.home / "models" / "digits")


def pairs_of(digits, stored) -> tuple[list[list[int]], list[list[int]]]:
    pairs = read_parallel(str(digits / "test"), ("en", "fr"))
    sources, targets = (stored.tokenizer.encode([pair[side] for pair in pairs]) for side in (0, 1))
    return sources, [target[:-1] for target in targets]


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_together_they_are_aligned_as_each_alone_and_every_row_is_a_distribution(engine, stored, digits):
    sources, targets = pairs_of(digits, stored)
    chosen = Engines(stored, name=engine).for_lines(1)
    together = align(chosen, stored.tokenizer, sources, targets)
    for source, target, found in zip(sources, targets, together, strict=True):
        [alone] = align(chosen, stored.tokenizer, [source], [target])
        assert (found.source, found.target) == (alone.source, alone.target)
        assert found.weights.shape == (len(found.target), len(found.source))
        assert found.weights.dtype == np.float32
        np.testing.assert_allclose(found.weights, alone.weights, atol=1e-4)
        np.testing.assert_allclose(found.weights.sum(axis=1), 1, atol=1e-4)


def test_weights_are_those_of_decoding_the_target_all_at_once(tokenizer):
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


def test_a_model_that_turns_sentences_round_links_the_first_word_with_the_last(stored, digits):
    sources, targets = pairs_of(digits, stored)
    found = align(Engines(stored, name="numpy").for_lines(1), stored.tokenizer, sources, targets)
    ours = {(number, link) for number, alignment in enumerate(found) for link in links(alignment)}
    gold = {
        (number, (len(alignment.target) - 2 - target, target))
        for number, alignment in enumerate(found)
        for target in range(len(alignment.target) - 1)
    }
    assert alignment_error_rate(ours, gold) < 0.25


def test_nothing_to_align_gives_nothing_and_an_empty_target_its_end_mark(stored):
    engine = Engines(stored, name="numpy").for_lines(1)
    assert align(engine, stored.tokenizer, [], []) == []
    [found] = align(engine, stored.tokenizer, [stored.tokenizer.encode(["one"])[0]], [[]])
    assert (found.source, found.target, found.weights.shape) == (("one", END), (END,), (1, 2))
    [found] = align(engine, stored.tokenizer, [[EOS_ID]], [stored.tokenizer.encode(["un"])[0][:-1]])
    assert (found.source, found.target, links(found)) == ((END,), ("un", END), set())


def test_a_target_word_is_linked_to_the_word_it_attends_to_most_end_marks_apart():
    weights = np.array([[0.1, 0.3, 0.6], [0.5, 0.4, 0.1], [0.9, 0.05, 0.05]], dtype=np.float32)
    assert links(Alignment(("a", "b", END), ("x", "y", END), weights)) == {(1, 0), (0, 1)}


def test_a_word_that_attends_to_the_end_mark_alone_is_linked_to_nothing():
    weights = np.array([[0, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    assert links(Alignment(("a", "b", END), ("x", "y", END), weights)) == {(1, 1)}


@pytest.mark.parametrize(
    "found, gold, rate",
    [
        ({(0, 0), (1, 1)}, {(0, 0), (1, 1)}, 0.0),
        ({(0, 0)}, {(1, 1)}, 1.0),
        ({(0, 0), (1, 0), (2, 2)}, {(0, 0), (2, 2), (2, 3), (3, 3), (4, 4)}, 0.5),  # 1 - 2·2 / (3 + 5)
        (set(), {(0, 0)}, 1.0),
    ],
)
def test_the_alignment_error_rate_is_one_less_the_share_in_common(found, gold, rate):
    assert alignment_error_rate(found, gold) == pytest.approx(rate)


def test_links_are_read_line_by_line(tmp_path):
    (tmp_path / "a.align").write_text("0-0 1-2\n\n10-3  0-1\n")
    assert read_links(tmp_path / "a.align") == [{(0, 0), (1, 2)}, set(), {(10, 3), (0, 1)}]


@pytest.mark.parametrize("wrong", ["1", "1-", "a-b", "1-2-3", "-1-2", "1:2"])
def test_a_link_of_another_form_is_named_with_its_line(wrong, tmp_path):
    (tmp_path / "a.align").write_text(f"0-0\n0-1 {wrong} 2-2\n")
    with pytest.raises(CorpusError, match=rf"a\.align, line 2: {wrong} is no link.*0-0 1-2"):
        read_links(tmp_path / "a.align")


@pytest.mark.parametrize("word, shown", [("été", "été"), ("a\x1b[31mb", "a[31mb"), ("\0", "\ufffd"), ("語", "語")])
def test_what_has_no_shape_is_not_shown(word, shown):
    assert printable(word) == shown


def test_a_model_without_attention_is_refused_by_name(tmp_path, tokenizer):
    settings = folder.ModelSettings(
        source_language="en", target_language="fr", corpus="none",
        model=ModelConfig(vocab_size=300, attention="none"), training=TrainingConfig(steps=1),
    )  # fmt: skip
    with pytest.raises(SettingsError, match="vector: trained with --attention none"):
        require_attention(folder.StoredModel(tmp_path / "vector", settings, tokenizer, {}))


class TestScript:
    """scripts/alignment_error.py, as it is run."""

    def run(self, shell, digits, align: Path) -> subprocess.CompletedProcess[str]:
        script = [sys.executable, str(ROOT / "scripts" / "alignment_error.py"), "digits"]
        options = ["--test", str(digits / "test"), "--align", str(align)]
        return subprocess.run([*script, *options], env=shell.environment, capture_output=True, text=True, check=False)

    def gold(self, digits) -> list[str]:
        lengths = [len(source.split()) for source, _ in read_parallel(str(digits / "test"), ("en", "fr"))]
        return [" ".join(f"{index}-{length - 1 - index}" for index in range(length)) for length in lengths]

    def test_it_prints_error_rate_precision_and_recall(self, shell, digits, tmp_path):
        (tmp_path / "gold").write_text("\n".join(self.gold(digits)) + "\n")
        done = self.run(shell, digits, tmp_path / "gold")
        assert done.returncode == 0, done.stderr
        figures = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}
        assert figures["AER"] == pytest.approx(100 - figures["precision"], abs=0.02)  # one link a word on both sides
        assert figures["precision"] == figures["recall"] > 75

    def test_links_of_other_sentences_are_refused(self, shell, digits, tmp_path):
        gold = self.gold(digits)
        for lines, wrong in ((gold[:-1], "49 lines"), ([gold[0] + " 30-0", *gold[1:]], "line 1"), ([""] * 50, "links")):
            (tmp_path / "gold").write_text("\n".join(lines) + "\n")
            done = self.run(shell, digits, tmp_path / "gold")
            assert (done.returncode, done.stdout) == (1, "")
            assert wrong in done.stderr
            assert done.stderr.startswith("error: ")
            assert done.stderr.count("\n") == 1

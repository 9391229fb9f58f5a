"""The page's engine in a browser against the NumPy engine and SentencePiece."""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from headless import opened_browser, require_browser, wait_until

from attn_cli.decoding.choice import make_translator
from attn_cli.decoding.numpy_engine import NumpyEngine
from attn_cli.decoding.search.repetition_filter import forbidden, run_limits
from attn_cli.decoding.segmentation import ATTEMPTS, Segment, Segmenter
from attn_cli.display.page.page import page
from attn_cli.foundation.settings import BOS_ID, EOS_ID, DecodingConfig, MachineConfig, ModelConfig
from attn_cli.foundation.shapes import weight_shapes
from attn_cli.models.folder import StoredModel, read_model

require_browser()

DATA = Path(__file__).parents[3] / "data"
REAL = Path(os.environ.get("ATTN_MT_TEST_DATA", "no-such-folder")) / "tatoeba-en-fr"
# What the tests ask the worker for, added to its code.
PROBE = """
const PROBES = {
  tokens: (text) => translator.tokenizer.encode(text),
  texts: (tokens) => translator.tokenizer.decode(tokens),
  parts: (line) => translator.segmenter.sentences(line).map((sentence) => [...Array(ATTEMPTS).keys()].map((attempt) =>
    translator.segmenter.parts(sentence, attempt).map((part) => typeof part === "string" ? part : part.tokens))),
  forbidden: ([history, limit]) => [...forbidden(history, limit).tokens].sort((one, other) => one - other),
  limits: (source) => runLimit(source),
  probabilities: ([source, target]) => {
    const session = translator.engine.start(source);
    return [BOS_ID, ...target].map((token) => session.step([token], [0], 50)[0].map(({ id, logp }) => [id, logp]));
  },
};
TASKS.probe = ({ name, values }) => postMessage({ kind: "probe", found: values.map(PROBES[name]) });
"""
ASK = "const [message, done] = arguments; ANSWERS.probe = ({ found }) => done(found); worker.postMessage(message);"
TRANSLATE = """
const [lines, config, done] = arguments, found = [];
ANSWERS.line = ({ index, best }) => { found[index] = best.map(({ text }) => text); };
ANSWERS.done = () => done(found);
ANSWERS.error = ({ message }) => done([[message]]);
worker.postMessage({ kind: "translate", id: ++asked, lines, config });
"""
LITERALS = (
    "See https://example.org/a?b=1 and {name} at 10:30, Dr. Smith said. Now 3.5 km!",
    "WHERE IS THE STATION? I am here.",
    "Where Is The Station Today",
    "<b>This</b> is `code` of C:\\x\\y.txt, isn't it?",
    "Call +33 1 23 45 67 89. Or me@here.org …",
    "- 3 items cost $5.20 (or 5,20 €); see fig. 3 and Mr. X. It's no. 5.",
    "it ends here. then it goes on. U.S. Army, etc. A.",
    "1) first | second\tthird",
    "I bought 12 GitHub_repos with naïve Łukasz 😀👍🏽 ok?!",
    "你好。 Это Ωμέγα",
    "x " * 300,
)
ODD = (
    *("😀👍🏽🇫🇷", "ﬁ½①ℌﷺ㍿", "e\u0301a\u0308o\u0323\u0302", "\t", "   ", "\u00a0\u3000", "\x00\x01\x07\x7f\x9f"),
    *(
        "صباح الخير",
        "你好，世界。",
        "ｆｕｌｌ ｗｉｄｔｈ",
        "が\u3099",
        "\u200b\u200d\ufeff\u2060",
        "’'`",
        "▁",
        "\ufffd",
        "~～",
        "ß",
    ),
    *("ß", "İı", "\u1100\u1161", "ﾊﾝｶｸ", "\U0001d54f", "<s></s>", "\u2028\u2029\u0085", "नमस्ते", "\u061c\u200e\u200f"),
    *("a" * 40, "...", "№™", "\U000e0041"),
)


def starter(language: str, count: int, split: str = "valid") -> list[str]:
    return (DATA / "en-fr" / f"{split}.{language}").read_text(encoding="utf-8").splitlines()[:count]


def odd_lines(count: int) -> list[str]:
    """Lines of odd parts and of words, the empty line and each part alone among them."""
    draw = random.Random(1)
    words = " ".join(starter("en", 200) + starter("fr", 200)).split()
    mixed = [
        "".join(draw.choice((draw.choice(ODD), " " + draw.choice(words), draw.choice(words))) for _ in range(8))
        for _ in range(count - len(ODD) - 1)
    ]
    return ["", *ODD, *mixed]


class Probed:
    """A page whose worker answers the tests."""

    def __init__(self, browser: Any, path: Path, stored: StoredModel) -> None:
        html = page(stored).replace("\nonmessage = async", f"{PROBE}\nonmessage = async")
        assert PROBE in html
        path.write_text(html, encoding="utf-8", newline="")
        self.stored, self._browser = stored, browser
        browser.switch_to.new_window("tab")
        self._tab = browser.current_window_handle
        browser.get(path.as_uri())
        wait_until(browser, "isReady")

    def __call__(self, name: str, values: Sequence[Any]) -> list[Any]:
        self._browser.switch_to.window(self._tab)
        self._browser.set_script_timeout(60)
        return list(self._browser.execute_async_script(ASK, {"kind": "probe", "name": name, "values": values}))

    def translations(self, lines: Sequence[str], beam_size: int, n_best: int = 1) -> list[list[str]]:
        config = {"beamSize": beam_size, "nBest": n_best, "lengthPenalty": 1}
        self._browser.switch_to.window(self._tab)
        self._browser.set_script_timeout(60)
        return list(self._browser.execute_async_script(TRANSLATE, lines, config))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def general(browser, tmp_path_factory) -> Probed:
    stored = read_model(DATA / "models" / "general-en-fr")
    return Probed(browser, tmp_path_factory.mktemp("page") / "general.html", stored)


def test_tokens_are_those_of_sentencepiece(general):
    lines = starter("en", 500) + starter("fr", 500) + odd_lines(1000)
    expected = [tokens[:-1] for tokens in general.stored.tokenizer.encode(lines)]
    found = general("tokens", lines)
    assert [line for line, one, other in zip(lines, found, expected, strict=True) if one != other] == []
    assert sum(any(4 <= token < 260 for token in tokens) for tokens in expected) > 300  # bytes are among them


def test_tokens_become_the_text_that_sentencepiece_makes_of_them(general):
    draw = random.Random(2)
    tokens = [[draw.randrange(4, 12_000) for _ in range(12)] for _ in range(200)]
    tokens += [[draw.randrange(4, 260) for _ in range(3)] for _ in range(100)]
    tokens += [each[:-1] for each in general.stored.tokenizer.encode(odd_lines(100))]
    expected = general.stored.tokenizer.decode(tokens)
    assert [text.replace("\ufffd", "") for text in general("texts", tokens)] == [
        text.replace("\ufffd", "") for text in expected  # which the translator leaves out
    ]  # fmt: skip


def test_lines_are_cut_and_masked_as_the_segmenter_does(general):
    segmenter = Segmenter(general.stored.tokenizer, "en", DecodingConfig())
    unknown = "你" * 70_000  # a browser makes no regular expression of so long a word
    lines = [*LITERALS, *starter("en", 200), *odd_lines(300), unknown]
    expected = [
        [
            [list(part.tokens) if isinstance(part, Segment) else part for part in segmenter.parts(sentence, attempt)]
            for attempt in range(ATTEMPTS)
        ]
        for line in lines
        for sentence in [segmenter.sentences(line)]
        for sentence in sentence
    ]
    found = [parts for line in general("parts", lines) for parts in line]
    different = [(one, other) for one, other in zip(found, expected, strict=True) if one != other]
    assert different[:1] == []


def test_repetitions_are_forbidden_as_by_the_filter(general):
    draw = np.random.default_rng(5)
    histories = [draw.integers(0, 2, length) for length in range(1, 40) for _ in range(4)]
    sources = [history.tolist() * 2 for history in histories]
    assert general("limits", sources) == run_limits(sources).tolist()
    ids, limits = np.arange(2)[None], np.array([2])
    expected = [np.flatnonzero(forbidden(ids, history[None], limits)[0]).tolist() for history in histories]
    assert general("forbidden", [(history.tolist(), 2) for history in histories]) == expected
    assert sum(map(bool, expected)) > 20


def largest_distance(probed: Probed, pairs: Sequence[tuple[list[int], list[int]]]) -> float:
    """The largest difference of a log-probability, of the 50 most probable tokens at each step of targets."""
    engine = NumpyEngine(probed.stored.settings.model, probed.stored.weights)
    session = engine.start([source for source, _ in pairs])
    tokens = np.array([[BOS_ID, *target] for _, target in pairs]).T
    found = np.array(probed("probabilities", pairs))  # (B, T, 50, 2)
    distances = []
    for step, token in enumerate(tokens):
        logp, _ = session.step(token, np.arange(len(pairs)))
        ids = found[:, step, :, 0].astype(int)
        distances.append(np.abs(np.take_along_axis(logp, ids, axis=1) - found[:, step, :, 1]).max())
        assert (ids[:, 0] == logp.argmax(axis=1)).all()
    return float(max(distances))


def test_log_probabilities_are_those_of_the_numpy_engine(general):
    sources, targets = (general.stored.tokenizer.encode(starter(language, 50)) for language in ("en", "fr"))
    pairs = [(source, target[:2]) for source, target in zip(sources, targets, strict=True)]
    assert largest_distance(general, pairs) < 1e-3


@pytest.mark.parametrize(
    ("attention", "layers", "lexical"),
    [("dot", 1, False), ("general", 3, False), ("additive", 2, False), ("general", 2, True)],
)
def test_so_are_those_of_each_score_and_of_sizes_that_are_no_multiples_of_16(
    attention, layers, lexical, browser, stored, tmp_path
):
    config = ModelConfig(
        vocab_size=300, embedding_size=21, hidden_size=26, encoder_layers=1, decoder_layers=layers, attention=attention,
        lexical=lexical,
    )  # fmt: skip
    draw = np.random.default_rng(3)
    weights = {name: draw.normal(0, 0.5, shape).astype(np.float32) for name, shape in weight_shapes(config).items()}
    settings = replace(stored.settings, model=config)
    probed = Probed(browser, tmp_path / "random.html", replace(stored, settings=settings, weights=quantised(weights)))
    pairs = [([*draw.integers(4, 300, 9).tolist(), EOS_ID], draw.integers(4, 300, 7).tolist()) for _ in range(10)]
    assert largest_distance(probed, pairs) < 1e-3


def quantised(weights: dict[str, Any]) -> dict[str, Any]:
    """Weights that int8 holds exactly, as those of a page."""
    result = {}
    for name, array in weights.items():
        scale = np.abs(array).max(axis=-1, keepdims=True) / 127 if array.ndim == 2 else 1
        result[name] = (np.rint(array / scale) * scale if array.ndim == 2 else array).astype(np.float32)
    return result


def different(probed: Probed, lines: Sequence[str], beam_size: int, n_best: int = 1) -> list[Any]:
    """The lines of which the page makes other translations than `attn-mt translate`."""
    decoding = DecodingConfig(beam_size=beam_size, n_best=n_best)
    translator = make_translator([probed.stored], decoding, MachineConfig(), "numpy")
    found = probed.translations(lines, beam_size, n_best)
    expected = [
        [each.text for each in translation.hypotheses or (translation,)] for translation in translator.translate(lines)
    ]
    return [each for each in zip(lines, found, expected, strict=True) if each[1] != each[2]]


def test_translations_are_those_of_the_program(general):
    assert different(general, [line for line in starter("en", 100) if len(line) < 30][:8], 5) == []
    assert different(general, [*LITERALS[:4], "", "42", " \t "], 1) == []


def test_the_three_best_are_too(general):
    lines = ["Hello there!", "I like it. So do you.", "He has 3 cats."]
    assert different(general, lines, 5, 3) == []


def test_300_lines_of_a_small_model_are_translated_alike(browser, stored, pairs, tmp_path):
    probed = Probed(browser, tmp_path / "small.html", stored)
    words = [source.split() for source, _ in pairs]
    draw = random.Random(4)
    lines = [" ".join(draw.choice(draw.choice(words)) for _ in range(draw.randrange(1, 12))) for _ in range(300)]
    for beam_size in (1, 5):
        assert len(different(probed, lines, beam_size)) <= 6


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="ATTN_MT_TEST_DATA does not name a folder of real text")
def test_300_lines_of_real_text_are_translated_alike(general):
    lines = (REAL / "valid.en").read_text(encoding="utf-8").splitlines()[:300]
    assert len(different(general, lines, 5)) <= 6


def test_a_damaged_page_says_so(browser, stored, tmp_path):
    path = tmp_path / "damaged.html"
    path.write_text(page(stored).replace('data-size="', 'data-size="1'), encoding="utf-8", newline="")
    browser.get(path.as_uri())
    assert "cannot translate" in wait_until(browser, "part('state').className && part('state').textContent")


def test_a_browser_that_is_too_old_is_told_what_it_lacks(browser, stored, tmp_path):
    path = tmp_path / "old.html"
    path.write_text(page(stored).replace("DecompressionStream", "NoStream"), encoding="utf-8", newline="")
    browser.get(path.as_uri())
    wait_until(browser, "part('state').className")
    browser.execute_async_script(  # the worker has answered everything that it was sent before
        "const [done] = arguments;"
        "worker.addEventListener('message', ({ data }) => { if (data.message.includes('TASKS')) done(); });"
        "worker.postMessage({ kind: 'unknown' });"
    )
    assert "NoStream is not defined" in browser.execute_script("return part('state').textContent")


def test_after_an_error_the_page_is_not_busy(browser, stored, tmp_path):
    path = tmp_path / "broken.html"
    path.write_text(page(stored).replace("async translate(line", "async unknown(line"), encoding="utf-8", newline="")
    browser.get(path.as_uri())
    wait_until(browser, "isReady")
    browser.execute_script("part('source').value = 'one'; ask();")
    assert "cannot translate" in wait_until(browser, "part('state').className && part('state').textContent")
    assert browser.execute_script("return part('translation').getAttribute('aria-busy')") == "false"

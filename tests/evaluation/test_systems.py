"""Systems: the test text, the translations of models and files, and the results."""

import gzip
import io
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from digit_language import digit_pairs, write_pairs
from recorder import Recorder

from attn_cli import __version__
from attn_cli.decoding.choice import make_translator
from attn_cli.decoding.torch_engine import load_network
from attn_cli.evaluation import systems
from attn_cli.evaluation.scores import by_length, score
from attn_cli.evaluation.systems import (
    System,
    Task,
    conditions,
    corpus_test,
    evaluate,
    languages_of,
    open_baseline,
    perplexity_of,
    read_test,
    read_translation,
    run_models,
)
from attn_cli.foundation.errors import CorpusError, SettingsError
from attn_cli.foundation.settings import DecodingConfig, MachineConfig, ModelConfig, PrepareConfig, TrainingConfig
from attn_cli.models.catalogue import model_folder
from attn_cli.models.folder import ModelSettings, StoredModel, read_model, write_model
from attn_cli.network.machine import start_machine
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.network.teacher_forcing import perplexity
from attn_cli.text.catalogue import corpus_folder
from attn_cli.text.preparation.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus

PAIRS = [("one two three", "trois deux un"), ("five six", "six cinq"), ("nine", "neuf")]
PLAIN = MachineConfig(device="cpu", precision="float32", threads=1)
TASK = Task(
    location="/texts/test", languages=("en", "fr"), pairs=PAIRS, decoding=DecodingConfig(beam_size=2), machine=PLAIN
)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A home with a prepared corpus called digits, and the models "forward" and "backward" with random weights."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTN_MT_HOME", str(home))
        prepare_digits(seed=1)
        for name, reverse in (("forward", False), ("backward", True)):
            write_random_model(name, PreparedCorpus(corpus_folder("digits"), reverse=reverse))
    return home


@pytest.fixture(autouse=True)
def in_home(home, monkeypatch):
    monkeypatch.setenv("ATTN_MT_HOME", str(home))


@pytest.fixture
def stored() -> StoredModel:
    return read_model(model_folder("forward"))


def prepare_digits(seed: int) -> None:
    """Prepare the corpus called digits, under the present home, from text that depends on the seed."""
    folder = corpus_folder("digits")
    text = folder.parent.parent / "text"
    write_pairs(text, digit_pairs(100, seed=seed))
    prepare(("en", "fr"), Sources((str(text),)), folder, PrepareConfig(vocab_size=300), Recorder())


def write_random_model(name: str, corpus: PreparedCorpus) -> None:
    source, target = corpus.languages
    config = ModelConfig(vocab_size=corpus.tokenizer.vocab_size, embedding_size=8, hidden_size=16, decoder_layers=1)
    settings = ModelSettings(
        source_language=source, target_language=target, corpus="digits", model=config, training=TrainingConfig(steps=1)
    )
    torch.manual_seed(1)
    weights = {name: value.numpy() for name, value in Seq2Seq(config).state_dict().items()}
    write_model(model_folder(name), settings, weights, corpus.tokenizer, "", corpus.fingerprint)


def test_a_model_translates_as_the_task_says(stored):
    system = run_models(TASK, "mine", [stored])
    expected = make_translator([stored], TASK.decoding, PLAIN, engine="torch").translate(TASK.sources)
    assert system == System("mine", [translation.text for translation in expected], [stored], expected)


def test_a_finished_translation_with_another_number_of_lines_is_refused_by_name(tmp_path):
    (tmp_path / "out.fr").write_text("un\ndeux\n", encoding="utf-8")
    assert read_translation(tmp_path / "out.fr", 2) == ["un", "deux"]
    for read in (
        lambda: read_translation(tmp_path / "out.fr", 3),
        lambda: open_baseline(str(tmp_path / "out.fr"), TASK),
    ):
        with pytest.raises(CorpusError, match=r"out.fr: it has 2 lines, the test text 3"):
            read()


def test_a_baseline_is_a_file_or_a_model_of_the_same_languages(tmp_path):
    (tmp_path / "out.fr").write_text("un\ndeux\ntrois\n", encoding="utf-8")
    assert open_baseline(str(tmp_path / "out.fr"), TASK) == System(str(tmp_path / "out.fr"), ["un", "deux", "trois"])
    [opened] = open_baseline("forward", TASK)
    assert opened.folder == model_folder("forward")
    with pytest.raises(SettingsError, match="`baseline` backward: translates fr to en, not en to fr"):
        open_baseline("backward", TASK)


def test_an_evaluation_holds_all_results_and_becomes_json(stored):
    system, other = run_models(TASK, "mine", [stored]), System("perfect", [target for _, target in PAIRS])
    evaluation = evaluate(system, [other], TASK)
    assert evaluation.scores == score(system.hypotheses, TASK.references)
    assert evaluation.perplexity == perplexity_of([stored], TASK)
    assert evaluation.baselines["perfect"]["chrf"].other == pytest.approx(100)
    values = evaluation.to_dict()
    assert list(values) == ["perplexity", "bleu", "chrf", "ter", "by_length", "baselines"]
    assert values["chrf"]["score"] == evaluation.scores["chrf"].score
    assert values["by_length"][0] == {"begin": 1, "end": 6, "sentences": 3, "bleu": evaluation.by_length[0].bleu}
    assert values["baselines"]["perfect"]["ter"]["other"] == 0
    assert "perplexity" not in evaluate(other, [], TASK).to_dict()


def test_the_conditions_name_search_machine_and_version(stored):
    precision = replace(TASK, machine=replace(PLAIN, precision="bfloat16"))
    model, file = System("mine", [], [stored]), System("file", [])
    search = {**DecodingConfig(beam_size=2).to_dict(), "attn_mt_version": __version__}
    assert conditions(precision, [file, model]) == {**search, "precision": "bfloat16", "device": "cpu", "threads": 1}
    assert conditions(precision, [file]) == {**search, "precision": None, "device": None, "threads": None}


def test_automatic_precision_is_the_one_that_is_named(stored):
    automatic = replace(TASK, machine=replace(PLAIN, precision="auto"))
    named = conditions(automatic, [System("mine", [], [stored])])["precision"]
    assert named in ("bfloat16", "float32", "int8")
    explicit = replace(TASK, machine=replace(PLAIN, precision=named))
    assert run_models(automatic, "mine", [stored]) == run_models(explicit, "mine", [stored])
    assert perplexity_of([stored], automatic) == perplexity_of([stored], explicit)


def test_the_perplexity_is_that_of_the_references(stored):
    network = load_network(stored.settings.model, stored.weights).eval()
    sources, targets = (stored.tokenizer.encode(side) for side in zip(*PAIRS, strict=True))
    expected = perplexity([network], sources, targets, start_machine(PLAIN))
    assert perplexity_of([stored], TASK) == expected
    assert 1 < expected < math.inf


@pytest.mark.parametrize("side", [0, 1])
def test_the_perplexity_leaves_out_blank_pairs_and_very_long_ones(side, stored, monkeypatch):
    monkeypatch.setattr(
        systems, "LONGEST", max(map(len, stored.tokenizer.encode([text for pair in PAIRS for text in pair])))
    )
    usual = perplexity_of([stored], TASK)
    for text in ("", "one two three " * 50):
        pair = [("five", "cinq"), ("cinq", "five")][side][0]
        odd = (text, pair) if side == 0 else (pair, text)
        assert perplexity_of([stored], replace(TASK, pairs=[*PAIRS, odd])) == usual
        assert perplexity_of([stored], replace(TASK, pairs=[odd])) is None


def test_a_test_text_needs_a_pair_with_two_sides(tmp_path):
    write_pairs(tmp_path / "good", PAIRS)
    assert read_test(str(tmp_path / "good"), ("fr", "en")) == [(target, source) for source, target in PAIRS]
    write_pairs(tmp_path / "blank", [("one", ""), ("", "un")])
    with pytest.raises(CorpusError, match="blank: no sentence to test on; give a test text with `test`"):
        read_test(str(tmp_path / "blank"), ("en", "fr"))


@pytest.mark.parametrize("name", ["forward", "backward"])
def test_a_models_test_text_is_that_of_its_corpus(name):
    assert corpus_test([read_model(model_folder(name))]) == str(corpus_folder("digits") / "test")


@pytest.mark.parametrize("name", ["forward", "backward"])
def test_a_corpus_that_was_prepared_again_is_refused_as_test_text(name, tmp_path, monkeypatch):
    stored = read_model(model_folder(name))
    monkeypatch.setenv("ATTN_MT_HOME", str(tmp_path))
    prepare_digits(seed=2)
    message = rf"{name}: the corpus digits has been prepared again since .*; give a test text with `test`"
    with pytest.raises(CorpusError, match=message):
        corpus_test([stored])
    older = replace(stored, corpus_fingerprint=None)  # of version 0.1.0
    assert corpus_test([older]) == str(tmp_path / "corpora" / "digits" / "test")


def test_a_corpus_that_is_gone_is_refused_as_test_text(stored):
    gone = replace(stored, settings=replace(stored.settings, corpus="gone"))
    with pytest.raises(CorpusError, match=r"forward: the corpus it was trained on is not at .*gone; give a test text"):
        corpus_test([gone])


def test_the_codes_of_the_languages_may_have_further_parts(tmp_path):
    write_pairs(tmp_path / "test", PAIRS)
    for old, new in (("en", "eng_Latn"), ("fr", "fr_CA")):
        (tmp_path / f"test.{old}").rename(tmp_path / f"test.{new}")
    (tmp_path / "out").write_text(f"{PAIRS[0][1]}\n\n\n", encoding="utf-8")
    languages = languages_of(str(tmp_path / "test"), partial(read_translation, tmp_path / "out"))
    assert languages == ("eng_Latn", "fr_CA")
    assert read_test(str(tmp_path / "test"), languages) == PAIRS


@pytest.mark.parametrize("compressed", [False, True])
def test_the_target_language_is_the_one_that_a_finished_translation_resembles(compressed, tmp_path):
    write_pairs(tmp_path / "test", PAIRS)
    (tmp_path / "test.align").write_text("0-0\n", encoding="utf-8")  # not a language
    (tmp_path / "test-2.de").write_text("eins\n", encoding="utf-8")  # not of this prefix
    if compressed:
        with gzip.open(tmp_path / "test.fr.gz", "wb") as file:
            file.write((tmp_path / "test.fr").read_bytes())
        (tmp_path / "test.fr").unlink()
    for language, text, expected in (("fr", PAIRS[0][1], ("en", "fr")), ("en", PAIRS[0][0], ("fr", "en"))):
        (tmp_path / f"out.{language}").write_text(f"{text}\n\n\n", encoding="utf-8")
        assert languages_of(str(tmp_path / "test"), partial(read_translation, tmp_path / f"out.{language}")) == expected


def test_the_languages_must_be_given_where_they_are_not_clear(tmp_path):
    write_pairs(tmp_path / "test", PAIRS)
    (tmp_path / "out").write_text("\n\n\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"test: source and target are not clear from its languages \(en, fr\)"):
        languages_of(str(tmp_path / "test"), partial(read_translation, tmp_path / "out"))  # equally unlike both
    (tmp_path / "test.pt_BR").write_text("um\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"\(en, fr, pt_BR\); give them with `pair`, for example en-fr"):
        languages_of(str(tmp_path / "test"), partial(read_translation, tmp_path / "out"))
    for location in (tmp_path / "none", tmp_path / "nowhere" / "test"):
        with pytest.raises(SettingsError, match=r"\(there are none\)"):
            languages_of(str(location), partial(read_translation, tmp_path / "out"))


def test_a_finished_translation_that_does_not_match_the_text_is_refused_before_its_languages(tmp_path):
    write_pairs(tmp_path / "test", PAIRS)
    (tmp_path / "out").write_text("un\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="out: it has 1 lines, the test text 3"):
        languages_of(str(tmp_path / "test"), partial(read_translation, tmp_path / "out"))


def test_a_table_needs_no_languages(tmp_path):
    (tmp_path / "test.tsv").write_text("one\tun\n", encoding="utf-8")
    languages = languages_of(str(tmp_path / "test.tsv"), partial(read_translation, tmp_path / "out"))
    assert read_test(str(tmp_path / "test.tsv"), languages) == [("one", "un")]


def test_a_blank_line_is_no_reference_unless_its_sentence_has_no_other():
    pairs = [("one", "un"), ("two", ""), ("three", "")]
    task = replace(TASK, pairs=pairs, more_references=[["une", "deux", " "], ["", "", ""]])
    assert list(map(list, task.references)) == [["un", None, ""], ["une", "deux", None], [None, None, None]]
    assert list(map(list, replace(TASK, pairs=pairs).references)) == [["un", "", ""]]


def test_all_references_and_the_tokenizer_are_used_and_the_perplexity_is_of_the_first(stored):
    system, more = System("mine", ["un deux", "six cinq", "neuf !"], [stored]), [["un deux trois", "cinq", ""]]
    task = replace(TASK, more_references=more, tokenizer="char")
    found, first = evaluate(system, [System("other", ["a"] * 3)], task), evaluate(system, [], TASK)
    assert found.scores == score(system.hypotheses, task.references, "char") != first.scores
    assert found.by_length == by_length(task.sources, system.hypotheses, task.references, "char") != first.by_length
    assert found.baselines["other"]["bleu"].signature.startswith("nrefs:var|ar:10000|")
    assert "tok:char" in found.baselines["other"]["bleu"].signature
    assert found.perplexity == first.perplexity


def test_a_translation_from_standard_input_is_read_no_further_than_the_test_text():
    stream = io.BytesIO(b"un\n" * 1_000_000)
    with pytest.raises(CorpusError, match=r"standard input: it has more than 3 lines, the test text 3"):
        read_translation(stream, 3)
    assert stream.tell() == len(b"un\n" * 4)


def test_models_translate_together_and_have_one_perplexity(stored):
    torch.manual_seed(5)
    weights = {name: value + 0.3 * torch.randn(value.shape).numpy() for name, value in stored.weights.items()}
    models = [stored, replace(stored, weights=weights)]
    together = run_models(TASK, "both", models)
    expected = make_translator(models, TASK.decoding, PLAIN, engine="torch").translate(TASK.sources)
    assert together == System("both", [translation.text for translation in expected], models, expected)
    assert together.hypotheses != run_models(TASK, "mine", [stored]).hypotheses
    alone = [perplexity_of([model], TASK) for model in models]
    assert 1 < perplexity_of(models, TASK) < max(alone)
    assert perplexity_of([stored, stored], TASK) == pytest.approx(alone[0])


def test_models_trained_on_different_corpora_have_no_test_text_in_common(stored, monkeypatch, tmp_path):
    other = replace(stored, settings=replace(stored.settings, corpus="other"), corpus_fingerprint=None)
    monkeypatch.setenv("ATTN_MT_HOME", str(tmp_path))
    older = replace(stored, corpus_fingerprint=None)
    for name in ("digits", "other"):
        corpus_folder(name).mkdir(parents=True)
    assert corpus_test([older, older]) == str(corpus_folder("digits") / "test")
    with pytest.raises(CorpusError, match="forward and forward: were trained on different corpora; give a test text"):
        corpus_test([older, other])

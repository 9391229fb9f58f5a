"""The display of preparing a corpus: stages, the table of cleaning, examples, the end."""

from attn_cli.display.preparation import PreparationDisplay
from attn_cli.display.terminal import Messages
from attn_cli.text.preparation.progress import Cleaning, Prepared

CLEANING = Cleaning(
    read=9000,
    dropped={"too long": 990, "duplicate": 10},
    mended={"control characters": 3},
    pairs={"train": 7100, "valid": 500, "test": 400, "synthetic": 1200},
    examples={"too long": [("text.tsv", 17, "a" * 60, "")], "duplicate": [("text.tsv", 1234, "\x1b[2Jhello", "salut")]},
)
INFO = {"source_language": "en", "target_language": "fr", "tokenizer": {"vocab_size": 2000}}


def shown(capsys, monkeypatch, *, terminal, steps):
    if terminal:
        for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "120")):
            monkeypatch.setenv(name, value)
    with PreparationDisplay(Messages()) as display:
        steps(display)
    written = capsys.readouterr()
    assert written.out == ""
    return written.err


def test_the_result_of_cleaning_is_a_table_with_examples(capsys, monkeypatch):
    err = shown(capsys, monkeypatch, terminal=False, steps=lambda display: display.cleaned(CLEANING))
    rows = {line[:-8].strip(): line[-8:].strip() for line in (text.rstrip() for text in err.splitlines())}
    expected = {
        "read for training": "9,000", "dropped: too long": "990", "dropped: duplicate": "10",
        "mended: control characters": "3", "train": "7,100", "of them synthetic": "1,200", "valid": "500",
        "test": "400",
    }  # fmt: skip
    assert expected.items() <= rows.items()
    assert f"dropped: too long\n  text.tsv, pair 17: {'a' * 49}… | (nothing)\n" in err
    assert "  text.tsv, pair 1,234:  [2Jhello | salut\n" in err


def test_the_end_names_the_vocabulary_and_the_folder(capsys, monkeypatch, tmp_path):
    err = shown(capsys, monkeypatch, terminal=False, steps=lambda display: display.prepared(Prepared(tmp_path, INFO)))
    assert err == f"en-fr: vocabulary of 2,000 pieces; written to {tmp_path}\n"


def stages(display):
    display.doing("reading and cleaning text.tsv", "pairs")
    display.counted(5000, 0.25)
    display.counted(20_000, None)
    display.doing("training the tokenizer")


def test_without_a_terminal_each_stage_is_one_line(capsys, monkeypatch):
    err = shown(capsys, monkeypatch, terminal=False, steps=stages)
    assert err == "reading and cleaning text.tsv …\ntraining the tokenizer …\n"


def test_on_a_terminal_a_stage_shows_its_count_speed_and_time(capsys, monkeypatch):
    err = shown(capsys, monkeypatch, terminal=True, steps=stages)
    assert "reading and cleaning text.tsv  20,000 pairs, " in err
    assert "/s  0:00" in err
    assert "training the tokenizer  0:00" in err


def test_the_time_left_follows_from_the_share(monkeypatch):
    display = PreparationDisplay(Messages(quiet=True))
    display.doing("reading", "pairs")
    monkeypatch.setattr("attn_cli.display.preparation.perf_counter", lambda: display._begin + 30)
    display.counted(6000, 0.25)
    assert display.progress().plain == "reading  6,000 pairs, 200/s  25 %, 1:30 left"
    display.counted(6000, None)
    assert display.progress().plain == "reading  6,000 pairs, 200/s  0:30"

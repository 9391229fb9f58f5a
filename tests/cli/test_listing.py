"""`translate --list` and `prepare --list`: what there is, damaged or not, for people and for programs."""

import json
import os
import shutil
from pathlib import Path

import pytest
from shell import text_of

from attn_cli.training.log import read_log

DATA = Path(__file__).parents[2] / "data"
RELEASED = Path(__file__).parents[1] / "released"


@pytest.fixture
def home(tmp_path, shell) -> Path:
    """A home of its own, with a copy of the shell's model and corpus."""
    return shutil.copytree(shell.home, tmp_path / "home")


@pytest.fixture
def listed(shell, home):
    """Return a function that lists models ("translate") or corpora ("prepare"): as rows of words, or from JSON."""

    def run(command, *options):
        done = shell(command, "--list", *options, ATTN_MT_HOME=str(home))
        assert (done.returncode, done.stderr) == (0, b""), text_of(done.stderr)
        lines = text_of(done.stdout).splitlines()
        if "--json" not in options:
            return [line.split() for line in lines]
        [entries] = json.loads("".join(lines)).values()
        assert len(lines) == 1
        return {entry["name"]: entry for entry in entries}

    return run


def edit(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_models_of_the_home_come_first_then_those_of_the_package(listed, home):
    older = shutil.copytree(RELEASED / "format-1" / "model", home / "models" / "older")
    os.utime(older / "config.json", (1_000_000_000,) * 2)
    title, digits, old, general, back = listed("translate")
    assert title == ["name", "pair", "weights", "size", "corpus", "BLEU", "date", "folder"]
    assert digits[:2] == ["digits", "en-fr"]
    assert digits[-1] == str(home / "models" / "digits")
    assert old == ["older", "en-fr", "32.0", "k", "375.9", "kB", "digits", "-", "2001-09-09", str(older)]
    folder = str(DATA / "models" / "general-en-fr")
    assert general == ["general-en-fr", "en-fr", "19.0", "M", "19.7", "MB", "general", "42.3", "2026-11-26", folder]
    assert back[:2] == ["general-fr-en", "fr-en"]


def test_the_columns_are_aligned(shell):
    title, *rows = text_of(shell("translate", "--list").stdout).splitlines()
    for row in rows:
        assert row[title.index("folder") - 1 :].startswith(" /")
        assert row[title.index("pair") :].startswith(("en-fr ", "fr-en "))


def test_a_program_reads_the_models_as_json(listed, home):
    digits = listed("translate", "--json")["digits"]
    best = [record["bleu"] for record in read_log(home / "models" / "digits") if record.get("best")]
    assert digits["validation_bleu"] == best[-1]
    assert (digits["pair"], digits["corpus"]) == ("en-fr", "digits")
    files = [home / "models" / "digits" / name for name in ("model.safetensors", "tokenizer.model", "config.json")]
    assert digits["size"] == sum(path.stat().st_size for path in files)
    assert digits["folder"] == str(home / "models" / "digits")


def test_the_log_has_the_bleu_that_the_config_of_an_old_model_lacks(listed, home):
    edit(home / "models" / "digits" / "config.json", lambda config: config.pop("outcome"))
    log = home / "models" / "digits" / "training" / "log.jsonl"
    log.write_text('{"step": 1, "bleu": 12.5, "best": true}\n{"step": 2, "bleu": 3, "best": false}\n', encoding="utf-8")
    assert listed("translate", "--json")["digits"]["validation_bleu"] == 12.5
    log.write_text('{"step": 1, "bleu": "\\u001b[2J", "best": true}\n', encoding="utf-8")
    assert listed("translate", "--json")["digits"]["validation_bleu"] is None
    with log.open("wb") as file:
        file.truncate(2**40)  # a sparse file: it would not fit the memory
    assert listed("translate", "--json")["digits"]["validation_bleu"] is None


def test_corpora_of_the_home_come_first_then_the_starter_corpora(listed, home):
    title, digits, starter = listed("prepare")
    assert title == ["name", "pair", "pairs", "words", "vocabulary", "date", "folder"]
    info = json.loads((home / "corpora" / "digits" / "prepared.json").read_text(encoding="utf-8"))
    assert digits[:3] == ["digits", "en-fr", f"{info['pairs']['train']:,}"]
    assert digits[3] == f"{max(info['words'].values()):,}"
    assert digits[4] == f"{info['tokenizer']['vocab_size']:,}"
    assert starter == ["en-fr", "en-fr", "26,149", "238,049", "-", "-", str(DATA / "en-fr")]
    assert listed("prepare", "--json")["digits"]["words"] == info["words"]


def test_without_a_home_there_is_what_comes_with_the_package(listed, home):
    shutil.rmtree(home)
    assert [row[0] for row in listed("translate")] == ["name", "general-en-fr", "general-fr-en"]
    assert [row[0] for row in listed("prepare")] == ["name", "en-fr"]
    assert not home.exists()


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def enlarge(path):
    with path.open("ab") as file:
        file.truncate(2**40)


def replace_by_fifo(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("damage", [Path.unlink, cut, enlarge, replace_by_fifo])
@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("translate", "models/digits/config.json"),
        ("translate", "models/digits/model.safetensors"),
        ("prepare", "corpora/digits/prepared.json"),
    ],
)
def test_what_is_damaged_is_in_the_list_with_the_reason(command, file, damage, listed, home):
    damage(home / file)
    damaged = listed(command, "--json")["digits"]
    assert damaged.keys() == {"name", "folder", "problem"}
    assert str((home / file).parent) in damaged["problem"]
    rows = {row[0]: row for row in listed(command)}
    assert rows["digits"][1:-1][:4] == ["-"] * 4
    assert len(rows) == {"translate": 4, "prepare": 3}[command]


@pytest.mark.parametrize(
    "outcome",
    [[], {"date": "yesterday"}, {"validation_bleu": "42"}, {"validation_bleu": float("inf")}, {"mood": "good"}],
)
def test_a_model_whose_outcome_makes_no_sense_is_damaged(outcome, listed, home):
    edit(home / "models" / "digits" / "config.json", lambda config: config.update(outcome=outcome))
    assert "problem" in listed("translate", "--json")["digits"]


def test_the_weights_are_not_read(listed, home):
    path = home / "models" / "digits" / "model.safetensors"
    before = listed("translate", "--json")["digits"]
    content = path.read_bytes()
    path.write_bytes(content[:-100] + bytes(100))
    assert listed("translate", "--json")["digits"] == before


def test_no_control_character_of_a_file_or_a_folder_reaches_the_terminal(listed, home):
    evil = shutil.move(home / "models" / "digits", home / "models" / "a\x1b[2Jb\nc")
    edit(Path(evil) / "config.json", lambda config: config["settings"].update(corpus="x\x9b31m\x07" + "y" * 1000))
    _, row, *_ = listed("translate")
    assert row[:3] == ["a", "[2Jb", "c"]
    assert row[row.index("x") :][:3] == ["x", "31m", f"{'y' * 33}…"]
    assert listed("translate", "--json")["a\x1b[2Jb\nc"]["corpus"].startswith("x\x9b31m\x07yy")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["translate", "--list", "hello"], "TEXT"),
        (["translate", "-m", "digits", "--list"], "--model"),
        (["translate", "--list", "--beam", "5"], "--beam"),
        (["prepare", "--list", "en-fr"], "PAIR"),
        (["prepare", "--list", "--train", "x"], "--train"),
    ],
)
def test_what_a_list_does_not_use_is_refused_by_its_name(arguments, named, shell):
    done = shell(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"not with {named}" in text_of(done.stderr)


def test_the_environment_and_q_are_no_hindrance(shell):
    done = shell("translate", "--list", "-q", ATTN_MT_DEVICE="cpu", ATTN_MT_MODEL="missing")
    assert done.returncode == 0
    assert text_of(done.stdout).startswith("name ")


@pytest.mark.parametrize("command", ["translate", "prepare"])
def test_neither_torch_nor_rich_is_imported(command, shell):
    assert shell.imports({"torch", "rich"}, command, "--list")[1] == set()

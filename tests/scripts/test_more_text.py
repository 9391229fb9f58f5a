"""Training with text in one language by scripts/more_text.sh, on the digit language."""

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from digit_language import digit_pairs
from shell import text_of

SCRIPT = Path(__file__).parents[2] / "scripts" / "more_text.sh"
TRAIN = ("--steps", "2", "--embedding-size", "16", "--hidden-size", "32", "--decoder-layers", "1", "--overwrite")
PAIRS = digit_pairs(730, seed=1)[700:]  # those of the fixtures come before


@pytest.fixture
def run(shell, digits, tmp_path):
    """Run the script with a home that has the model `digits`, and its corpus as the genuine pairs."""
    home = shutil.copytree(shell.home, tmp_path / "home")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "attn-mt").write_text(
        f'#!/bin/sh\necho "$@" >>"{tmp_path}/calls"\nexec "{shell.command(tmp_path)}" "$@"\n', encoding="utf-8"
    )
    (commands / "attn-mt").chmod(0o755)
    environment = shell.environment | {"ATTN_MT_HOME": str(home), "PATH": f"{commands}:{shell.environment['PATH']}"}
    genuine = ("--train", str(digits / "train"), "--valid", str(digits / "valid"), "--test", str(digits / "test"))

    def run(*arguments: str, complete: bool = True) -> subprocess.CompletedProcess[bytes]:
        given = (*arguments, "--folder", str(tmp_path / "more"), *genuine) if complete else arguments
        options = ("--", *TRAIN) if complete else ()
        command = ["bash", str(SCRIPT), *given, *options]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False
        )

    return run


def written(folder: Path) -> dict[str, list[str]]:
    return {path.name: path.read_text(encoding="utf-8").splitlines() for path in folder.iterdir()}


def pairs_of(home: Path, name: str) -> dict[str, int]:
    return dict(json.loads((home / "corpora" / name / "prepared.json").read_text(encoding="utf-8"))["pairs"])


@pytest.mark.slow
def test_text_is_translated_filtered_prepared_and_trained_on_and_none_of_it_twice(run, tmp_path):
    (tmp_path / "text.gz").write_bytes(gzip.compress("".join(f"{pair[0]}\n \n" for pair in PAIRS).encode()))
    command = ("self-training", "en-fr", "--text", "text.gz", "--model", "digits", "--beam", "1", "--share", "0.5")
    first = run(*command)
    assert first.returncode == 0, text_of(first.stderr)
    files = written(tmp_path / "more")
    assert files.keys() == {"about", "text", "translations", "synthetic.en", "synthetic.fr"}
    assert files["text"] == files["synthetic.en"] == [pair[0] for pair in PAIRS]
    confidences, translations = zip(*(line.split("\t") for line in files["translations"]), strict=True)
    assert list(translations) == files["synthetic.fr"]
    assert sum(translation == pair[1] for translation, pair in zip(translations, PAIRS, strict=True)) > 15
    assert pairs_of(tmp_path / "home", "en-fr-more") == {
        "train": 630,
        "valid": 50,
        "test": 50,
        "synthetic": 30,
    }  # "six" is "six"
    assert "; synthetic share 0.5; " in text_of(first.stderr)
    config = json.loads((tmp_path / "home" / "models" / "en-fr-more" / "config.json").read_text(encoding="utf-8"))
    assert config["settings"]["training"]["synthetic_share"] == 0.5

    # Cut in the middle of a line, and asked for the more probable half.
    whole = (tmp_path / "more" / "translations").read_bytes()
    lines = whole.splitlines(keepends=True)
    (tmp_path / "more" / "translations").write_bytes(b"".join(lines[:20]) + lines[20][:9])
    least = sorted(confidences)[15]
    again = run(*command, "--least-confidence", least)
    assert again.returncode == 0, text_of(again.stderr)
    assert "30 lines, 20 of them translated" in text_of(again.stderr)
    assert (tmp_path / "more" / "translations").read_bytes().splitlines()[:20] == whole.splitlines()[:20]
    texts = [line.split("\t")[1] for line in written(tmp_path / "more")["translations"]]
    assert texts == list(translations)
    kept = [pair[0] for pair, confidence in zip(PAIRS, confidences, strict=True) if float(confidence) >= float(least)]
    assert written(tmp_path / "more")["synthetic.en"] == kept
    assert not {"rest", "new"} & {path.name for path in (tmp_path / "more").iterdir()}

    other = run(*command, "--beam", "2")
    assert other.returncode == 2
    assert text_of(other.stderr).startswith("error: --folder ")
    assert written(tmp_path / "more")["synthetic.en"] == kept


@pytest.mark.slow
def test_for_back_translation_the_text_is_the_target_side(run, tmp_path):
    # A model of English to French translates text for a model of French to English.
    (tmp_path / "text").write_text("".join(f"{pair[0]}\n" for pair in PAIRS) + "six six\n", encoding="utf-8")
    models = ("--model", "digits", "-m", "digits", "--sample")
    done = run("back-translation", "fr-en", "--text", "text", *models, "--out", "back")
    assert done.returncode == 0, text_of(done.stderr)
    files = written(tmp_path / "more")
    assert files["synthetic.en"][:30] == [pair[0] for pair in PAIRS]
    assert len(files["synthetic.fr"]) == len(files["synthetic.en"])
    assert pairs_of(tmp_path / "home", "back")["synthetic"] == len(files["synthetic.fr"])
    assert "translate --confidence --check-language --model digits --model digits --sample" in (
        tmp_path / "calls"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "scripts/more_text.sh back-translation|self-training PAIR"),
        (("translate", "en-fr"), "scripts/more_text.sh back-translation|self-training PAIR"),
        (("self-training", "english"), "error: PAIR 'english': give two languages"),
        (("self-training", "en-fr", "--text"), "error: --text: its value is missing"),
        (("self-training", "en-fr", "--texts", "a"), "error: --texts: no such option"),
        (("self-training", "en-fr", "--text", "nothing"), "error: --text 'nothing': no such file"),
        (("self-training", "en-fr", "--text", str(SCRIPT)), "error: --folder, --model and --train are needed"),
    ],
)
def test_wrong_usage_is_answered_by_one_clear_line(run, tmp_path, arguments, told):
    done = run(*arguments, complete=False)
    assert done.returncode == 2
    assert text_of(done.stderr).startswith(told)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "bin", "attn-mt"}


def test_text_in_another_encoding_and_a_folder_with_other_files_are_refused(run, tmp_path):
    (tmp_path / "text").write_bytes("déjà\n".encode("latin-1"))
    done = run("self-training", "en-fr", "--text", "text", "--model", "digits")
    assert done.returncode == 2
    assert "error: --text text: cannot be read; it must be text in UTF-8" in text_of(done.stderr)
    assert [path.name for path in (tmp_path / "more").iterdir()] == ["about"]
    (tmp_path / "more" / "about").rename(tmp_path / "more" / "thesis.txt")
    done = run("self-training", "en-fr", "--text", "text", "--model", "digits")
    assert "holds something else" in text_of(done.stderr)
    assert [path.name for path in (tmp_path / "more").iterdir()] == ["thesis.txt"]

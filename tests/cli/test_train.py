"""`train`: directions, resuming, and what it refuses without losing anything."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from shell import assert_fails, text_of
from small_training import with_synthetic
from typer.testing import CliRunner

from attn_cli.cli.app import app
from attn_cli.foundation.errors import AttnMTError
from attn_cli.network.machine import Machine

SMALL = ("--embedding-size", "16", "--hidden-size", "32", "--decoder-layers", "1")


def test_train_and_prepare_give_json(shell, digits, tmp_path):
    prepared = shell("prepare", "en-fr", "--train", str(digits / "train"), "--out", str(tmp_path / "c"), "--json", "-q")
    assert json.loads(prepared.stdout)["pairs"]["train"] + 60 == 600
    assert prepared.stderr == b""
    trained = shell("train", str(tmp_path / "c"), "--steps", "2", *SMALL, "--out", str(tmp_path / "m"), "--json", "-q")
    assert json.loads(trained.stdout)["steps"] == 2
    assert trained.stderr == b""


def test_the_other_direction_reads_the_same_corpus_backwards(shell, digits, tmp_path):
    texts = [argument for name in ("train", "valid", "test") for argument in (f"--{name}", str(digits / name))]
    home = tmp_path / "home"
    run = type(shell)(home)
    assert run("prepare", "en-fr", *texts).returncode == 0
    assert run("train", "fr-en", "--steps", "2", *SMALL).returncode == 0
    assert json.loads((home / "models" / "fr-en" / "config.json").read_text())["settings"]["source_language"] == "fr"
    assert run("train", "en-fr", "--reverse", "--steps", "2", *SMALL, "--out", "back").returncode == 0
    same = [(home / "models" / name / "model.safetensors").read_bytes() for name in ("fr-en", "back")]
    assert same[0] == same[1]
    assert json.loads(run("evaluate", "fr-en", "--json").stdout)["sentences"] == 50
    more = run("train", "en-fr", "--resume", "--steps", "3", "--out", "back", "--json")  # it knows its direction
    assert json.loads(more.stdout)["steps"] == 3
    assert run("train", "en-fr", "--steps", "2", *SMALL).returncode == 0
    assert_fails(run("evaluate", "en-fr", "--baseline", "fr-en"), "--baseline fr-en: translates fr to en, not en to fr")


def test_ctrl_c_saves_and_says_how_to_resume(shell, tmp_path):
    command = [sys.executable, "-m", "attn_cli", "train", "digits", "--minutes", "5"]
    command += [*SMALL, "--out", str(tmp_path / "m")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=shell.environment, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("step 20 "):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 130
    hint = next(line for line in rest.splitlines() if "--resume" in line)
    log = (tmp_path / "m" / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    stopped = json.loads(log[-1])["step"]
    resumed = shell(*hint.split("attn-mt ")[1].split(), "--steps", str(stopped + 5))
    assert resumed.returncode == 0, text_of(resumed.stderr)
    assert f"resuming after update {stopped:,}" in text_of(resumed.stderr)
    assert f"trained {stopped + 5:,} updates" in text_of(resumed.stderr)


SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("delay", [0.0, 0.2])
def test_two_signals_save_as_one_does(shell, tmp_path, number, delay):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip(f"{signal.Signals(number).name} is ignored here, as under nohup")
    command = [sys.executable, "-m", "attn_cli", "train", "digits", "--minutes", "5", *SMALL, "--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=shell.environment, text=True) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("step 20 "))
        process.send_signal(number)
        time.sleep(delay)
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 128 + number
    assert "Traceback" not in rest
    assert rest.splitlines()[-1].startswith("stopped; resume with: ")
    assert (tmp_path / "training" / "state.pt").exists()
    assert (tmp_path / "config.json").exists()


@pytest.mark.skipif(not shutil.which("nohup"), reason="no nohup here")
def test_a_hang_up_under_nohup_does_not_stop_a_training(shell, tmp_path):
    command = ["nohup", sys.executable, "-m", "attn_cli", "train", "digits", "--steps", "60", *SMALL]
    command += ["--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=shell.environment, text=True) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("step 20 "))
        process.send_signal(signal.SIGHUP)
        rest = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert "trained 60 updates" in rest


def test_batch_size_and_machine_can_be_changed_when_resuming_and_nothing_else(shell, tmp_path):
    out = ("--out", str(tmp_path / "m"))
    assert shell("train", "digits", "--steps", "2", *SMALL, *out).returncode == 0
    more = ("--batch-tokens", "300", "--threads", "1", "--device", "cpu", "--precision", "float32", "--steps", "3")
    done = shell("train", "digits", "--resume", *more, *out)
    assert done.returncode == 0, text_of(done.stderr)
    assert config_of(tmp_path / "m")["settings"]["training"]["batch_tokens"] == 300
    for option in (("--learning-rate", "0.1"), ("--seed", "2"), ("--hidden-size", "64"), ("--overwrite",)):
        refused = shell("train", "digits", "--resume", *option, *out)
        assert refused.returncode == 2
        assert "--batch-tokens" in text_of(refused.stderr)


def test_a_training_does_not_compute_in_integers(shell, tmp_path):
    refused = shell("train", "digits", "--precision", "int8", "--steps", "2", *SMALL, "--out", str(tmp_path / "m"))
    assert refused.returncode == 2
    assert "'int8'" in text_of(refused.stderr)


def test_a_folder_with_nothing_but_a_log_is_no_model(shell, tmp_path):
    log = tmp_path / "training" / "log.jsonl"
    log.parent.mkdir()
    log.write_text('{"kind": "progress", "step": 20}\n')
    refused = shell("train", "digits", "--resume", "--out", str(tmp_path))
    assert_fails(refused, "nothing to resume; train without --resume")
    assert shell("train", "digits", "--steps", "1", *SMALL, "--out", str(tmp_path)).returncode == 0


def test_a_model_whose_state_is_gone_is_not_said_to_be_resumable(shell, tmp_path):
    shutil.copytree(shell.home / "models" / "digits", tmp_path / "m")
    (tmp_path / "m" / "training" / "state.pt").unlink()
    resumed = shell("train", "digits", "--resume", "--out", str(tmp_path / "m"))
    assert_fails(resumed, "nothing to resume", "--overwrite", "--from")
    again = shell("train", "digits", "--out", str(tmp_path / "m"))
    assert_fails(again, "there is a model already; replace it with --overwrite")
    assert "--resume" not in text_of(again.stderr)


def test_a_training_that_was_stopped_is_not_replaced(shell, tmp_path):
    shutil.copytree(shell.home / "models" / "digits" / "training", tmp_path / "training")
    assert_fails(
        shell("train", "digits", "--out", str(tmp_path)), "a stopped training already; resume it", "--overwrite"
    )


def test_a_training_that_diverges_says_what_to_try(shell, tmp_path):
    out = ("--out", str(tmp_path / "m"))
    done = shell("train", "digits", "--steps", "500", "--learning-rate", "1e6", *SMALL, *out)
    assert_fails(done, "the training diverged", "--overwrite and a --learning-rate below 1e+06")


def test_a_share_of_synthetic_pairs_is_kept_when_a_training_is_resumed(shell, tmp_path):
    folder, out = tmp_path / "c", ("--out", str(tmp_path / "m"))
    shutil.copytree(shell.home / "corpora" / "digits", folder)
    with_synthetic(folder, 50)
    first = shell("train", str(folder), "--steps", "1", *SMALL, "--synthetic-share", "0.5", *out)
    assert "600 pairs, 50 of them synthetic, " in text_of(first.stderr)
    resumed = shell("train", str(folder), "--resume", "--steps", "2", *out)
    assert "; synthetic share 0.5; " in text_of(first.stderr)
    assert "; synthetic share 0.5; " in text_of(resumed.stderr)
    counts = [re.search(r"(\d+) updates per epoch", text_of(done.stderr))[1] for done in (first, resumed)]
    assert counts[0] == counts[1]


def test_a_share_of_synthetic_pairs_that_are_not_there(shell, tmp_path):
    done = shell("train", "digits", "--steps", "1", "--synthetic-share", "0.5", "--out", str(tmp_path / "m"))
    last = text_of(done.stderr).splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith("error: ")
    assert "has 600 genuine and 0 synthetic pairs, and --synthetic-share needs both" in last
    assert not (tmp_path / "m" / "config.json").exists()


def test_a_resumed_training_keeps_its_machine_unless_told_otherwise(shell, tmp_path):
    out = ("--out", str(tmp_path / "m"))
    used = []
    for steps, options in ((1, (*SMALL, "--threads", "2")), (2, ("--resume",)), (3, ("--resume", "--threads", "1"))):
        assert shell("train", "digits", *options, "--steps", str(steps), *out).returncode == 0
        used.append(json.loads((tmp_path / "m" / "config.json").read_text(encoding="utf-8"))["settings"]["threads"])
    assert used == [2, 2, 1]


def test_an_unknown_pair(shell):
    assert_fails(shell("train", "xx-yy"), "xx-yy", "attn-mt prepare xx-yy --train")
    assert_fails(shell("prepare", "xx-yy"), "xx-yy", "--train")


def test_a_corpus_that_is_not_there(shell, tmp_path):
    assert_fails(shell("train", "nothing"), "nothing", "attn-mt prepare")
    assert_fails(shell("train", str(tmp_path / "nothing")), "nothing", "prepare one first")


def test_a_model_that_is_there_already(shell):
    weights = shell.home / "models" / "digits" / "model.safetensors"
    before = weights.read_bytes()
    assert_fails(shell("train", "digits", "--steps", "1"), "--resume", "--overwrite")
    assert weights.read_bytes() == before


def test_a_folder_that_holds_something_else(shell, digits, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert_fails(shell("train", "digits", "--steps", "1", "--out", str(tmp_path)), "holds something else")
    texts = ("--train", str(digits / "train"))
    assert_fails(shell("prepare", "en-fr", *texts, "--out", str(tmp_path)), "holds something else")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_project_with_a_training_folder_of_its_own(shell, tmp_path):
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "state.pt").write_text("a week of work")
    done = shell("train", "digits", "--steps", "1", "--overwrite", "--out", str(tmp_path))
    assert_fails(done, "holds something else")
    assert (tmp_path / "training" / "state.pt").read_text() == "a week of work"


def test_nothing_to_resume(shell, tmp_path):
    assert_fails(shell("train", "digits", "--resume", "--out", str(tmp_path / "m")), "nothing to resume")


def test_a_place_that_cannot_be_written(shell, tmp_path):
    (tmp_path / "file").write_text("in the way")
    place = str(tmp_path / "file" / "m")
    assert_fails(shell("train", "digits", "--steps", "1", "--out", place), "file")


# Fine-tuning


def config_of(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def test_fine_tuning_keeps_the_network_of_its_parent_and_names_it(shell, tmp_path):
    out = ("--out", str(tmp_path / "m"))
    done = shell("train", "digits", "--from", "digits", "--steps", "2", *out)
    shown = text_of(done.stderr)
    assert done.returncode == 0, shown
    assert re.search(r"Fine-tuned from +digits\n", shown)
    assert shown.index("step 0  valid BLEU") < shown.index("step 2 ")
    assert "pieces per word" not in shown
    parent, child = config_of(shell.home / "models" / "digits"), config_of(tmp_path / "m")
    assert child["settings"]["model"] == parent["settings"]["model"]
    assert child["files"]["tokenizer.model"] == parent["files"]["tokenizer.model"]
    assert (child["settings"]["parent"], parent["settings"]["parent"]) == ("digits", None)
    assert re.fullmatch("[0-9a-f]{64}", child["settings"]["parent_fingerprint"])
    assert json.loads(shell("evaluate", str(tmp_path / "m"), "--json").stdout)["sentences"] == 50
    resumed = shell("train", "digits", "--resume", "--steps", "3", "--json", *out)
    assert json.loads(resumed.stdout)["steps"] == 3
    assert config_of(tmp_path / "m")["settings"]["parent"] == "digits"


def test_fine_tuning_for_other_languages_tells_how_their_words_are_cut(shell, digits, tmp_path):
    for name in ("train", "valid", "test"):
        for language, other in (("en", "nl"), ("fr", "de")):
            shutil.copy(digits / f"{name}.{language}", tmp_path / f"{name}.{other}")
    texts = [argument for name in ("train", "valid", "test") for argument in (f"--{name}", str(tmp_path / name))]
    assert shell("prepare", "nl-de", *texts, "--vocab-size", "330", "--out", str(tmp_path / "c")).returncode == 0
    done = shell("train", str(tmp_path / "c"), "--from", "digits", "--steps", "2", "--out", str(tmp_path / "m"))
    note = next(line for line in text_of(done.stderr).splitlines() if "pieces per word" in line)
    assert note.startswith("digits translates en to fr, this corpus is nl to de; ")
    assert re.search(r": nl \d\.\d \(\d\.\d\), de \d\.\d \(\d\.\d\); the corpus' own is used$", note)
    own = (tmp_path / "c" / "tokenizer.model").read_bytes()
    assert (tmp_path / "m" / "tokenizer.model").read_bytes() == own
    settings, parent = (config_of(folder)["settings"] for folder in (tmp_path / "m", shell.home / "models" / "digits"))
    assert settings["model"] == parent["model"] | {"vocab_size": settings["model"]["vocab_size"]}
    resumed = shell("train", str(tmp_path / "c"), "--resume", "--steps", "3", "--out", str(tmp_path / "m"))
    assert resumed.returncode == 0, text_of(resumed.stderr)
    assert (tmp_path / "m" / "tokenizer.model").read_bytes() == own


def test_fine_tuning_in_the_other_direction_keeps_the_tokenizer(shell, tmp_path):
    done = shell("train", "digits", "--from", "digits", "--reverse", "--steps", "2", "--out", str(tmp_path / "m"))
    assert "digits translates en to fr, this corpus is fr to en; " in text_of(done.stderr)
    assert text_of(done.stderr).count("that of digits is used") == 1
    assert config_of(tmp_path / "m")["settings"]["source_language"] == "fr"
    parent = shell.home / "models" / "digits" / "tokenizer.model"
    assert (tmp_path / "m" / "tokenizer.model").read_bytes() == parent.read_bytes()


@pytest.mark.parametrize(
    "option",
    [
        ("--hidden-size", "64"), ("--embedding-size", "64"), ("--encoder-layers", "2"), ("--decoder-layers", "2"),
        ("--attention", "dot"), ("--window", "local-m"), ("--window-size", "3"), ("--hard-attention",),
        ("--attention-function", "bahdanau"), ("--input-feeding",), ("--lexical",), ("--cell", "lstm"),
        ("--no-bidirectional",),
    ],
    ids=lambda option: option[0],
)  # fmt: skip
def test_an_option_that_would_change_the_network_is_refused_by_name(shell, tmp_path, option):
    done = shell("train", "digits", "--from", "digits", *option, "--out", str(tmp_path / "m"), COLUMNS="250")
    assert done.returncode == 2
    assert option[0].replace("--no-", "--") in text_of(done.stderr)
    assert "--from" in text_of(done.stderr)
    assert not (tmp_path / "m").exists()


def test_a_parent_that_is_not_there(shell, tmp_path):
    assert_fails(shell("train", "digits", "--from", "nobody", "--out", str(tmp_path / "m")), "nobody: no such model")
    assert not (tmp_path / "m").exists()


def test_a_parent_cannot_be_given_when_resuming(shell):
    done = shell("train", "digits", "--resume", "--from", "digits")
    assert done.returncode == 2
    assert "--resume" in text_of(done.stderr)


@pytest.mark.parametrize("device, tokens", [("cuda", 2000), ("cpu", 500)])
def test_the_size_of_a_batch_suits_the_device(device, tokens, shell, tmp_path, monkeypatch):
    chosen = []

    def stop(_corpus, settings, *_, **__):
        chosen.append(settings.training.batch_tokens)
        raise AttnMTError("enough")

    machine = Machine(device=torch.device(device), precision=torch.float32, threads=1)
    monkeypatch.setattr("attn_cli.training.presets.QUICK_WORDS", 0)
    monkeypatch.setattr("attn_cli.network.machine.start_machine", lambda _: machine)
    monkeypatch.setattr("attn_cli.training.loop.train", stop)
    monkeypatch.setenv("ATTN_MT_HOME", str(shell.home))
    done = CliRunner().invoke(app, ["train", "digits", "--out", str(tmp_path / "m")])
    assert (done.exit_code, chosen) == (1, [tokens]), done.stderr

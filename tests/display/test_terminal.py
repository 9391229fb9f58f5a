"""Messages of preparing and training, on a terminal and elsewhere."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from attn_cli.display.terminal import Messages, TrainingDisplay
from attn_cli.foundation.settings import ModelConfig, TrainingConfig
from attn_cli.models.folder import ModelSettings
from attn_cli.training.progress import Plan, Progress, Trained, Validation

SETTINGS = ModelSettings(
    source_language="en", target_language="fr", corpus="en-fr", model=ModelConfig(vocab_size=2000),
    training=TrainingConfig(minutes=2.5), precision="bfloat16", threads=2,
)  # fmt: skip
PLAN = Plan(SETTINGS, parameters=6_920_448, pairs=26_149, synthetic=0, updates_per_epoch=160, resumed_at=40)
PROGRESS = Progress(
    step=340, epoch=2.1, share=0.25, loss=3.14159, tokens_per_second=4512.3, learning_rate=1e-3, seconds=40,
    seconds_left=125,
)  # fmt: skip
VALIDATION = Validation(320, 21.456, 12.3, True, 1.5, "He [b]sleeps[/b].", "Il dort.", "Il dort bien.")
# Sets the terminal's title; clears the screen by the 8-bit form of ESC [; rings; goes back to the line's beginning.
CONTROLS = ("\x1b]0;title\x07", "\x9b2J", "\x07", "\r")
DANGEROUS = Validation(330, 20.0, 13.0, False, 1.5, *(f"a{''.join(CONTROLS)}b\u00a0{side}" for side in ("1", "2", "3")))


def messages_on(stream: io.StringIO, *, terminal: bool, quiet: bool = False) -> Messages:
    messages = Messages(quiet=quiet)
    messages.console = Console(file=stream, force_terminal=terminal, width=100, highlight=False, quiet=quiet)
    return messages


def show(*, terminal: bool, quiet: bool = False, validation: Validation = VALIDATION) -> str:
    stream = io.StringIO()
    with TrainingDisplay(messages_on(stream, terminal=terminal, quiet=quiet)) as display:
        display.started(PLAN)
        display.progressed(PROGRESS)
        display.validated(validation)
        display.warned("the disk is full")
    return stream.getvalue()


def test_synthetic_pairs_are_counted():
    stream = io.StringIO()
    TrainingDisplay(messages_on(stream, terminal=False)).started(replace(PLAN, synthetic=1_200))
    assert stream.getvalue().startswith("26,149 pairs, 1,200 of them synthetic, 160 updates per epoch\n")


def test_elsewhere_than_on_a_terminal_each_event_is_a_plain_line():
    lines = show(terminal=False).splitlines()
    assert "\x1b" not in "".join(lines)
    assert "step 340  epoch 2.1  loss 3.142  4,512 target tokens/s   25 %, 2:05 left" in lines
    assert "step 320  valid BLEU 21.46  perplexity 12.30  best so far" in lines
    assert "  source      He [b]sleeps[/b]." in lines
    assert "  translation Il dort." in lines
    assert "  reference   Il dort bien." in lines
    assert "26,149 pairs, 160 updates per epoch" in lines
    assert "resuming after update 40" in lines
    assert "warning: the disk is full" in lines
    about = {line[:22].strip(): line[22:].strip() for line in lines if line.startswith("  ")}
    assert about["Parameters"] == "6.9 million"
    assert about["Machine"] == "auto, bfloat16, threads: 2"


def test_on_a_terminal_the_progress_is_redrawn():
    shown = show(terminal=True)
    assert "\x1b[" in shown
    for part in ("340", "3.142", "4,512", " 25 %, 2:05 left", "21.5", "He [b]sleeps[/b].", "Il dort."):
        assert part in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_control_characters_of_the_text_do_not_reach_the_terminal(terminal):
    shown = show(terminal=terminal, validation=DANGEROUS)
    assert not [part for part in CONTROLS[:3] if part in shown]
    assert all(f"a ]0;title  2J  b\u00a0{side}" in shown for side in ("1", "2", "3"))


def test_control_characters_of_a_note_do_not_reach_the_terminal():
    stream = io.StringIO()
    messages = messages_on(stream, terminal=False)
    messages.note("from\x1b[2Jhere")
    messages.doing("reading\x1b[2J")
    assert stream.getvalue() == "from [2Jhere\nreading [2J …\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_is_silent(terminal):
    assert show(terminal=terminal, quiet=True) == ""


def test_the_end_of_a_training_is_summarized(tmp_path, capsys):
    display = TrainingDisplay(Messages())
    display.finished(Trained(tmp_path, 1000, 900, 42.123, 150.0, "budget"))
    display.finished(Trained(tmp_path, 1000, 900, None, 150.0, "early stopping"))
    display.finished(Trained(tmp_path, 1000, 0, 42.123, 150.0, "budget"))
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.splitlines() == [
        f"trained 1,000 updates in 2:30, validation BLEU 42.12 (greedy, update 900); written to {tmp_path}",
        f"trained 1,000 updates in 2:30 (BLEU no longer rose); written to {tmp_path}",
        "trained 1,000 updates in 2:30, validation BLEU 42.12 (greedy, of the parent: no update improved it); "
        f"written to {tmp_path}",
    ]

"""What a person sees while training, on a terminal and elsewhere."""

import io

import pytest
from rich.console import Console

from attn_cli.display.terminal import Messages, TrainingDisplay, clock
from attn_cli.foundation.settings import ModelConfig, TrainingConfig
from attn_cli.models.folder import ModelSettings
from attn_cli.training.loop import Plan, Progress, Trained
from attn_cli.training.validation import Validation

SETTINGS = ModelSettings(
    source_language="en", target_language="fr", corpus="en-fr", model=ModelConfig(vocab_size=2000),
    training=TrainingConfig(minutes=2.5), precision="bfloat16", threads=2,
)  # fmt: skip
PLAN = Plan(SETTINGS, parameters=6_920_448, pairs=26_149, updates_per_epoch=160, resumed_at=0)
PROGRESS = Progress(
    step=340, epoch=2.1, share=0.25, loss=3.14159, tokens_per_second=4512.3, learning_rate=1e-3, seconds=40,
    seconds_left=125,
)  # fmt: skip
VALIDATION = Validation(320, 21.456, 12.3, True, 1.5, "He [b]sleeps[/b].", "Il dort.", "Il dort bien.")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3600, "1:00:00"), (5025, "1:23:45")]
)
def test_a_duration_is_written_as_a_clock_shows_it(seconds, text):
    assert clock(seconds) == text


def show(*, terminal: bool, quiet: bool = False) -> str:
    stream = io.StringIO()
    messages = Messages(quiet=quiet)
    messages.console = Console(file=stream, force_terminal=terminal, width=100, highlight=False, quiet=quiet)
    with TrainingDisplay(messages) as display:
        display.started(PLAN)
        display.progressed(PROGRESS)
        display.validated(VALIDATION)
    return stream.getvalue()


def test_elsewhere_than_on_a_terminal_there_are_plain_lines():
    lines = show(terminal=False).splitlines()
    assert "\x1b" not in "".join(lines)
    assert "step 340  epoch 2.1  loss 3.142  4,512 target tokens/s   25 %, 2:05 left" in lines
    assert "step 320  valid BLEU 21.46  perplexity 12.30  best so far" in lines
    assert "  source      He [b]sleeps[/b]." in lines
    assert "26,149 pairs, 160 updates an epoch" in lines
    about = {line[:22].strip(): line[22:].strip() for line in lines if line.startswith("  ")}
    assert about["Parameters"] == "6.9 million"
    assert about["Attention"] == "general, global, soft, luong"
    assert about["Machine"] == "auto, bfloat16, threads: 2"


def test_on_a_terminal_it_is_redrawn_in_place():
    shown = show(terminal=True)
    assert "\x1b[" in shown
    for part in ("340", "3.142", "4,512", "2:05 left", "21.5", "Il dort."):
        assert part in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_is_silent(terminal):
    assert show(terminal=terminal, quiet=True) == ""


def test_the_end_says_what_came_out_and_where_it_lies(tmp_path, capsys):
    TrainingDisplay(Messages()).finished(Trained(tmp_path, 1000, 900, 42.123, 150.0, "budget"))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "1,000 updates in 2:30, validation BLEU 42.12 (greedy, update 900)" in shown.err.replace("\n", " ")
    assert str(tmp_path) in shown.err

"""Options: each has help."""

import pytest
from shell import text_of


@pytest.mark.parametrize("command", ["prepare", "train", "translate", "evaluate"])
def test_every_option_has_help(command, shell):
    shown = text_of(shell(command, "--help", COLUMNS="250", NO_COLOR="1").stdout)
    options = [line for line in shown.splitlines() if line.startswith(("│ --", "│ *"))]
    assert options
    for line in options:
        *_, last = [part for part in line.strip("│ ").split("  ") if part]
        assert len(last.split()) >= 2, line  # words, not the option's name or type

"""Durations as on a clock."""

import pytest

from attn_cli.display.clock import clock


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3600, "1:00:00"), (5025, "1:23:45")]
)
def test_a_duration_is_written_as_on_a_clock(seconds, text):
    assert clock(seconds) == text

"""The report's training curves, from logs that may be damaged or missing."""

from report_examples import read, reported, sample

from attn_cli.display.report.training_section import CURVE_POINTS, curve, thinned


def test_training_is_shown_where_there_is_a_log_and_systems_without_one_are_named():
    reader = read(sample())
    assert "There is no training log of model <i>B, file.fr." in reader.texts["p"]
    assert {"Loss, in nats per token", "Validation BLEU, greedy"} <= {*reader.texts["h3"]}
    assert len([text for text in reader.texts["title"] if text.startswith("model A, validation: ")]) == 5
    assert {"500", "50.00", "12.00"} <= {*reader.texts["td"]}  # the last validation
    without = read(reported({"file.fr": ["un livre"]}, [("a book", "un livre")], [[]]))
    assert "There is no training log of file.fr." in without.texts["p"]
    assert "Loss, in nats per token" not in without.texts["h3"]


def test_of_a_damaged_log_everything_readable_is_shown():
    odd = [{"kind": "progress", "step": 40}, {"kind": "progress", "step": "x", "loss": 1.0}, {"kind": "validation"}, {}]
    numbers = [float("nan"), float("inf"), 10**400, -1, True, None, 3.0]
    log = [*odd, *({"kind": "progress", "step": step, "loss": loss} for step, loss in enumerate(numbers))]
    assert curve(log, "progress", "loss") == [(3, -1), (4, True), (6, 3.0)]
    texts = read(reported({"a": ["un"]}, [("one", "un")], [log])).texts
    assert "Loss, in nats per token" in texts["h3"]
    assert "Validation BLEU, greedy" not in texts["h3"]


def test_a_long_curve_is_drawn_by_means():
    points = [(float(step), float(step % 2)) for step in range(10 * CURVE_POINTS)]
    thin = thinned(points)
    assert len(thin) == CURVE_POINTS
    assert {y for _, y in thin} == {0.5}
    assert thin[0][0] == 4.5
    assert thinned(points[:3]) == points[:3]

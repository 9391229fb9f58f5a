"""An evaluation as lines of text for stdout."""

from attn_cli.evaluation.systems import Evaluation


def as_text(evaluation: Evaluation) -> str:
    """Return the scores, BLEU by length, and the comparison with each baseline; each line ends in a line feed."""
    lines = [f"{s.name:5} {s.score:6.2f} ± {s.interval:.2f}   {s.signature}" for s in evaluation.scores.values()]
    if evaluation.perplexity is not None:
        lines.append(f"perplexity of the references, per piece: {evaluation.perplexity:.2f}")
    lines += ["", "words of source   sentences    BLEU"]
    for bucket in evaluation.by_length:
        lines.append(f"{bucket.words:15}   {bucket.sentences:9,}  {bucket.bleu:6.2f}")
    for name, comparisons in evaluation.baselines.items():
        lines += ["", f"against {name}"]
        for c in comparisons.values():
            lines.append(f"{c.name:5} {c.score:6.2f} against {c.other:6.2f}   p = {c.p_value:.4f}   {c.signature}")
    return "\n".join([*lines, ""])

"""Train variants of the model on one corpus with one budget, and compare what they translate.

    python -m scripts.compare_variants CORPUS --minutes 12 --variants none general lstm ... [--long 20]

CORPUS was made by `attn-mt prepare`. Each variant gets the hidden size that brings its number of parameters closest to
that of the usual model, so that they differ in kind and not in size. Models are called CORPUS-NAME; their translations
are kept in comparisons/ in the home folder, and a comparison that was stopped continues from them. Prints a table in
Markdown.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from attn_cli.evaluation.bleu import bleu
from attn_cli.evaluation.scores import by_length, compare
from attn_cli.foundation import storage
from attn_cli.foundation.settings import ModelConfig
from attn_cli.foundation.shapes import weight_count
from attn_cli.models.catalogue import model_folder
from attn_cli.text.catalogue import corpus_folder
from attn_cli.text.formats import read_parallel
from attn_cli.text.languages import count_words
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training.log import read_log
from attn_cli.training.presets import suited_configs

COMMAND = [sys.executable, "-m", "attn_cli"]
# The changes to the usual model: unless stated, the score is general, the cell a GRU, the window global.
VARIANTS: dict[str, dict[str, Any]] = {
    "none": {"attention": "none"},
    "dot": {"attention": "dot"},
    "scaled-dot": {"attention": "scaled-dot"},
    "general": {"attention": "general"},
    "additive": {"attention": "additive"},
    "bahdanau": {"attention_function": "bahdanau"},
    "local-m": {"window": "local-m"},
    "local-p": {"window": "local-p"},
    "hard": {"hard_attention": True},
    "input-feeding": {"input_feeding": True},
    "lexical": {"lexical": True},
    "one-direction": {"bidirectional": False},
    "deep": {"encoder_layers": 2, "decoder_layers": 2},
    **{cell: {"cell": cell} for cell in ("rnn-tanh", "rnn-relu", "lstm")},
    **{f"none-{cell}": {"attention": "none", "cell": cell} for cell in ("rnn-tanh", "rnn-relu", "lstm")},
}


def of_similar_size(config: ModelConfig, changes: dict[str, Any]) -> ModelConfig:
    """Return `config` with `changes`, and the hidden size, in steps of 16, that keeps its number of parameters."""
    wanted = weight_count(config)
    candidates = [replace(config, **changes, hidden_size=size) for size in range(64, 4 * config.hidden_size, 16)]
    return min(candidates, key=lambda candidate: abs(weight_count(candidate) - wanted))


def as_options(settings: dict[str, Any]) -> list[str]:
    """Return settings as options of `attn-mt train`."""
    options = []
    for name, value in settings.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            options.append(f"--{option}" if value else f"--no-{option}")
        else:
            options += [f"--{option}", str(value)]
    return options


@dataclass(frozen=True)
class Result:
    """The training and the translations of a variant; `finite`: no loss was infinite or not a number."""

    name: str
    hidden_size: int
    parameters: int
    updates: int
    tokens_per_second: float
    finite: bool
    hypotheses: list[str]


class Experiment:
    """A comparison of variants on one corpus, each trained for `minutes`; `sizes` override those of the usual model."""

    def __init__(self, corpus: str, minutes: float, sizes: dict[str, int], test: str | None) -> None:
        self.name, self.minutes, self.sizes = corpus, minutes, sizes
        self.corpus = PreparedCorpus(corpus_folder(corpus))
        self.test = test or str(self.corpus.folder / "test")
        pairs = list(read_parallel(self.test, self.corpus.languages))
        self.source, self.target = [source for source, _ in pairs], [target for _, target in pairs]

    def run(self, name: str) -> Result:
        """Train a variant and translate the test text, or return the result of an earlier run."""
        changes = {"attention": "general"} | VARIANTS[name]
        words, tokens = self.corpus.words, self.corpus.target_tokens
        usual, _ = suited_configs(words, tokens, self.corpus.tokenizer.vocab_size, self.sizes)
        config = of_similar_size(usual, changes)
        options = as_options({"minutes": self.minutes, **self.sizes, "hidden_size": config.hidden_size, **changes})
        model = f"{self.name}-{name}"
        folder = model_folder(model)
        hypotheses = self._hypotheses(model, folder, options)
        progress = [record for record in read_log(folder) if record["kind"] == "progress"]
        return Result(
            name,
            config.hidden_size,
            weight_count(config),
            progress[-1]["step"],
            statistics.median(record["tokens_per_second"] for record in progress),
            all(math.isfinite(record["loss"]) for record in progress),
            hypotheses,
        )

    def _hypotheses(self, model: str, folder: Path, options: list[str]) -> list[str]:
        """Return a model's translation of the test text; the model is trained first if necessary.

        Raises SystemExit where a model of that name was trained or tested with other settings.
        """
        kept = storage.home() / "comparisons" / f"{model}.json"
        mine: dict[str, Any] = {"options": options, "test": self.test, "hypotheses": None}
        if kept.exists():
            before = json.loads(kept.read_text(encoding="utf-8"))
            if {**before, "hypotheses": None} != mine:
                sys.exit(f"error: {kept}: belongs to another comparison; remove it, or choose another ATTN_MT_HOME")
            mine = before
        if mine["hypotheses"] is None:
            started = kept.exists() and (folder / "training" / "state.pt").exists()
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(mine), encoding="utf-8")
            self._command("train", self.name, "--out", model, *(["--resume"] if started else [*options, "--overwrite"]))
            text = "".join(f"{source}\n" for source in self.source)
            mine["hypotheses"] = self._command("translate", "-m", model, "-q", text=text).split("\n")[:-1]
            kept.write_text(json.dumps(mine), encoding="utf-8")
        hypotheses: list[str] = mine["hypotheses"]
        return hypotheses

    def _command(self, *arguments: str, text: str = "") -> str:
        """Run a command of attn-mt; return its output."""
        done = subprocess.run([*COMMAND, *arguments], input=text.encode(), stdout=subprocess.PIPE, check=False)
        if done.returncode:
            sys.exit(done.returncode)
        return done.stdout.decode()

    def table(self, results: list[Result], long: int) -> str:
        """Return the comparison in Markdown, with a paired test of each variant against the first on long sentences.

        A sentence is long if its source has more than `long` words.
        """
        rows = [index for index, source in enumerate(self.source) if count_words(source) > long]
        references = [self.target[row] for row in rows]
        hypotheses = {result.name: [result.hypotheses[row] for row in rows] for result in results}
        first = results[0].name
        others = {result.name: hypotheses[result.name] for result in results[1:]}
        compared = compare(hypotheses[first], others, [references], {"bleu": bleu})
        buckets = by_length(self.source, results[0].hypotheses, [self.target])
        lengths = [bucket.words for bucket in buckets]
        head = ["variant", "hidden", "parameters, M", "updates", "tokens/s", "finite", "BLEU"]
        head += [f"of more than {long} words", f"p against {first}", *lengths]
        lines = [head, ["---"] * len(head)]
        for result in results:
            found = compared.get(result.name)
            lines.append([
                *(result.name, str(result.hidden_size), f"{result.parameters / 1e6:.2f}", f"{result.updates:,}"),
                *(f"{result.tokens_per_second:,.0f}", "yes" if result.finite else "no"),
                f"{bleu(self.target).corpus_score(result.hypotheses, [self.target]).score:.1f}",
                f"{bleu(references).corpus_score(hypotheses[result.name], [references]).score:.1f}",
                f"{found['bleu'].p_value:.4f}" if found else "",
                *(f"{bucket.bleu:.1f}" for bucket in by_length(self.source, result.hypotheses, [self.target])),
            ])  # fmt: skip
        counts = [f"{length}: {bucket.sentences}" for length, bucket in zip(lengths, buckets, strict=True)]
        about = f"{len(rows)} sentences of more than {long} words; by words of source: {', '.join(counts)}."
        return "\n".join([*(f"| {' | '.join(cells)} |" for cells in lines), "", about])


def plot(experiment: Experiment, results: list[Result], path: Path) -> None:
    """Draw BLEU by length of the source, a line for each variant, and write it to `path`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for index, result in enumerate(results):
        buckets = by_length(experiment.source, result.hypotheses, [experiment.target])
        names = [bucket.words for bucket in buckets]
        style = "--" if VARIANTS[result.name].get("attention") == "none" else "-"
        axes.plot(names, [bucket.bleu for bucket in buckets], style, marker="os^DvPX*"[index % 8], label=result.name)
    axes.set(xlabel="words of the source", ylabel="BLEU", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Run the comparison from the command line."""
    parser = argparse.ArgumentParser(description="Train variants of the model with one budget, and compare them.")
    parser.add_argument("corpus", help="a prepared corpus, by name")
    parser.add_argument("--minutes", type=float, default=12.0, help="of training, for each variant")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="NAME")
    parser.add_argument(
        "--hidden-size", type=int, help="of the usual model, whose number of parameters all variants have"
    )
    parser.add_argument("--decoder-layers", type=int)
    parser.add_argument("--long", type=int, default=20, help="a source with more words is long")
    parser.add_argument("--test", metavar="PREFIX", help="text to test on (default: that of the corpus)")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="BLEU by length as a picture")
    options = parser.parse_args()
    given = {name: getattr(options, name) for name in ("hidden_size", "decoder_layers")}
    sizes = {name: value for name, value in given.items() if value is not None}
    experiment = Experiment(options.corpus, options.minutes, sizes, options.test)
    results = []
    for name in options.variants:
        print(f"--- {name}", file=sys.stderr, flush=True)
        results.append(experiment.run(name))
    print(experiment.table(results, options.long))
    if options.plot:
        plot(experiment, results, options.plot)


if __name__ == "__main__":
    main()

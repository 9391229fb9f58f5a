"""How far back in a sentence the gradient reaches, for each recurrent cell.

    python -m scripts.gradient_reach --models MODEL ... --text FILE [--plot FILE.svg]

The encoder's first layer reads long sequences of real pieces, one step after the other. What is shown is the norm of
the gradient of the last output, along a random direction, with respect to the state k steps before it, as a share of
that with respect to the last state; the geometric mean over sequences. Once for weights as they are drawn for training,
and once as they were trained (Bengio et al. 1994; Pascanu et al. 2013, arXiv:1211.5063).
"""

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor

from attn_cli.decoding.torch_engine import load_network
from attn_cli.models.catalogue import open_model
from attn_cli.network.recurrent import EncoderLayer, RecurrentLayer
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.formats.lines import read_lines

LENGTH, SEQUENCES = 64, 128
SHOWN = (1, 2, 4, 8, 16, 32, 60)


def first_layer(model: Seq2Seq) -> RecurrentLayer:
    """Return the encoder's first layer, that part of it that reads from left to right."""
    encoder = model.encoder[0]
    assert isinstance(encoder, EncoderLayer)
    cell = encoder.cell
    layer = RecurrentLayer(model.config.cell, cell.input_size, cell.hidden_size)
    layer.cell.load_state_dict({name: value for name, value in cell.state_dict().items() if "reverse" not in name})
    return layer


def reach(layer: RecurrentLayer, inputs: Tensor) -> list[float]:
    """Return the relative norm of the gradient that reaches the state k steps before the last, for k = 0, 1, ...

    inputs (B, T, I).
    """
    state = inputs.new_zeros(len(inputs), layer.parts * layer.cell.hidden_size).requires_grad_()
    states = []
    for step in torch.split(inputs, 1, dim=1):
        _, state = layer(step, state)
        state.retain_grad()
        states.append(state)
    output = state[:, : layer.cell.hidden_size]
    torch.manual_seed(1)
    (output * torch.randn_like(output)).sum().backward()  # type: ignore[no-untyped-call]
    norms = torch.stack([state.grad.norm(dim=1) for state in states if state.grad is not None])  # (T, B)
    mean = norms.clamp_min(1e-30).log().mean(1).exp().flip(0)
    return (mean / mean[0]).tolist()


def curves(name: str, lines: list[str]) -> dict[str, list[float]]:
    """Return the reach of the layer of the model called `name`, as drawn and as trained, by a name for each."""
    stored = open_model(name)
    pieces = [piece for sentence in stored.tokenizer.encode(lines) for piece in sentence]
    count = min(SEQUENCES, len(pieces) // LENGTH)
    if not count:
        sys.exit(f"error: {len(pieces)} pieces of text; give at least {LENGTH}")
    source = torch.tensor(pieces[: count * LENGTH]).view(count, LENGTH)
    torch.manual_seed(1)
    drawn, trained = Seq2Seq(stored.settings.model), load_network(stored.settings.model, stored.weights)
    with torch.no_grad():
        inputs = [model.eval().embed(source) for model in (drawn, trained)]
    cell = f"{stored.settings.model.cell} ({name})"
    return {
        f"{cell}, as drawn": reach(first_layer(drawn), inputs[0]),
        f"{cell}, trained": reach(first_layer(trained), inputs[1]),
    }


def plot(found: dict[str, list[float]], path: Path) -> None:
    """Draw the curves, dashed as drawn and solid as trained, and write them to `path`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, values) in enumerate(found.items()):
        axes.semilogy(values, color=f"C{index // 2}", linestyle="-" if index % 2 else "--", label=name)
    axes.set(xlabel="steps back", ylabel="norm of the gradient, relative", ylim=(1e-8, 10), xlim=(0, LENGTH - 1))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Run the measurement by its command line."""
    parser = argparse.ArgumentParser(description="Measure how far back the gradient reaches.")
    parser.add_argument("--models", nargs="+", required=True, help="one for each cell")
    parser.add_argument("--text", type=Path, required=True, help="sentences of the source language")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    options = parser.parse_args()
    lines = list(read_lines(options.text))
    found = {name: values for model in options.models for name, values in curves(model, lines).items()}
    print("| steps back | " + " | ".join(map(str, SHOWN)) + " |\n|" + "---|" * (len(SHOWN) + 1))
    for name, values in found.items():
        print(f"| {name} | " + " | ".join(f"{values[step]:.2g}" for step in SHOWN) + " |")
    if options.plot:
        plot(found, options.plot)


if __name__ == "__main__":
    main()

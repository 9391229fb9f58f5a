"""The optimizer gives the same weights as torch's class, and starts without torch's compiler."""

import subprocess
import sys

import torch

from attn_cli.training.adam import Adam


def network() -> torch.nn.Module:
    torch.manual_seed(1)
    return torch.nn.Linear(7, 5)


def updates(model: torch.nn.Module, count: int):
    """Give the network one gradient after the other; the bias has none in the second update."""
    generator = torch.Generator().manual_seed(2)
    for number in range(count):
        for weight in model.parameters():
            weight.grad = torch.randn(weight.shape, generator=generator)
        if number == 1:
            model.bias.grad = None
        yield 0.1 / (1 + number)


def test_the_updates_are_those_of_torch():
    ours, theirs = network(), network()
    optimizer = Adam(ours.parameters())
    for rate in updates(ours, 5):
        optimizer.step(rate)
    reference = torch.optim.AdamW(theirs.parameters(), betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    for rate in updates(theirs, 5):
        reference.param_groups[0]["lr"] = rate
        reference.step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)
    for index, moments in reference.state_dict()["state"].items():
        assert all(torch.equal(optimizer.state()[index][name], value) for name, value in moments.items())


def test_a_restored_optimizer_goes_on_in_the_same_way():
    whole, halves = network(), network()
    first = Adam(halves.parameters())
    optimizer = Adam(whole.parameters())
    for number, (rate, _) in enumerate(zip(updates(whole, 4), updates(halves, 4), strict=True)):
        if number == 2:
            second = Adam(halves.parameters())
            second.restore(first.state())
            first = second
        optimizer.step(rate)
        first.step(rate)
    assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), halves.parameters(), strict=True))


def test_gradients_are_forgotten():
    model = network()
    list(updates(model, 1))
    Adam(model.parameters()).forget_gradients()
    assert all(weight.grad is None for weight in model.parameters())


def test_the_compiler_of_torch_is_not_imported():
    code = """
import sys, torch
from attn_cli.training.adam import Adam
layer = torch.nn.Linear(2, 2)
layer(torch.ones(1, 2)).sum().backward()
torch.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
Adam(layer.parameters()).step(0.1)
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1), computed by torch's function for it.

The class torch.optim.Adam is not used: at its first use it imports torch's compiler, which takes two seconds.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim.adam import adam

BETAS = (0.9, 0.98)
EPSILON = 1e-8


class Adam:
    """The moments of each weight, and the update by them."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._parameters = list(parameters)
        device = self._parameters[0].device
        # fused: one pass over all weights instead of a dozen; it exists for CPU and CUDA.
        self._fused = device.type in ("cpu", "cuda")
        self._steps = [torch.zeros((), device=device if self._fused else "cpu") for _ in self._parameters]
        self._first = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._second = [torch.zeros_like(parameter) for parameter in self._parameters]

    def forget_gradients(self) -> None:
        """Make all gradients none."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update the weights that have a gradient."""
        rows = zip(self._parameters, self._first, self._second, self._steps, strict=True)
        used = [(weight, weight.grad, *moments) for weight, *moments in rows if weight.grad is not None]
        weights, gradients, first, second, steps = map(list, zip(*used, strict=True))
        adam(
            weights, gradients, first, second, [], steps,
            fused=self._fused, amsgrad=False, beta1=BETAS[0], beta2=BETAS[1], lr=learning_rate, weight_decay=0.0,
            eps=EPSILON, maximize=False,
        )  # fmt: skip

    def state(self) -> dict[int, dict[str, Tensor]]:
        """Return the number of updates and the moments of each weight, by its number."""
        moments = zip(self._steps, self._first, self._second, strict=True)
        return {
            index: {"step": step, "exp_avg": first, "exp_avg_sq": second}
            for index, (step, first, second) in enumerate(moments)
        }

    @torch.no_grad()
    def restore(self, state: dict[int, dict[str, Any]]) -> None:
        """Return to `state`; an empty one is that before the first update."""
        own = self.state()
        for index, moments in state.items():
            for name, value in moments.items():
                own[index][name].copy_(value)

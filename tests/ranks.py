"""The processes of a training on the digit language, for tests: python ranks.py CORPUS FOLDER OPTIONS.

OPTIONS is a JSON list with an object for each process, which is forked from this one: `settings` are those of the
training; `stop` is an update after which the process receives SIGTERM, `resume` continues. Each writes to
FOLDER/RANK.json the loss and the norm of the gradient of every update, the seeds of its masks, and how the training
ended.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path

import torch
from recorder import Recorder
from small_training import MACHINE, settings

from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training import loop, trainer
from attn_cli.training.distributed import joined


def main(corpus: PreparedCorpus, folder: Path, options: dict) -> None:
    rank, record = int(os.environ.get("RANK", 0)), {"losses": [], "rows": [], "noise": [], "norms": []}
    for module in (loop, trainer):
        module.REPORT_EVERY = 10
    trainer.LEAST_SPACING, trainer.VALIDATION_SPACING = 10, 0
    update, batch_loss, clip = trainer.Trainer.update, trainer.batch_loss, torch.nn.utils.clip_grad_norm_

    def recorded(self, batch):
        nll, tokens = update(self, batch)
        record["losses"].append(float(nll) / tokens)
        record["weights"] = [float(parameter.detach().double().sum()) for parameter in self.model.parameters()]
        if self.step == options.get("stop"):
            os.kill(os.getpid(), signal.SIGTERM)
        return nll, tokens

    def observed(model, batch, *others):
        record["rows"].append(batch.source.tolist())
        record["noise"].append(float(torch.rand(1, generator=torch.default_generator.clone_state())))
        return batch_loss(model, batch, *others)

    def clipped(parameters, max_norm):
        norm = clip(parameters, max_norm)
        record["norms"].append(float(norm))
        return norm

    trainer.Trainer.update, trainer.batch_loss = recorded, observed
    torch.nn.utils.clip_grad_norm_ = clipped
    received, recorder = [], Recorder()
    signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    with joined() as world:
        trained = loop.train(
            corpus, settings(corpus, **options["settings"]), folder / "model", machine=MACHINE, reporter=recorder,
            resume=options.get("resume", False), interrupted=lambda: sum(received), world=world,
        )  # fmt: skip
    record |= {"reason": trained.reason, "steps": trained.steps, "bleu": trained.bleu}
    record["validations"] = [[one.step, one.bleu, one.perplexity] for one in recorder.validations]
    (folder / f"{rank}.json").write_text(json.dumps(record))


def fork(rank: int, options: dict) -> int:
    if child := os.fork():
        return child
    code = 1
    try:
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
        main(PreparedCorpus(Path(sys.argv[1])), Path(sys.argv[2]), options)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    torch.set_num_threads(1)
    children = [fork(rank, options) for rank, options in enumerate(json.loads(sys.argv[3]))]
    sys.exit(max(os.waitpid(child, 0)[1] for child in children) > 0)

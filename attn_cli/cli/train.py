"""`attn-mt train`: a prepared corpus in, a model out."""

import json
import shlex
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from attn_cli.cli import options, streams
from attn_cli.cli.exit_codes import interruptions, usage_errors
from attn_cli.cli.options import train as own
from attn_cli.foundation.errors import SettingsError, TrainingStateError, WorkspaceError
from attn_cli.foundation.locks import exclusive
from attn_cli.foundation.replacing import check_replaceable
from attn_cli.foundation.settings import SCORE_ALIASES, MachineConfig, ModelConfig, TrainingConfig
from attn_cli.text.languages import split_pair

if TYPE_CHECKING:
    from attn_cli.display.terminal import Messages
    from attn_cli.models.folder import ModelSettings, StoredModel
    from attn_cli.text.prepared_corpus import PreparedCorpus
    from attn_cli.training.distributed import World


@dataclass(frozen=True, kw_only=True)
class Request:
    """The arguments of the command: the corpus, the models' names, and the settings that were given."""

    corpus: str
    parent: str | None
    out: str | None
    resume: bool
    overwrite: bool
    reverse: bool
    budget: Mapping[str, Any]  # of minutes, epochs and steps
    network: Mapping[str, Any]
    learning: Mapping[str, Any]
    machine: MachineConfig

    @property
    def folder(self) -> Path:
        """Return the folder of the model."""
        from attn_cli.models.catalogue import model_folder
        from attn_cli.text.catalogue import corpus_folder

        return model_folder(self.out or corpus_folder(self.corpus).name)


def train(
    corpus: own.Corpus,
    parent: own.Parent = None,
    out: own.ModelOut = None,
    resume: own.Resume = False,
    overwrite: own.Overwrite = False,
    reverse: own.Reverse = False,
    minutes: own.Minutes = None,
    epochs: own.Epochs = None,
    steps: own.Steps = None,
    attention: own.Attention = None,
    window: own.WindowOption = None,
    window_size: own.WindowSize = None,
    hard_attention: own.HardAttention = None,
    attention_function: own.AttentionFunction = None,
    input_feeding: own.InputFeeding = None,
    lexical: own.Lexical = None,
    cell: own.CellOption = None,
    bidirectional: own.Bidirectional = None,
    embedding_size: own.EmbeddingSize = None,
    hidden_size: own.HiddenSize = None,
    encoder_layers: own.EncoderLayers = None,
    decoder_layers: own.DecoderLayers = None,
    batch_tokens: own.BatchTokens = None,
    dropout: own.Dropout = None,
    word_dropout: own.WordDropout = None,
    label_smoothing: own.LabelSmoothing = None,
    consistency: own.Consistency = None,
    learning_rate: own.LearningRate = None,
    patience: own.Patience = None,
    synthetic_share: own.SyntheticShare = None,
    weights: own.Weights = None,
    seed: options.Seed = None,
    device: options.Device = "auto",
    threads: options.Threads = None,
    precision: own.Precision = "auto",
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a model on a prepared corpus; `train en-fr` prepares the starter corpus first, if need be. Ctrl-C saves."""
    network = options.given(
        attention=SCORE_ALIASES.get(attention or "", attention), window=window, window_size=window_size,
        hard_attention=hard_attention, attention_function=attention_function, input_feeding=input_feeding,
        cell=cell, bidirectional=bidirectional, embedding_size=embedding_size, hidden_size=hidden_size,
        encoder_layers=encoder_layers, decoder_layers=decoder_layers, lexical=lexical,
    )  # fmt: skip
    learning = options.given(
        batch_tokens=batch_tokens, dropout=dropout, word_dropout=word_dropout, label_smoothing=label_smoothing,
        consistency=consistency, learning_rate=learning_rate, patience=patience, synthetic_share=synthetic_share,
        seed=seed, weights=weights,
    )  # fmt: skip
    with usage_errors():
        machine = MachineConfig(device=device, threads=threads, precision=precision)
        request = _checked(Request(
            corpus=corpus, parent=parent, out=out, resume=resume, overwrite=overwrite, reverse=reverse, machine=machine,
            budget=options.given(minutes=minutes, epochs=epochs, steps=steps), network=network, learning=learning,
        ))  # fmt: skip
    _run_alone(request, as_json=as_json, quiet=quiet)


def _checked(request: Request) -> Request:
    """Return the request; refuse options that make no sense, alone or together, before any work is done."""
    from attn_cli.training.presets import settings_of

    if len(request.budget) > 1:
        raise typer.BadParameter(f"give one of --{' and --'.join(request.budget)}")
    ModelConfig(vocab_size=1, **request.network)
    budget = request.budget or {"steps": 1}
    TrainingConfig(**{**budget, **settings_of(TrainingConfig, request.learning)})
    fixed = request.network or request.learning.keys() - {"batch_tokens"}
    if request.resume and (request.overwrite or request.parent or fixed):
        raise typer.BadParameter(
            "--resume continues with the stored settings; only a new budget, --batch-tokens, --device, --threads and "
            "--precision can be given with it"
        )
    if request.parent and request.network:
        refused = ", ".join(f"`{name}`" for name in request.network)
        raise SettingsError(f"{refused}: not with `from`, which keeps the network of {request.parent}; leave it out")
    return request


def _run_alone(request: Request, *, as_json: bool, quiet: bool) -> None:
    """Train in this process, or together with those that torchrun has started, unless another training is running."""
    from attn_cli.training.distributed import joined

    with joined() as world, exclusive(request.folder) if world.leads else nullcontext():
        _run(world, request, as_json=as_json, quiet=quiet)


def _run(world: "World", request: Request, *, as_json: bool, quiet: bool) -> None:
    """Train, show and store the result, and exit with the signal's code if a signal stopped it."""
    from attn_cli.display.terminal import Messages, TrainingDisplay
    from attn_cli.models.catalogue import open_model

    if world.recorded("saved"):  # torchrun has started the processes again: one had failed
        request = replace(request, resume=True, parent=None)
    if world.leads and not world.recorded("begun"):
        _refuse_existing(request)
        world.record("begun")
    messages = Messages(quiet=quiet or not world.leads)
    parent = open_model(request.parent) if request.parent else None
    # The first process may prepare the corpus, the others then open it.
    corpus, settings = world.in_turn(lambda: _corpus_and_settings(request, parent, messages))
    from attn_cli.network.machine import start_machine  # not before: wrong arguments are answered without torch
    from attn_cli.training.loop import train as train_model
    from attn_cli.training.presets import on_gpu

    machine = start_machine(_machine(request.machine, settings, world))
    if machine.device.type == "cuda" and not request.resume:
        settings = on_gpu(settings, corpus.words, request.learning)
    with TrainingDisplay(messages) as display, interruptions() as interrupted:
        trained = train_model(
            corpus, settings, request.folder, machine=machine, reporter=display, parent=parent,
            resume=request.resume, interrupted=interrupted, world=world,
        )  # fmt: skip
    display.finished(trained)
    if as_json and world.leads:
        streams.write(json.dumps(asdict(trained), default=str) + "\n")
    if trained.reason == "interrupted":
        again = ["attn-mt", "train", request.corpus, *(["--out", request.out] if request.out else []), "--resume"]
        messages.note(f"stopped; resume with: {shlex.join(again)}")
        raise typer.Exit(128 + interrupted())


def _refuse_existing(request: Request) -> None:
    """Refuse to train where a model or a training's state would be lost, and to resume a model that has no state."""
    folder = request.folder
    check_replaceable(folder, "model.safetensors", "training/log.jsonl")
    model, state = ((folder / name).exists() for name in ("model.safetensors", "training/state.pt"))
    if request.resume and model and not state:
        choice = "replace it with `overwrite`, or train it further with `from`"
        raise TrainingStateError(f"{folder}: a model with nothing to resume, for training/state.pt is gone; {choice}")
    if not (request.resume or request.overwrite) and (model or state):
        found, resume = "model" if model else "stopped training", "resume it with `resume`, " if state else ""
        choice = f"{resume}replace it with `overwrite`, or choose another name with `out`"
        raise WorkspaceError(f"{folder}: there is a {found} already; {choice}")


def _corpus_and_settings(
    request: Request, parent: "StoredModel | None", messages: "Messages"
) -> "tuple[PreparedCorpus, ModelSettings]":
    """Return the corpus in the direction to train, and the settings: those stored, if the training is resumed."""
    if not request.resume:
        from attn_cli.training.presets import suited_settings

        corpus = _open_corpus(request, messages)
        if parent and corpus.languages != parent.settings.languages:
            messages.note(_about_languages(parent, corpus))
        return corpus, suited_settings(corpus, {**request.budget, **request.network, **request.learning}, parent)
    from attn_cli.training.loop import stored_settings

    stored = stored_settings(request.folder, {**request.budget, **request.learning})
    corpus = _open_corpus(request, messages)
    if corpus.languages != stored.languages:
        corpus = corpus.reversed()  # --reverse need not be given again
    return corpus, stored


def _about_languages(parent: "StoredModel", corpus: "PreparedCorpus") -> str:
    """Return a note on fine-tuning for other languages, or another direction, than the parent's."""
    name = parent.folder.name
    theirs, ours = (" to ".join(languages) for languages in (parent.settings.languages, corpus.languages))
    other, own = (corpus.pieces_per_word(tokenizer) for tokenizer in (parent.tokenizer, corpus.tokenizer))
    pieces = ", ".join(f"{language} {other[language]:.1f} ({own[language]:.1f})" for language in own)
    used = f"that of {name}" if parent.knows(corpus.languages) else "the corpus' own"
    return (
        f"{name} translates {theirs}, this corpus is {ours}; pieces per word with the tokenizer of {name} "
        f"(with the corpus' own): {pieces}; {used} is used"
    )


def _open_corpus(request: Request, messages: "Messages") -> "PreparedCorpus":
    from attn_cli.display.preparation import PreparationDisplay
    from attn_cli.text.catalogue import open_corpus

    try:
        with PreparationDisplay(messages) as display:
            return open_corpus(request.corpus, display, reverse=request.reverse)
    except WorkspaceError as error:
        name = request.corpus
        pair = name if split_pair(name) else f"en-fr --out {shlex.quote(name)}"
        raise WorkspaceError(f"{error}: attn-mt prepare {pair} --train PREFIX") from None


def _machine(given: MachineConfig, settings: "ModelSettings", world: "World") -> MachineConfig:
    """Return this process' share of the machine that was asked for, completed by the one stored with the settings."""
    return MachineConfig(
        device=world.device(settings.device if given.device == "auto" else given.device),
        precision=settings.precision if given.precision == "auto" else given.precision,
        threads=given.threads or world.threads(settings.threads),
    )

"""`attn-mt prepare`: parallel text in, a prepared corpus out."""

import json
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

import typer

from attn_cli.cli import options, streams
from attn_cli.cli.exit_codes import usage_errors
from attn_cli.cli.listing import list_available, list_corpora
from attn_cli.foundation.settings import CleaningConfig, PrepareConfig
from attn_cli.text.languages import split_pair

if TYPE_CHECKING:
    from attn_cli.display.terminal import Messages
    from attn_cli.text.corpora import Corpus


def prepare(
    ctx: typer.Context,
    pair: options.Pair = None,
    train: options.TrainText = None,
    corpus: options.CorpusNames = None,
    offline: options.Offline = False,
    valid: options.ValidText = None,
    test: options.TestText = None,
    columns: options.Columns = None,
    out: options.CorpusOut = None,
    vocab_size: options.VocabSize = PrepareConfig.vocab_size,
    max_words: options.MaxWords = CleaningConfig.max_words,
    max_ratio: options.MaxRatio = CleaningConfig.max_ratio,
    seed: options.Seed = None,
    list_only: options.ListCorpora = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Clean and tokenise parallel text, and store it for training.

    PREFIX stands for two files, PREFIX.en and PREFIX.fr for the pair en-fr. FILE is TSV, CSV, JSON Lines, TMX, XLIFF,
    PO, or a zip of OPUS. Each may be compressed. --corpus downloads well-known text by name. Only the training text is
    cleaned.
    """
    if list_only:
        list_corpora(ctx, as_json=as_json)
        return
    from attn_cli.display.terminal import Messages
    from attn_cli.text.catalogue import corpus_folder, prepare_starter
    from attn_cli.text.formats.tables import parse_columns
    from attn_cli.text.preparation import prepare as preparing

    languages = split_pair(pair or "")
    if pair is None or languages is None:
        raise typer.BadParameter(f"{pair or 'missing'}: give two languages, as in en-fr or en-pt_BR", param_hint="PAIR")
    if not train and not corpus and (valid or test or columns is not None):
        raise typer.BadParameter("--valid, --test and --columns go with --train or --corpus")
    if offline and not corpus:
        raise typer.BadParameter("--offline goes with --corpus")
    if corpus == ["list"]:
        list_available(languages, Messages(quiet=quiet), as_json=as_json)
        return
    with usage_errors():
        chosen = parse_columns(columns) if columns is not None else None
        cleaning = CleaningConfig(max_words=max_words, max_ratio=max_ratio)
        config = PrepareConfig(vocab_size=vocab_size, cleaning=cleaning, **options.given(seed=seed))
    folder, messages = corpus_folder(out or pair), Messages(quiet=quiet)
    if train or corpus:
        found = _downloaded(corpus or (), languages, messages, offline=offline)
        locations = chain(train or (), *(one.locations for one in found))
        sources = preparing.Sources(tuple(locations), valid, test, chosen, tuple(one.record for one in found))
        prepared = preparing.prepare(languages, sources, folder, config, messages)
    else:
        prepared = prepare_starter(pair, folder, config, messages)
    if as_json:
        streams.write(json.dumps({"corpus": str(folder), **prepared.info}, ensure_ascii=False) + "\n")


def _downloaded(
    names: Sequence[str], languages: tuple[str, str], messages: "Messages", *, offline: bool
) -> list["Corpus"]:
    """Return the corpora of these names, and show the progress of their downloads."""
    from attn_cli.display.file_progress import Download
    from attn_cli.text.corpora import get_corpora

    progress = Download(streams.show if messages.live else None, messages.note)
    try:
        return get_corpora(names, languages, messages, progress, offline=offline)
    finally:
        streams.show("")

"""`attn-mt prepare`: parallel text in, a prepared corpus out."""

import json
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from attn_cli.cli import options, streams
from attn_cli.cli.exit_codes import usage_errors
from attn_cli.cli.listing import list_available, list_corpora
from attn_cli.cli.models import open_tokenizer
from attn_cli.cli.options import prepare as own
from attn_cli.foundation.processes import cores
from attn_cli.foundation.settings import CleaningConfig, PrepareConfig
from attn_cli.text.languages import split_pair

if TYPE_CHECKING:
    from attn_cli.display.terminal import Messages
    from attn_cli.text.corpora import Corpus
    from attn_cli.text.preparation.prepare import Sources
    from attn_cli.text.preparation.progress import Prepared


def prepare(
    ctx: typer.Context,
    pair: own.Pair = None,
    train: own.TrainText = None,
    corpus: own.CorpusNames = None,
    offline: own.Offline = False,
    valid: own.ValidText = None,
    test: own.TestText = None,
    synthetic: own.SyntheticText = None,
    columns: options.Columns = None,
    out: own.CorpusOut = None,
    vocab_size: own.VocabSize = PrepareConfig.vocab_size,
    tokenizer: own.GivenTokenizer = None,
    max_words: own.MaxWords = CleaningConfig.max_words,
    max_ratio: own.MaxRatio = CleaningConfig.max_ratio,
    keep_suspect: own.KeepSuspect = CleaningConfig.keep_suspect,
    check_language: own.CheckPairs = CleaningConfig.check_language,
    one_translation: own.OneTranslation = CleaningConfig.one_translation,
    show_dropped: own.ShowDropped = None,
    seed: options.Seed = None,
    threads: options.Threads = None,
    list_only: own.ListCorpora = False,
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

    languages, messages = split_pair(pair or ""), Messages(quiet=quiet)
    if pair is None or languages is None:
        raise typer.BadParameter(f"{pair or 'missing'}: give two languages, as in en-fr or en-pt_BR", param_hint="PAIR")
    if corpus == ["list"]:
        list_available(languages, messages, as_json=as_json)
        return
    text = _Text(train or [], corpus or [], valid, test, synthetic or [], columns, offline)
    text.check()
    with usage_errors():
        cleaning = CleaningConfig(
            max_words=max_words, max_ratio=max_ratio, keep_suspect=keep_suspect, check_language=check_language,
            one_translation=one_translation,
        )  # fmt: skip
        config = PrepareConfig(vocab_size=vocab_size, cleaning=cleaning, **options.given(seed=seed))
        sources = text.sources(pair, languages, messages)
    prepared = _run(
        languages, sources, out or pair, config, messages,
        tokenizer=tokenizer, show_dropped=show_dropped, processes=min(threads or cores(), cores()),
    )  # fmt: skip
    if as_json:
        streams.write(json.dumps({"corpus": str(prepared.folder), **prepared.info}, ensure_ascii=False) + "\n")


@dataclass(frozen=True)
class _Text:
    """The options that say which text is prepared."""

    train: list[str]
    corpora: list[str]
    valid: str | None
    test: str | None
    synthetic: list[str]
    columns: str | None
    offline: bool

    def check(self) -> None:
        """Raise a usage error where options are missing that others go with."""
        others = self.valid or self.test or self.synthetic or self.columns is not None
        if others and not (self.train or self.corpora):
            raise typer.BadParameter("--valid, --test, --synthetic and --columns go with --train or --corpus")
        if self.offline and not self.corpora:
            raise typer.BadParameter("--offline goes with --corpus")

    def sources(self, pair: str, languages: tuple[str, str], messages: "Messages") -> "Sources":
        """Return the locations of the text, after downloading the corpora; without any those of the starter corpus."""
        from attn_cli.text.catalogue import starter_sources
        from attn_cli.text.formats.tables import parse_columns
        from attn_cli.text.preparation.prepare import Sources

        columns = parse_columns(self.columns) if self.columns is not None else None
        if not (self.train or self.corpora):
            return starter_sources(pair)
        found = self._downloaded(languages, messages)
        locations = chain(self.train, *(one.locations for one in found))
        records = tuple(one.record for one in found)
        return Sources(tuple(locations), self.valid, self.test, columns, tuple(self.synthetic), records)

    def _downloaded(self, languages: tuple[str, str], messages: "Messages") -> list["Corpus"]:
        """Return the corpora, and show the progress of their downloads."""
        from attn_cli.display.file_progress import Download
        from attn_cli.text.corpora import get_corpora

        progress = Download(streams.show if messages.live else None, messages.note)
        try:
            return get_corpora(self.corpora, languages, messages, progress, offline=self.offline)
        finally:
            streams.show("")


def _run(
    languages: tuple[str, str],
    sources: "Sources",
    name: str,
    config: PrepareConfig,
    messages: "Messages",
    *,
    tokenizer: str | None,
    show_dropped: Path | None,
    processes: int,
) -> "Prepared":
    """Prepare the corpus called `name`, with the progress on stderr."""
    from attn_cli.display.preparation import PreparationDisplay
    from attn_cli.text.catalogue import corpus_folder
    from attn_cli.text.preparation.prepare import prepare as prepare_corpus

    if tokenizer and config.vocab_size:
        raise typer.BadParameter("--vocab-size is that of a new tokenizer; leave it or --tokenizer out")
    given = open_tokenizer(tokenizer) if tokenizer else None
    with PreparationDisplay(messages) as display:
        return prepare_corpus(
            languages, sources, corpus_folder(name), config, display,
            tokenizer=given, show_dropped=show_dropped, processes=processes,
        )  # fmt: skip

"""A session of translation: a translator, and the form and the pictures in which its translations are shown."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from attn_cli.cli import streams
from attn_cli.cli.translate.requests import Batch
from attn_cli.cli.translate.writers import Form, Picture, pictures

if TYPE_CHECKING:
    from attn_cli.decoding.translator import Translator
    from attn_cli.models.folder import StoredModel


class Session:
    """Translates requests and writes the translations; a prompt's commands can change everything but the models."""

    def __init__(
        self, models: "Sequence[StoredModel]", translator: "Translator", form: Form, *, quiet: bool = False
    ) -> None:
        """Begin without pictures.

        Raises SettingsError where the form needs attention that a model does not have.
        """
        self.models, self.translator, self.form, self.quiet = models, translator, form, quiet
        self.pictures: list[Picture] = []
        if form.alignment:
            translator.require_attention()

    def show(self, *, heatmap: bool, plot: Path | None = None) -> None:
        """Show these pictures of each translation from now on.

        Raises SettingsError where pictures are wanted of a model without attention.
        """
        if heatmap or plot:
            self.translator.require_attention()
        self.pictures = pictures(heatmap=heatmap, plot=plot)

    def answer(self, batch: Batch) -> None:
        """Translate a batch of requests, and write the translations to stdout, each with its pictures after it."""
        has_attention = all(model.settings.model.has_attention for model in self.models)
        align = bool(self.pictures) or self.form.alignment or (self.form.json and has_attention)
        prefixes = [request.prefix for request in batch] if any(request.prefix for request in batch) else None
        translations = self.translator.translate([request.text for request in batch], align=align, prefixes=prefixes)
        tokenizer = self.models[0].tokenizer
        written = [self.form.of(*each, tokenizer) for each in zip(batch, translations, strict=True)]
        if not self.pictures:
            streams.write("".join(written))
            return
        for text, translation in zip(written, translations, strict=True):
            streams.write(text)
            for alignment, show in product(translation.alignments, self.pictures):
                show(alignment)

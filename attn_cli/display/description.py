"""A model's settings in words."""

from attn_cli.foundation.settings import BUDGETS, ModelConfig, TrainingConfig
from attn_cli.models.folder import ModelSettings


def described(settings: ModelSettings, parameters: int) -> list[tuple[str, str]]:
    """Return how a model with `parameters` weights is built and trained, as (subject, text) in display order."""
    model, training = settings.model, settings.training
    directions = "both directions" if model.bidirectional else "one direction"
    regularization = f"dropout {training.dropout:g}, of words {training.word_dropout:g}"
    consistency = f"; consistency {training.consistency:g}" if training.consistency else ""
    parent = [("Fine-tuned from", settings.parent)] if settings.parent else []
    return [
        *parent,
        ("Corpus", f"{settings.corpus}, {settings.source_language} to {settings.target_language}"),
        ("Attention", _attention(model)),
        ("Layers", f"{model.cell}; encoder {model.encoder_layers}, {directions}; decoder {model.decoder_layers}"),
        ("Sizes", f"hidden {model.hidden_size}, embedding {model.embedding_size}, vocabulary {model.vocab_size:,}"),
        ("Parameters", f"{parameters / 1e6:.1f} million"),
        ("Training", _training(training)),
        ("Regularization", f"{regularization}; label smoothing {training.label_smoothing:g}{consistency}"),
        ("Machine", f"{settings.device}, {settings.precision}, threads: {settings.threads or 'all'}"),
    ]


def _attention(model: ModelConfig) -> str:
    fed = ", input feeding" if model.input_feeding else ""
    if not model.has_attention:
        return f"none{fed}"
    window = model.window if model.window == "global" else f"{model.window} (±{model.window_size})"
    selection = "hard" if model.hard_attention else "soft"
    lexical = ", lexical" if model.lexical else ""
    return f"{model.attention}, {window}, {selection}, {model.attention_function}{fed}{lexical}"


def _training(training: TrainingConfig) -> str:
    budget = next(f"{value:,} {name}" for name in BUDGETS if (value := getattr(training, name)))
    batches = f"batches of {training.batch_tokens:,} tokens; learning rate {training.learning_rate:g}"
    share = f"synthetic share {training.synthetic_share:g}; " if training.synthetic_share else ""
    return f"{budget}; {batches}; {share}seed {training.seed}"

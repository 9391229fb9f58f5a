"""The options of `train` alone: files, the budget, the network, and how it learns."""

from typing import Annotated, Literal

from typer import Argument, Option

from attn_cli.cli.listing import corpus_names, model_names
from attn_cli.cli.options import MACHINE, NAME, SUITED
from attn_cli.foundation.settings import Cell, Function, ModelConfig, Score, StorageType, TrainingConfig, Window

NETWORK, LEARNING, BUDGET = "Network", "Learning", "Budget (one of)"

Corpus = Annotated[
    str,
    Argument(
        help="A prepared corpus, by name or folder; en-fr, if none: the starter corpus.", autocompletion=corpus_names
    ),
]
ModelOut = Annotated[
    str | None, Option("--out", metavar=NAME, help="Name or folder of the model to write.", show_default="CORPUS")
]
Resume = Annotated[bool, Option("--resume", help="Continue a stopped training; a budget counts from its beginning.")]
Overwrite = Annotated[bool, Option("--overwrite", help="Replace the model that is there.")]
Parent = Annotated[
    str | None,
    Option(
        "--from",
        metavar=NAME,
        help="A model to fine-tune: its network is kept, and training begins with its weights.",
        autocompletion=model_names,
        show_default="a new network",
    ),
]
Reverse = Annotated[bool, Option("--reverse", help="Translate from the corpus' second language to its first.")]
Minutes = Annotated[
    float | None, Option(min=0.01, rich_help_panel=BUDGET, help="Minutes of training in all (fractions allowed).")
]
Epochs = Annotated[
    float | None,
    Option(min=0.01, rich_help_panel=BUDGET, help="Number of passes over the text.", show_default=SUITED),
]
Steps = Annotated[int | None, Option(min=1, rich_help_panel=BUDGET, help="Number of updates.")]
Attention = Annotated[
    Literal[Score, "luong", "concat", "bahdanau"] | None,
    Option(
        rich_help_panel=NETWORK,
        help="Score; luong is general; bahdanau and concat are additive.",
        show_default=ModelConfig.attention,
    ),
]
WindowOption = Annotated[
    Window | None,
    Option(
        "--window",
        rich_help_panel=NETWORK,
        help="Source positions that attention may reach.",
        show_default=ModelConfig.window,
    ),
]
WindowSize = Annotated[
    int | None,
    Option(
        min=1,
        rich_help_panel=NETWORK,
        help="Positions on each side, in a local window.",
        show_default=str(ModelConfig.window_size),
    ),
]
HardAttention = Annotated[
    bool | None,
    Option(
        "--hard-attention", rich_help_panel=NETWORK, help="Attend to a single position.", show_default="soft attention"
    ),
]
AttentionFunction = Annotated[
    Function | None,
    Option(
        rich_help_panel=NETWORK,
        help="Input of the prediction: state and context, or the last word as well.",
        show_default=ModelConfig.attention_function,
    ),
]
InputFeeding = Annotated[
    bool | None,
    Option(
        rich_help_panel=NETWORK,
        help="Let the decoder read the attention vector of the position before: slow.",
        show_default="no-input-feeding",
    ),
]
Lexical = Annotated[
    bool | None,
    Option(
        rich_help_panel=NETWORK,
        help="Let the source words attended to take part in each prediction directly: learns sooner.",
        show_default="no-lexical",
    ),
]
CellOption = Annotated[
    Cell | None,
    Option("--cell", rich_help_panel=NETWORK, help="The recurrent unit.", show_default=ModelConfig.cell),
]
Bidirectional = Annotated[
    bool | None,
    Option(rich_help_panel=NETWORK, help="Read the source in both directions.", show_default="bidirectional"),
]
EncoderLayers = Annotated[
    int | None,
    Option(min=1, rich_help_panel=NETWORK, help="Layers of the encoder.", show_default=str(ModelConfig.encoder_layers)),
]
EmbeddingSize = Annotated[
    int | None, Option(min=1, rich_help_panel=NETWORK, help="Size of a piece's vector.", show_default=SUITED)
]
HiddenSize = Annotated[
    int | None,
    Option(
        min=2,
        rich_help_panel=NETWORK,
        help="Size of a layer's state; an even number if bidirectional.",
        show_default=SUITED,
    ),
]
DecoderLayers = Annotated[
    int | None, Option(min=1, rich_help_panel=NETWORK, help="Layers of the decoder.", show_default=SUITED)
]
BatchTokens = Annotated[
    int | None, Option(min=1, rich_help_panel=LEARNING, help="Target tokens per update.", show_default=SUITED)
]
Dropout = Annotated[
    float | None,
    Option(min=0.0, max=0.99, rich_help_panel=LEARNING, help="Share of features erased.", show_default=SUITED),
]
WordDropout = Annotated[
    float | None,
    Option(min=0.0, max=0.99, rich_help_panel=LEARNING, help="Share of pieces erased.", show_default=SUITED),
]
LabelSmoothing = Annotated[
    float | None,
    Option(
        min=0.0,
        max=0.99,
        rich_help_panel=LEARNING,
        help="Share of the target spread over all pieces.",
        show_default=str(TrainingConfig.label_smoothing),
    ),
]
Consistency = Annotated[
    float | None,
    Option(
        min=0.0,
        max=100.0,
        rich_help_panel=LEARNING,
        help="Weight of R-Drop: each batch is read twice, and the two predictions must agree. Half as fast.",
        show_default="off",
    ),
]
LearningRate = Annotated[
    float | None, Option(min=1e-9, rich_help_panel=LEARNING, help="Peak of the learning rate.", show_default=SUITED)
]
SyntheticShare = Annotated[
    float | None,
    Option(
        min=0.01,
        max=0.99,
        rich_help_panel=LEARNING,
        help="Share of synthetic pairs in an epoch; pairs of the kind that is too rare are repeated.",
        show_default="as in the corpus",
    ),
]
Precision = Annotated[
    Literal["auto", "bfloat16", "float32"],
    Option(
        envvar="ATTN_MT_PRECISION",
        rich_help_panel=MACHINE,
        help="Number format of matrix products; auto: bfloat16 where the hardware has it.",
    ),
]
Weights = Annotated[
    StorageType | None,
    Option(
        rich_help_panel=LEARNING,
        help="Number format of the stored weights: float16 takes half the space, int8 a quarter.",
        show_default="float32",
    ),
]
Patience = Annotated[
    int | None,
    Option(
        min=1,
        rich_help_panel=LEARNING,
        help="Validations in a row without a better BLEU before it stops; not with --minutes.",
        show_default=str(TrainingConfig.patience),
    ),
]

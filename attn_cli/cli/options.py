"""The options of the commands: for each its type, range, help, environment variable and help panel.

Those of `translate` alone are in translate/options.py.

A default that is shown as words stands for None: it depends on the corpus, the machine, or the files on disk.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from typer import Argument, Option

from attn_cli.cli.listing import corpus_names, model_names
from attn_cli.foundation.settings import (
    MOST_PIECES,
    MOST_THREADS,
    Cell,
    Function,
    ModelConfig,
    Score,
    StorageType,
    TrainingConfig,
    Window,
)

MACHINE, SEARCH, NETWORK, LEARNING, BUDGET = "Machine", "Search", "Network", "Learning", "Budget (one of)"
LOCATION, NAME = "PREFIX|FILE", "NAME|FOLDER"
SUITED = "to suit the corpus"
HELD_OUT = "held out of the training text"


def given(**settings: Any) -> dict[str, Any]:
    """Return the settings that have a value: the options that the user gave."""
    return {name: value for name, value in settings.items() if value is not None}


# Everywhere
Quiet = Annotated[bool, Option("--quiet", "-q", help="Show nothing on stderr but errors.")]
Json = Annotated[bool, Option("--json", help="Print the result as one JSON object on one line.")]
Seed = Annotated[
    int | None,
    Option(
        min=0,
        max=2**31 - 1,
        help="Seed of all random choices.",
        show_default=str(TrainingConfig.seed),
    ),
]
Device = Annotated[
    str,
    Option(
        envvar="ATTN_MT_DEVICE",
        rich_help_panel=MACHINE,
        help="cpu, cuda, cuda:1, mps ...; auto: a CUDA GPU if there is one.",
    ),
]
Threads = Annotated[
    int | None,
    Option(
        min=1,
        max=MOST_THREADS,
        envvar="ATTN_MT_THREADS",
        rich_help_panel=MACHINE,
        help="Threads to compute with.",
        show_default="one per core",
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
Beam = Annotated[int, Option("--beam", min=1, rich_help_panel=SEARCH, help="Beam size; 1 is greedy search.")]
LengthPenalty = Annotated[
    float,
    Option(min=0.0, max=10.0, rich_help_panel=SEARCH, help="Exponent a: a translation scores log p / length ** a."),
]
NoSplit = Annotated[
    bool, Option("--no-split", rich_help_panel=SEARCH, help="Translate a line as a whole, not sentence by sentence.")
]
NoCopy = Annotated[
    bool,
    Option(
        "--no-copy",
        rich_help_panel=SEARCH,
        help="Translate addresses, numbers, markup and the like as words, instead of copying them.",
    ),
]

# prepare
Pair = Annotated[
    str | None,
    Argument(metavar="PAIR", help="Source and target language, as in en-fr or en-pt_BR.", show_default=False),
]
ListCorpora = Annotated[bool, Option("--list", help="List the corpora that there are, instead of preparing one.")]
TrainText = Annotated[
    list[str] | None,
    Option("--train", metavar=LOCATION, help="Text to train on; repeatable.", show_default="the starter corpus"),
]
CorpusNames = Annotated[
    list[str] | None,
    Option(
        "--corpus",
        metavar="NAME",
        help="A corpus to download and train on, such as tatoeba; repeatable. list: show those of PAIR.",
        show_default=False,
    ),
]
Offline = Annotated[bool, Option("--offline", help="With --corpus, download nothing: use what is there.")]
ValidText = Annotated[str | None, Option(metavar=LOCATION, help="Text to validate on.", show_default=HELD_OUT)]
TestText = Annotated[str | None, Option(metavar=LOCATION, help="Text to test on.", show_default=HELD_OUT)]
Columns = Annotated[
    str | None,
    Option(metavar="N,N", help="Columns of source and target in TSV and CSV, as in 1,3.", show_default="by the header"),
]
CorpusOut = Annotated[
    str | None, Option("--out", metavar=NAME, help="Name or folder of the corpus to write.", show_default="PAIR")
]
VocabSize = Annotated[
    int | None, Option(min=300, max=MOST_PIECES, help="Pieces in the vocabulary.", show_default=SUITED)
]
SyntheticText = Annotated[
    list[str] | None,
    Option(
        "--synthetic",
        metavar=LOCATION,
        help="Further text to train on, one side of which a program has translated; repeatable.",
        show_default="none",
    ),
]
GivenTokenizer = Annotated[
    str | None,
    Option(
        metavar="MODEL|FILE",
        help="The tokenizer of a model, or a SentencePiece model file.",
        show_default="a new one",
        autocompletion=model_names,
    ),
]
MaxWords = Annotated[
    int, Option(min=1, help="Longest sentence to train on, in words (Chinese and Japanese: characters).")
]
MaxRatio = Annotated[float, Option(min=1.0, help="Greatest ratio between the lengths of a pair's sides.")]
KeepSuspect = Annotated[
    bool,
    Option(
        "--keep-suspect",
        help="Keep pairs that seem wrong: equal sides, few letters, another script, unlike numbers, displaced lines.",
    ),
]
CheckPairs = Annotated[
    bool, Option("--check-language", help="Drop pairs in which a side is in the language of the other one.")
]
OneTranslation = Annotated[
    bool, Option("--one-translation", help="Keep only the first of several translations of a sentence.")
]
ShowDropped = Annotated[
    Path | None,
    Option(metavar="FILE", help="Write the pairs that are dropped to a TSV file.", show_default="three of each kind"),
]

# train
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

# translate, evaluate
LAST_MODEL = "$ATTN_MT_MODEL, else the last trained"
Models = Annotated[
    list[str] | None,
    Option(
        "--model",
        "-m",
        metavar=NAME,
        help="A model, by name or folder; repeatable: probabilities are then averaged.",
        autocompletion=model_names,
        show_default=LAST_MODEL,
    ),
]
ModelArgument = Annotated[
    str | None, Argument(help="A model, by name or folder.", show_default=LAST_MODEL, autocompletion=model_names)
]
EvaluatedModels = Annotated[
    list[str] | None,
    Option(
        "--model",
        "-m",
        metavar=NAME,
        help="A model, instead of MODEL; repeatable: probabilities are then averaged.",
        show_default=False,
    ),
]
References = Annotated[
    list[Path] | None,
    Option(
        "--reference",
        metavar="FILE",
        help="A further reference translation of the test text, line by line; a blank line: none. Repeatable.",
        show_default=False,
    ),
]
Hypotheses = Annotated[
    Path | None,
    Option(
        metavar="FILE",
        help="A finished translation to score, instead of translating; - stands for stdin.",
        show_default=False,
    ),
]
Tokenize = Annotated[
    Literal["13a", "char", "flores101", "flores200", "intl", "ja-mecab", "ko-mecab", "none", "zh"] | None,
    Option(
        help="sacreBLEU's tokenizer for BLEU. ja-mecab and ko-mecab need a further package each; "
        "flores101 and flores200 are downloaded once.",
        show_default="13a; char for text without spaces",
    ),
]
Baseline = Annotated[
    list[str] | None,
    Option(
        metavar="MODEL|FILE",
        help="A model, or a finished translation, to compare with by a significance test; repeatable.",
        autocompletion=model_names,
        show_default=False,
    ),
]
Report = Annotated[
    Path | None,
    Option(
        metavar="FILE",
        resolve_path=True,  # a symbolic link stays one: its target is written
        help="Also write a page for a browser: scores, charts, and examples with their attention.",
        show_default=False,
    ),
]
Sentences = Annotated[
    Path | None,
    Option(
        metavar="FILE",
        resolve_path=True,
        help="Also write each sentence with its BLEU, chrF and TER: .tsv or .jsonl.",
        show_default=False,
    ),
]
TestPair = Annotated[
    str | None,
    Option(
        "--pair",
        metavar="en-fr",
        help="Languages of the test text, with --hypotheses and without MODEL.",
        show_default="by the names of its files",
    ),
]
TestSet = Annotated[
    str | None,
    Option(
        metavar="NAME", help="One of sacreBLEU's test sets, such as wmt14; it is downloaded once.", show_default=False
    ),
]
OtherTest = Annotated[
    str | None,
    Option(
        "--test",
        metavar=LOCATION,
        help="Text to test on; in a table the source comes first.",
        show_default="the test text of the model's corpus",
    ),
]

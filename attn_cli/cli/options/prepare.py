"""The options of `prepare` alone: parallel text, its cleaning, and the tokenizer."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from attn_cli.cli.listing import model_names
from attn_cli.cli.options import LOCATION, NAME, SUITED
from attn_cli.foundation.settings import MOST_PIECES

HELD_OUT = "held out of the training text"

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

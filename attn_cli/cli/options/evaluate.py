"""The options of `evaluate` alone: what is scored, how, and what is written."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from attn_cli.cli.listing import model_names
from attn_cli.cli.options import LAST_MODEL, LOCATION, NAME

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

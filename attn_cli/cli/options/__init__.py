"""The options of the commands: for each its type, range, help, environment variable and help panel.

Those of several commands are here, and those of one command in the module of its name.

A default that is shown as words stands for None: it depends on the corpus, the machine, or the files on disk.
"""

from typing import Annotated, Any, Literal

from typer import Option

from attn_cli.cli.listing import model_names
from attn_cli.foundation.settings import MOST_THREADS, TrainingConfig

MACHINE, SEARCH = "Machine", "Search"
LOCATION, NAME = "PREFIX|FILE", "NAME|FOLDER"
SUITED, LAST_MODEL = "to suit the corpus", "$ATTN_MT_MODEL, else the last trained"


def given(**settings: Any) -> dict[str, Any]:
    """Return the settings that have a value: the options that the user gave."""
    return {name: value for name, value in settings.items() if value is not None}


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
    Literal["auto", "bfloat16", "float32", "int8"],
    Option(
        envvar="ATTN_MT_PRECISION",
        rich_help_panel=MACHINE,
        help="Number format of matrix products, for many lines; auto: bfloat16 where the hardware has it, else int8.",
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
Columns = Annotated[
    str | None,
    Option(metavar="N,N", help="Columns of source and target in TSV and CSV, as in 1,3.", show_default="by the header"),
]

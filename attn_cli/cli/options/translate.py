"""The options of `translate` alone: what comes in, the form of what goes out, sampling, and pictures."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from attn_cli.cli.options import MACHINE, SEARCH

INPUT, OUTPUT, SAMPLING, PICTURES = "Input", "Form of the output", "Sampling", "Attention"

Lines = Annotated[list[str] | None, Argument(help="Lines to translate.", show_default="stdin")]
InputFile = Annotated[
    Path | None,
    Option(
        "--input",
        "-i",
        metavar="FILE",
        allow_dash=True,
        help="Translate the lines of a file; - stands for stdin.",
        show_default=False,
    ),
]
OutputFile = Annotated[
    Path | None,
    Option(
        "--output",
        "-o",
        metavar="FILE",
        allow_dash=True,
        resolve_path=True,  # a symbolic link stays one: its target is written
        help="Write to a file, which is replaced when all is done; - stands for stdout.",
        show_default=False,
    ),
]
ListModels = Annotated[bool, Option("--list", help="List the models that there are, instead of translating.")]
JsonInput = Annotated[
    bool,
    Option(
        "--json-input",
        rich_help_panel=INPUT,
        help='Read JSON Lines: objects with "source", perhaps "id" and "prefix".',
    ),
]
Paragraphs = Annotated[
    bool,
    Option(
        "--paragraphs",
        rich_help_panel=INPUT,
        help="Join the lines between two blank ones: for prose wrapped over lines. One line out per paragraph.",
    ),
]
Prefix = Annotated[
    str, Option(metavar="TEXT", rich_help_panel=INPUT, help="The beginning that each translation must have.")
]
JsonLines = Annotated[
    bool,
    Option(
        "--json",
        rich_help_panel=OUTPUT,
        help="Write a JSON object per line: translation, score, confidence, pieces, alignment, n best; or the --list.",
    ),
]
NBest = Annotated[
    int | None,
    Option(
        "--n-best",
        min=1,
        max=100,
        metavar="N",
        rich_help_panel=OUTPUT,
        help="Write the N best translations of each line as: line ||| translation ||| score.",
        show_default=False,
    ),
]
ShowScore = Annotated[
    bool, Option("--score", rich_help_panel=OUTPUT, help="Write the score and a tab before the translation.")
]
ShowConfidence = Annotated[
    bool,
    Option(
        "--confidence",
        rich_help_panel=OUTPUT,
        help="Write an estimate of the quality, from 0 to 1, and a tab before it: sort -n shows the worst first.",
    ),
]
ShowAlignment = Annotated[
    bool,
    Option("--alignment", rich_help_panel=OUTPUT, help="Write a tab and the alignment of words after it: 0-0 1-2 ..."),
]
MaxLength = Annotated[
    int | None,
    Option(
        min=1,
        max=10_000,
        rich_help_panel=SEARCH,
        help="Most pieces of a sentence's translation.",
        show_default="twice those of the sentence, + 10",
    ),
]
Sample = Annotated[
    bool, Option("--sample", rich_help_panel=SAMPLING, help="Draw translations at random instead of searching.")
]
Temperature = Annotated[
    float,
    Option(min=0.01, max=100.0, rich_help_panel=SAMPLING, help="Below 1 for probable, above 1 for varied samples."),
]
TopK = Annotated[
    int | None,
    Option(
        "--top-k", min=1, rich_help_panel=SAMPLING, help="Draw from the K most probable pieces.", show_default="all"
    ),
]
TopP = Annotated[
    float | None,
    Option(
        "--top-p",
        min=1e-6,
        max=1.0,
        rich_help_panel=SAMPLING,
        help="Draw from the most probable pieces that have this probability together.",
        show_default="1",
    ),
]
CheckLanguage = Annotated[
    bool, Option("--check-language", help="Warn of lines that look like the language to translate into.")
]
Engine = Annotated[
    Literal["auto", "numpy", "torch"],
    Option(rich_help_panel=MACHINE, help="numpy: starts at once; torch: fast in bulk; auto: by the number of lines."),
]
Heatmap = Annotated[
    bool,
    Option("--heatmap", rich_help_panel=PICTURES, help="Show on stderr which source words each word attends to."),
]
Plot = Annotated[
    Path | None,
    Option(
        metavar="FILE",
        rich_help_panel=PICTURES,
        help="Draw the attention of one line: .png, .svg or .pdf.",
        show_default=False,
    ),
]
Page = Annotated[
    Path | None,
    Option(
        metavar="FILE.html",
        help="Write the model as one page, which translates in any browser, offline; nothing is translated here.",
        show_default=False,
    ),
]

"""Turn a trained model into one that comes with the package: int8 weights, and a README with sources and limits.

    python -m scripts.general_model.compress MODEL --out data/models/general-en-fr

MODEL is a name or a folder. The weights are stored as int8 with a scale per row, a quarter of their size. The README is
the file beside this script that has the name of the folder to write, such as general-en-fr.md.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from attn_cli.models.catalogue import open_model
from attn_cli.models.folder import README, write_model


def main() -> None:
    """Run the script by its command line."""
    parser = argparse.ArgumentParser(description="Compress a model for the package.")
    parser.add_argument("model", help="name or folder of the trained model")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args()
    stored = open_model(options.model)
    settings = replace(stored.settings, weights="int8")
    write_model(options.out, settings, stored.weights, stored.tokenizer, "", stored.corpus_fingerprint, stored.outcome)
    about = Path(__file__).with_name(f"{options.out.name}.md").read_text(encoding="utf-8")
    (options.out / README).write_text(about, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env bash
# Rebuilds a general model, data/models/general-PAIR, from its corpora: mix, prepare, train, compress, measure.
#
#     scripts/general_model/build.sh en-fr|fr-en FOLDER
#
# FOLDER holds the corpora (see mix.py) with their test text. Needs attn-mt on the PATH and a GPU: the training takes
# 8.3 minutes on an H100, and days on two cores.
set -euo pipefail
(($# == 2)) || { echo "usage: scripts/general_model/build.sh en-fr|fr-en FOLDER" >&2; exit 2; }
pair=$1 data=$2 name=general-$1
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
python -m scripts.general_model.mix "$pair" --data "$data" --out "$work"
attn-mt prepare "$pair" --train "$work/train.tsv" --valid "$work/valid.tsv" --vocab-size 12000 --out "$name"
attn-mt train "$name" --minutes 8.27 --embedding-size 512 --hidden-size 768 --decoder-layers 2 --batch-tokens 25000 \
    --learning-rate 0.0015 --dropout 0.2 --word-dropout 0 --overwrite
python -m scripts.general_model.compress "$name" --out "data/models/$name"
for corpus in tatoeba-en-fr phpdocs-en-fr pydocs-en-fr canlaw-en-fr; do
    attn-mt evaluate "./data/models/$name" --test "$data/$corpus/test"
done

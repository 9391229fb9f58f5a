#!/usr/bin/env bash
# Rebuilds data/models/general-en-fr from its corpora: mix, prepare, train, compress, measure.
#
#     scripts/general_model/build.sh FOLDER
#
# FOLDER holds the corpora (see mix.py) with their test text. Needs attn-mt on the PATH and a GPU: the training takes
# 8.3 minutes on an H100, and days on two cores.
set -euo pipefail
(($# == 1)) || { echo "usage: scripts/general_model/build.sh FOLDER" >&2; exit 2; }
data=$1
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
python -m scripts.general_model.mix --data "$data" --out "$work"
attn-mt prepare en-fr --train "$work/train.tsv" --valid "$work/valid.tsv" --vocab-size 12000 --out general
attn-mt train general --minutes 8.27 --embedding-size 512 --hidden-size 768 --decoder-layers 2 --batch-tokens 25000 \
    --learning-rate 0.0015 --dropout 0.2 --word-dropout 0 --overwrite
python -m scripts.general_model.compress general --out data/models/general-en-fr
for corpus in tatoeba-en-fr phpdocs-en-fr pydocs-en-fr canlaw-en-fr; do
    attn-mt evaluate general-en-fr --test "$data/$corpus/test"
done

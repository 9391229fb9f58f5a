#!/usr/bin/env bash
# The figures of a GPU, in about five minutes: training at three sizes, decoding with the model that comes along.
#
#     PYTHON=.venv/bin/python benchmarks/gpu.sh [--device cpu --short]
#
# Prints one JSON object per row. Other arguments go to both benchmarks; --short makes the runs too short to mean much.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3} updates=150 warmup=30 lines=10000 given=()
for argument; do
    if [[ $argument == --short ]]; then updates=1 warmup=1 lines=40; else given+=("$argument"); fi
done

train() {
    echo "training, $*:"
    "$python" benchmarks/train_speed.py --json --updates "$updates" --warmup "$warmup" "$@" ${given[@]+"${given[@]}"}
}

train --embedding 512 --hidden 512 --batch-tokens 800
train --embedding 512 --hidden 512 --batch-tokens 3200 # the default on a GPU
train --embedding 512 --hidden 768 --vocabulary 12000 --batch-tokens 50000 --sentences 100000

text=$(mktemp)
trap 'rm -f "$text"' EXIT
head -n "$lines" data/en-fr/train.en >"$text"
echo "decoding, general-en-fr, $lines lines:"
"$python" benchmarks/decode_speed.py data/models/general-en-fr --source "$text" --lines "$lines" --compare 0 --json \
    ${given[@]+"${given[@]}"}

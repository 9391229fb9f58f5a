#!/usr/bin/env bash
# The figures of a GPU: training at three sizes, decoding with the model that comes along, and the share of a training's
# time that validation takes. Meant to take less than eight minutes; it has not been run on a GPU yet.
#
#     PYTHON=.venv/bin/python benchmarks/gpu.sh [--device cpu --short]
#
# Prints one JSON object per row. Other arguments go to both benchmarks; --short makes the runs too short to mean much.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3} updates=150 warmup=30 lines=10000 steps=3000 given=()
for argument; do
    if [[ $argument == --short ]]; then updates=1 warmup=1 lines=40 steps=20; else given+=("$argument"); fi
done

train() {
    echo "training, $*:"
    "$python" benchmarks/train_speed.py --json --updates "$updates" --warmup "$warmup" "$@" ${given[@]+"${given[@]}"}
}

train --embedding 512 --hidden 512 --batch-tokens 800
train --embedding 512 --hidden 512 --batch-tokens 3200 # the default on a GPU
train --embedding 512 --hidden 768 --vocabulary 12000 --batch-tokens 50000 --sentences 100000

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
text=$temporary/text
head -n "$lines" data/en-fr/train.en >"$text"
echo "decoding, general-en-fr, $lines lines:"
"$python" benchmarks/decode_speed.py data/models/general-en-fr --source "$text" --lines "$lines" --compare 0 --json \
    ${given[@]+"${given[@]}"}

echo "validation, starter corpus, $steps updates:"
export ATTN_MT_HOME=$temporary/home
"$python" -m attn_cli prepare en-fr --quiet
"$python" -m attn_cli train en-fr --quiet --steps "$steps" --patience "$steps" ${given[@]+"${given[@]}"}
"$python" - "$ATTN_MT_HOME/models/en-fr/training/log.jsonl" <<'END'
import json
import sys

records = [json.loads(line) for line in open(sys.argv[1])]
validations = [record["seconds"] for record in records if record["kind"] == "validation"]
seconds = max(record["seconds"] for record in records if record["kind"] == "progress") + validations[-1]
share = round(sum(validations) / seconds, 4)
print(json.dumps({"validations": len(validations), "seconds_each": validations[-1], "share_of_time": share}))
END

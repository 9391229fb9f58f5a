#!/usr/bin/env bash
# From raw text to the figures of docs/results.md: prepare, train with default settings, evaluate on the test text.
#
#     scripts/reproduce.sh CORPUS --data FOLDER [--minutes N]
#
# CORPUS is the name that corpus and model get; it ends in the two languages, as multi30k-en-fr does. FOLDER holds
# train.*, valid.* and test.* (.gz or not), for each language. Needs attn-mt, sacrebleu and sacremoses on the PATH
# (pip install . sacremoses).
set -euo pipefail

usage="usage: scripts/reproduce.sh CORPUS --data FOLDER [--minutes N]"
fail() {
    echo "$1" >&2
    exit 2
}
(($#)) || fail "$usage"
corpus=$1 data="" minutes=60
shift
while (($#)); do
    [[ $# -ge 2 ]] || fail "$usage"
    case $1 in
        --data) data=$2 ;;
        --minutes) minutes=$2 ;;
        *) fail "$usage" ;;
    esac
    shift 2
done
[[ $corpus =~ (^|-)([a-z]+)-([a-z]+)$ ]] || fail "error: $corpus: end the name in two languages, as in multi30k-en-fr"
source=${BASH_REMATCH[2]} target=${BASH_REMATCH[3]}
[[ -d $data ]] || fail "error: --data '$data': no such folder"

attn-mt prepare "$source-$target" --train "$data/train" --valid "$data/valid" --test "$data/test" --out "$corpus"
attn-mt train "$corpus" --minutes "$minutes" --overwrite
attn-mt evaluate "$corpus"

text() { if [[ -f $data/test.$1 ]]; then cat "$data/test.$1"; else gzip -cd "$data/test.$1.gz"; fi; }
moses() { sacremoses -q -l "$target" normalize tokenize; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
text "$source" | attn-mt translate -q -m "$corpus" >"$work/translation"
text "$target" >"$work/reference"
echo "lower-cased:"
sacrebleu "$work/reference" --lowercase --width 2 --format text <"$work/translation"
echo "lower-cased, both sides tokenised as Moses does, as papers on Multi30k report it:"
moses <"$work/reference" >"$work/reference.tokenised"
moses <"$work/translation" |
    sacrebleu "$work/reference.tokenised" --lowercase --tokenize none --force --width 2 --format text

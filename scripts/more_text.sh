#!/usr/bin/env bash
# Trains a model with the help of text in one language: other models translate it, and these synthetic pairs are added
# to the training text (docs/more-text.md).
#
#     scripts/more_text.sh back-translation|self-training PAIR --text FILE --model NAME --train LOCATION --folder FOLDER
#         [--valid LOCATION] [--test LOCATION] [--out NAME] [--beam N | --sample] [--least-confidence C] [--share S]
#         [-- OPTIONS OF attn-mt train]
#
# PAIR is that of the new model, as in en-fr. FILE has a sentence per line (.gz or not): for back-translation in the
# target language (fr), and the models translate it to the source language; for self-training the other way round.
# --model and --train may be repeated. FOLDER keeps the text, its translations and the synthetic pairs: run the same
# command again after an interruption, and no line is translated twice. Needs attn-mt on the PATH.
set -euo pipefail

usage() { sed -n '5,7s/^#     //p' "$0"; }
fail() {
    echo "error: $1" >&2
    exit 2
}
say() { echo "$(date +%T) $1" >&2; }

case ${1:-} in
    back-translation | self-training) kind=$1 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
esac
[[ ${2:-} =~ ^([A-Za-z_]+)-([A-Za-z_]+)$ ]] || fail "PAIR '${2:-}': give two languages, as in en-fr"
pair=$2 source=${BASH_REMATCH[1]} target=${BASH_REMATCH[2]} out=$2-more
text="" folder="" models=() texts=() has_train="" search=(--beam 5) least=0 share=()
shift 2
while (($#)) && [[ $1 != -- ]]; do
    [[ $1 == --sample || $# -ge 2 ]] || fail "$1: its value is missing"
    case $1 in
        --text) text=$2 ;;
        --model | -m) models+=(--model "$2") ;;
        --train) texts+=("$1" "$2") has_train=yes ;;
        --valid | --test) texts+=("$1" "$2") ;;
        --folder) folder=$2 ;;
        --out) out=$2 ;;
        --beam) search=(--beam "$2") ;;
        --sample) search=(--sample) ;;
        --least-confidence) least=$2 ;;
        --share) share=(--synthetic-share "$2") ;;
        *) fail "$1: no such option; --help shows those that there are" ;;
    esac
    [[ $1 == --sample ]] || shift
    shift
done
shift $(($# > 0)) # the --
[[ -f $text ]] || fail "--text '$text': no such file"
[[ -n $folder && -n $has_train && ${#models[@]} -gt 0 ]] || fail "--folder, --model and --train are needed"
[[ $least =~ ^(0|1|0?\.[0-9]+)$ ]] || fail "--least-confidence $least: choose from 0 to 1"

mkdir -p "$folder"
trap 'rm -f "$folder/rest" "$folder/new"' EXIT

about="$kind $pair, ${models[*]} ${search[*]}, text $(cksum <"$text")"
if [[ -e $folder/about ]]; then
    [[ $(<"$folder/about") == "$about" ]] ||
        fail "--folder $folder: holds translations of other text, or by other models or options; choose another folder"
elif [[ -n $(ls -A "$folder") ]]; then
    fail "--folder $folder: holds something else; choose another folder"
else
    echo "$about" >"$folder/about"
fi

unpacked() { if [[ $text == *.gz ]]; then gzip -cd; else cat; fi <"$text"; }
if [[ ! -e $folder/text ]]; then
    # Neither tabs, which separate columns below, nor control characters, nor blank lines.
    unpacked | iconv -f UTF-8 -t UTF-8 | LC_ALL=C tr '\t' ' ' | LC_ALL=C tr -d '\000-\010\013-\037\177' |
        LC_ALL=C awk NF >"$folder/new" || fail "--text $text: cannot be read; it must be text in UTF-8, or that with gzip"
    mv "$folder/new" "$folder/text"
fi

touch "$folder/translations"
if [[ -n $(tail -c 1 "$folder/translations") ]]; then # it was cut in the middle of a line
    sed '$d' "$folder/translations" >"$folder/new"
    mv "$folder/new" "$folder/translations"
fi
lines=$(($(wc -l <"$folder/text"))) translated=$(($(wc -l <"$folder/translations")))
say "$lines lines, $translated of them translated"
if ((translated < lines)); then
    # From a file, because it is read in larger batches than a pipe.
    tail -n "+$((translated + 1))" "$folder/text" >"$folder/rest"
    attn-mt translate --confidence --check-language "${models[@]}" "${search[@]}" \
        <"$folder/rest" >>"$folder/translations"
fi

# A line that came out as it went in would teach copying.
paste "$folder/translations" "$folder/text" |
    LC_ALL=C awk -F '\t' -v least="$least" '$1 >= least && $2 != "" && $2 != $3' >"$folder/new"
say "$(($(wc -l <"$folder/new"))) pairs have a confidence of $least or more, and are not copies"
[[ -s $folder/new ]] || fail "no synthetic pairs are left; choose a lower --least-confidence"
if [[ $kind == back-translation ]]; then sides=(2 3); else sides=(3 2); fi
cut -f "${sides[0]}" "$folder/new" >"$folder/synthetic.$source"
cut -f "${sides[1]}" "$folder/new" >"$folder/synthetic.$target"

attn-mt prepare "$pair" "${texts[@]}" --synthetic "$folder/synthetic" --out "$out"
attn-mt train "$out" ${share[@]+"${share[@]}"} "$@"

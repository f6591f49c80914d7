#!/usr/bin/env bash
# The driver asked for a device that is not there: without_gpu.sh PROGRAM
set -uo pipefail
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

expect() { # text, arguments of the program...: it exits 64, says the text and leaves no run behind
    local text=$1 output status
    shift
    output=$("$program" "$@" --run "$folder/run" 2>&1)
    status=$?
    if ((status != 64)) || [[ $output != *"$text"* || -e $folder/run ]]; then
        printf '%s\nexit status %s, expected 64, "%s" and no folder of a run\n' "$output" "$status" "$text"
        exit 1
    fi
}

variant=$("$program" list --names | head -n 1)
expect "LibTorch finds no CUDA device here" train "$variant" --device cuda
expect "LibTorch finds no CUDA device here" train "$variant" --device cuda --cuda-graphs
expect "--cuda-graphs needs --device cuda" train "$variant" --cuda-graphs

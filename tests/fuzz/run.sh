#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh [SECONDS] [TARGET...]: runs libFuzzer targets (all, unless told) for so many seconds each; stops at the first finding,
# whose input is left in build/fuzz/corpus/crash-*.
set -euo pipefail
seconds=${1:-20}
source=$(cd "$(dirname "$0")/../.." && pwd)
build=$source/build/fuzz
[ -f "$build/build.ninja" ] || cmake -S "$source" --preset fuzz -DAVOCET_TESTS=ON >/dev/null
wanted=("${@:2}")
nice ninja -C "$build" --quiet "${wanted[@]/#/fuzz_}" $([ $# -gt 1 ] || echo fuzz_all)
shift || true
targets=("${@/#/$build/fuzz/fuzz_}")
[ $# -gt 0 ] || targets=("$build"/fuzz/fuzz_*)
for target in "${targets[@]}"; do
    name=$(basename "$target" | sed s/^fuzz_//)
    dictionary=()
    [ -f "$source/tests/fuzz/$name.dict" ] && dictionary=("-dict=$source/tests/fuzz/$name.dict")
    mkdir -p "$build/corpus/$name"
    echo "== $name, $seconds s"
    "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$build/corpus/crash-$name-" \
        "${dictionary[@]}" "$build/corpus/$name" "$source/tests/fuzz/corpus/$name" 2>&1 | tail -3
done

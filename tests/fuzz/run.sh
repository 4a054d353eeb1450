#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every libFuzzer target for so many seconds; stops at the first finding, whose input libFuzzer leaves behind.
set -euo pipefail
seconds=${1:-20}
source=$(cd "$(dirname "$0")/../.." && pwd)
build=$source/build/fuzz
[ -f "$build/build.ninja" ] || cmake -S "$source" --preset fuzz -DAVOCET_TESTS=ON >/dev/null
ninja -C "$build" --quiet fuzz_all
for target in "$build"/fuzz/fuzz_*; do
    name=$(basename "$target" | sed s/^fuzz_//)
    mkdir -p "$build/corpus/$name"
    echo "== $name, $seconds s"
    "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$build/corpus/crash-$name-" \
        "$build/corpus/$name" "$source/tests/fuzz/corpus/$name" 2>&1 | tail -3
done

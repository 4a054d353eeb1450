#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every plugin exports one symbol, avocet_plugin_entry, whatever it links statically.
set -euo pipefail
build=$2
count=0
while read -r library; do
    symbols=$(nm -D --defined-only "$library" | awk '{print $NF}' | grep -vE '^(__asan|__ubsan|__tsan|__odr_asan|__start_|__stop_)' || true)
    if [ "$symbols" != avocet_plugin_entry ]; then
        echo "$library exports: $symbols"
        exit 1
    fi
    count=$((count + 1))
done < <(find "$build/plugins" -name '*.so')
[ "$count" -ge 8 ] || { echo "only $count plugins found in $build/plugins"; exit 1; }
echo "$count plugins export one symbol each"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What every start maps: no compiler, no library of archives and none of what that needs; and exceptions are libgcc_s's, because
# libunwind, which has the same functions, stands behind it.
set -euo pipefail
build=$2 program=$2/bin/avocet
if grep -q "fsanitize" "$build/build.ninja"; then
    echo "a sanitized program maps the sanitizers' libraries, too"
    exit 77
fi
maps=$(ldd "$program" | awk '{ print $1 }')
grep -q '^libunwind\.so' <<<"$maps" && grep -q '^libbpf\.so' <<<"$maps" || { echo "ldd tells nothing: $maps"; exit 1; }
if grep -E '^lib(LLVM|clang|archive|xml2|icu|ssl|crypto|curl)' <<<"$maps"; then
    echo "is mapped by every start"
    exit 1
fi
first=$(readelf -d "$program" | grep -oE 'lib(gcc_s|unwind)\.so' | head -1)
[ "$first" = libgcc_s.so ] || { echo "exceptions would be $first's"; exit 1; }

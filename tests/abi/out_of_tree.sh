#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the SDK, then configures, builds, loads and runs the templates as a project of their own.
set -euo pipefail
source=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cmake --install "$build" --component sdk --prefix "$work/prefix" >/dev/null
cp -r "$source/sdk/template" "$work/project"
cmake -S "$work/project" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Debug >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
if grep -q fsanitize "$build/build.ninja" 2>/dev/null && grep -q 'AVOCET_SANITIZE:STRING=.' "$build/CMakeCache.txt"; then
    echo "the templates build; a sanitized avocet does not run unsanitized plugins"
    exit 77
fi
avocet="$build/bin/avocet --plugins $work/build/plugins"
export HOME="$work" AVOCET_CACHE_DIRECTORY="$work/cache"

$avocet plugins --load >"$work/plugins"
for id in template.sink template.provider template.frontend template.backend; do
    grep -q "^$id " "$work/plugins" || { echo "$id is not listed"; cat "$work/plugins"; exit 1; }
done
if grep REFUSED "$work/plugins"; then exit 1; fi

[ "$($avocet list every)" = every:N:ms ] || { echo "the provider does not list"; exit 1; }
$avocet check -e 'every:10:ms { @ = count(); }'
$avocet run --backend dry -e 'every:10:ms { @ = count(); }' 2>"$work/dry"
grep -q 'would attach .* to every:10:ms' "$work/dry" || { echo "the backend attached nothing"; cat "$work/dry"; exit 1; }

[ "$(id -u)" -eq 0 ] || { echo "not root: the provider, frontend and sink were not run on the kernel"; exit 77; }
$avocet run -e 'every:10:ms { @n++; printf("tick %d\n", @n); if (@n == 3) { exit(); } }' --sink "tally:path=$work/tally" >"$work/out"
grep -q '^tick 3$' "$work/out" || { echo "the provider did not fire"; cat "$work/out"; exit 1; }
grep -q '^event 3$' "$work/tally" || { echo "the sink counted wrongly"; cat "$work/tally"; exit 1; }

# The same sink and provider as parts of a bundle, which brings them along.
mkdir -p "$work/bundle/plugins"
cp -r "$work/build/plugins/template."{sink,provider} "$work/bundle/plugins/"
echo 'every:10:ms { @n++; printf("tick %d\n", @n); if (@n == 3) { exit(); } }' >"$work/bundle/ticks.bt"
printf '[[sink]]\nname = "totals"\ntype = "tally"\npath = "%s"\n' "$work/totals" >"$work/bundle/defaults.toml"
cat >"$work/bundle/bundle.toml" <<'TOML'
schema = 1
name = "vendor"
version = "1"
summary = "a sink, and a tool whose records it counts"
publisher = "a vendor"
[[tool]]
name = "ticks"
file = "ticks.bt"
summary = "three ticks"
[[plugin]]
dir = "plugins/template.sink"
[[plugin]]
dir = "plugins/template.provider"
[defaults]
file = "defaults.toml"
TOML
avocet="$build/bin/avocet"
$avocet bundle keygen -o "$work/vendor" >"$work/log"
$avocet bundle build "$work/bundle" -o "$work/vendor.avb" --key "$work/vendor.key" >"$work/log"
$avocet bundle install --user "$work/vendor.avb" --trust "$work/vendor.pub" >"$work/log"
rm -r "$work/bundle"
$avocet run vendor/ticks
grep -q '^event 3$' "$work/totals" || { echo "the bundle's sink counted wrongly"; cat "$work/totals"; exit 1; }
avocet="$build/bin/avocet --plugins $work/build/plugins"

cat >"$work/count.bpfc" <<'C'
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } calls SEC(".maps");
SEC("raw_tp/sys_enter") int count(void *ctx) {
    __u32 zero = 0;
    __u64 *n = bpf_map_lookup_elem(&calls, &zero);
    if (n) __sync_fetch_and_add(n, 1);
    return 0;
}
char LICENSE[] SEC("license") = "GPL";
C
sed -i 's|#include <linux/bpf.h>|#include <asm/types.h>\n#include <linux/bpf.h>|' "$work/count.bpfc"
C_INCLUDE_PATH=/usr/include/$(gcc -print-multiarch) $avocet run "$work/count.bpfc" --duration 300ms >"$work/out" || { cat "$work/out"; exit 1; }
grep -Eq 'calls.*[1-9][0-9]*' "$work/out" || { echo "the frontend's program counted nothing"; cat "$work/out"; exit 1; }
echo "templates: built, loaded and run"

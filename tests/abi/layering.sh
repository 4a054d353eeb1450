#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The core knows no plugin by name, and plugins include the SDK and their own folder only.
set -euo pipefail
source=$1
bad=0
ids=$(find "$source" -path "$source/build*" -prune -o -name plugin.toml -print | grep -v /tests/ | xargs sed -n 's/^id *= *"\(.*\)"/\1/p' | sort -u)
[ "$(wc -w <<<"$ids")" -ge 8 ] || { echo "found only these plugins: $ids"; exit 1; }
sources=$(find "$source/core" \( -name '*.cpp' -o -name '*.hpp' \) -not -path '*/tests/*')
for id in $ids; do
    # shellcheck disable=SC2086
    if grep -nF -- "$id" $sources; then
        echo "core names the plugin $id"
        bad=1
    fi
done
# shellcheck disable=SC2046
if grep -nE '#include [<"](core/|config/|host/|program/|record/|route/|session/|symbols/|cli/)' \
    $(find "$source/plugins" "$source/backends" "$source/frontends" \( -name '*.cpp' -o -name '*.hpp' \) -not -path '*/tests/*'); then
    echo "a plugin includes something of the core"
    bad=1
fi
if grep -rnE '#include [<"](plugins|frontends|backends)/' "$source/core" --include='*.cpp' --include='*.hpp'; then
    echo "the core includes something of a plugin"
    bad=1
fi
exit $bad

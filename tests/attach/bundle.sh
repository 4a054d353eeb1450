# SPDX-License-Identifier: Apache-2.0
# For the blocks of bundle.test, to be sourced in an empty directory that is HOME: a vendor's bundle, and a machine without compiler.
# Needs AVOCET, build, source.

# vendor: the directory acme/ with a script, a C tool, a sink, defaults; acme.avb of it, signed; acme.key, acme.pub.
vendor() {
    [ -d acme ] || {
        mkdir acme
        cp "$source"/plugins/bundles/file-activity/{opens.bt,reads.bpf.c,reads.toml,README.md} acme/
        mkdir -p acme/plugins
        cp -rL "$build/plugins/sink.null" acme/plugins/
        printf '[[sink]]\nname = "screen"\ntype = "console"\nformat = "json"\n[[sink]]\nname = "counted"\ntype = "null"\n' > acme/defaults.toml
        cat > acme/bundle.toml <<'TOML'
schema = 1
name = "acme"
version = "1.0"
summary = "Tools of Acme"
publisher = "Acme Inc."
[[tool]]
name = "opens"
file = "opens.bt"
summary = "Files being opened"
[[tool]]
name = "reads"
file = "reads.bpf.c"
summary = "Sizes of reads"
[[plugin]]
dir = "plugins/sink.null"
[defaults]
file = "defaults.toml"
[[doc]]
file = "README.md"
TOML
    }
    [ -e acme.key ] || "$AVOCET" bundle keygen -o acme > /dev/null
    "$AVOCET" bundle build acme -o acme.avb --key acme.key > /dev/null
}

# server: AVOCET becomes an installation in server/ that can compile nothing and lacks the vendor's sink.
server() {
    mkdir -p server/bin server/plugins
    cp "$AVOCET" server/bin/
    for plugin in "$build"/plugins/{backend,probe,sink}.*; do
        [ "${plugin##*/}" = sink.null ] || cp -rL "$plugin" server/plugins/
    done
    AVOCET=$PWD/server/bin/avocet
}

installed=.local/lib/avocet/bundles/acme

// SPDX-License-Identifier: Apache-2.0
//
// What a stranger's bundle is read by: any bytes are an archive, a MANIFEST, a bundle.toml, a key or a signature, or a
// refusal; never a crash. What is accepted as a manifest has exactly that text. Link: avocet_bundle.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bundle/archive.hpp"
#include "bundle/bundle.hpp"
#include "bundle/manifest.hpp"

namespace {

using namespace avocet::core;

void read_archive(std::string_view bytes, Diagnostics& diagnostics) {
    auto files = read_bundle_archive(bytes, "x.avb", diagnostics, {1u << 20, 64});
    if (!files) return;
    for (const auto& [path, file] : *files)
        if (!refuse_path(path).empty() || file.bytes.size() > (1u << 20)) std::abort();
    // Also as if someone had made a MANIFEST for it.
    if (!files->contains(std::string(manifest_file)))
        (*files)[std::string(manifest_file)].bytes = write_bundle_manifest(*files);
    (void)judge_files(*files, {});
    if (auto bundle = open_bundle(std::move(*files), "x.avb", diagnostics)) (void)describe_bundle(*bundle, {});
}

void read_manifest(std::string_view text) {
    std::string why, again = "avocet bundle manifest 1\n";
    auto manifest = parse_bundle_manifest(text, why);
    if (!manifest) {
        if (why.empty()) std::abort();
        return;
    }
    for (const auto& [path, file] : *manifest)
        again +=
            (file.mode == 0755 ? "0755 " : "0644 ") + std::to_string(file.size) + ' ' + file.sha256 + ' ' + path + '\n';
    if (again != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    Diagnostics diagnostics;
    std::string why;
    read_archive(text, diagnostics);
    read_manifest(text);
    (void)parse_description(text, "bundle.toml", diagnostics);
    (void)check_defaults(std::string(text), "defaults.toml", diagnostics);
    (void)read_public_key(text, why);
    (void)read_secret_key(text, why);
    (void)read_signature(text, why);
    for (const auto& d : diagnostics.take()) (void)diagnostics.format(d, false);
    return 0;
}

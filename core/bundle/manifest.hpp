// SPDX-License-Identifier: Apache-2.0
//
// MANIFEST: every file of a bundle with its mode, size and SHA-256. It is what is signed, so it names all that counts:
// a file that is not in it is not in the bundle.
//
//   avocet bundle manifest 1
//   0644 812 9f86d0...(64 digits) bundle.toml
//   0755 ...
//
// One line for each file, sorted by path, each ended by a newline, numbers without leading zeros: one set of files has
// exactly one text. Untrusted input until its signature was checked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/files.hpp"

namespace avocet::core {

struct ManifestFile {
    uint32_t mode = 0;
    uint64_t size = 0;
    std::string sha256;  // 64 lower case hexadecimal digits
};
using BundleManifest = std::map<std::string, ManifestFile>;

std::string sha256_of(std::string_view bytes);

// Of all files but MANIFEST and its signature.
std::string write_bundle_manifest(const BundleFiles& files);
// nullopt: `why`, as the end of a sentence ("line 3: ...").
std::optional<BundleManifest> parse_bundle_manifest(std::string_view text, std::string& why);

// What is wrong with one file, as the end of a sentence about it; empty: it is as the manifest says.
std::string compare_file(const BundleManifest& manifest, const std::string& path, const BundleFile& file);
// The same of all files, "file 'x': ..." for each; also those that are missing.
std::vector<std::string> compare_files(const BundleManifest& manifest, const BundleFiles& files);

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// What a bundle holds: files by path, and which paths there may be. The same paths stand in the archive, in MANIFEST
// and below the directory of an installed bundle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace avocet::core {

struct BundleFile {
    uint32_t mode = 0644;  // or 0755: nothing else of the mode is kept
    std::string bytes;
};
using BundleFiles = std::map<std::string, BundleFile>;  // sorted by the bytes of the path

inline constexpr std::string_view description_file = "bundle.toml", manifest_file = "MANIFEST",
                                  signature_file = "MANIFEST.sig";
// In an installed bundle alone: that it may run though nobody signed it.
inline constexpr std::string_view permission_file = "UNSIGNED";

// Of everything that is read as a bundle: archives, directories, sources. What is more is refused.
inline constexpr uint64_t most_bundle_bytes = uint64_t{256} << 20;
inline constexpr size_t most_bundle_files = 4096, longest_bundle_path = 200;

// Why there can be no such file in a bundle, as the end of a sentence about it ("leads out of the bundle"); empty:
// there can. A path is relative, of letters, digits and ._+-@ between slashes, without empty, `.` and `..` parts.
std::string refuse_path(std::string_view path);
// The program of a tool, whatever it was built from.
std::string object_path(std::string_view tool);
// Names of bundles and tools: lower case letters, digits and dashes, at most 64, the first no dash.
bool is_bundle_name(std::string_view text);

// `manifest_file` or `signature_file`: of the bundle, but not listed in it.
bool is_seal(std::string_view path);

// For terminals: what a stranger wrote, without control characters.
std::string printable(std::string_view text);

}  // namespace avocet::core

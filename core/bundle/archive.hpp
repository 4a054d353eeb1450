// SPDX-License-Identifier: Apache-2.0
//
// The archive of a bundle (.avb): a tar archive of plain files, compressed with zstd, through libarchive.
//
// Written: sorted by path, owner 0, time 0, mode 0644 or 0755, so that equal files are equal bytes.
// Read: everything into memory, within limits, before anything is looked at; nothing is written by reading. Untrusted
// input: a path that leaves the bundle, an absolute path, a link, a device, a directory, a name that comes twice, more
// than the limits allow: each is refused by name. libarchive is given nothing but tar and zstd to understand.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bundle/files.hpp"
#include "host/diagnostics.hpp"

namespace avocet::core {

struct ArchiveLimits {
    uint64_t bytes = most_bundle_bytes;  // of all contents together
    size_t files = most_bundle_files;
};

// nullopt: reported. `name` is what messages call it.
std::optional<BundleFiles> read_bundle_archive(std::string_view bytes, const std::string& name,
                                               Diagnostics& diagnostics, const ArchiveLimits& limits = {});
// nullopt: libarchive's reason in `why`.
std::optional<std::string> write_bundle_archive(const BundleFiles& files, std::string& why);

}  // namespace avocet::core

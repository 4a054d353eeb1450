// SPDX-License-Identifier: Apache-2.0
//
// A directory of a bundle on disk: what is below it, and the bytes of one file. Symbolic links are never followed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bundle/files.hpp"
#include "host/ownership.hpp"

namespace avocet::core {

struct DirectoryListing {
    std::vector<std::string> files;  // plain files, relative to the directory, sorted
    std::vector<std::string> other;  // links, sockets, ...
    std::optional<Unsafe> unsafe;    // the first thing that others could change
};

// nullopt: `why` ("directory '...': No such file or directory").
std::optional<DirectoryListing> list_directory(const std::filesystem::path& directory, std::string& why);
// Whether the directory or one above could be changed by others.
std::optional<Unsafe> check_directory(const std::filesystem::path& directory);

// nullopt: `why`, as the end of a sentence about the file ("is a symbolic link").
std::optional<BundleFile> read_bundle_file(const std::filesystem::path& file, std::string& why);

// The directory and those above that are missing, open to all for reading whatever the umask. Empty: done; else why
// not.
std::string make_directories(const std::filesystem::path& directory);
// A new file in a directory that is there. Empty: done; else why not.
std::string write_new_file(const std::filesystem::path& file, std::string_view bytes, uint32_t mode);

}  // namespace avocet::core

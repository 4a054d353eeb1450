// SPDX-License-Identifier: Apache-2.0
//
// Compiled programs on disk, so that a second run loads neither the frontend nor a compiler.
//
// An entry is two files named by a hash of everything the compilation was given: KEY.o (the object) and KEY.json (what
// it depended on, with what each dependency looked like, and the object's own hash). KEY.json is written last; both
// appear by rename. So concurrent runs, a crash or a full disk leave a valid entry or none, and a damaged one is a
// miss. The directory must be owned by the user and writable by nobody else; otherwise it is not used, and that is
// said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "avocet/abi/provider.h"
#include "host/diagnostics.hpp"

namespace avocet::core {

struct Dependency {
    std::string kind, name;
    std::string state;  // "file": "dev:ino:size:mtime"; "content": hash; "kernel": build; "absent": ""
    bool operator==(const Dependency&) const = default;
};

// What a dependency looks like now.
std::string dependency_state(const std::string& kind, const std::string& name);

// Incremental hash over labelled fields (BLAKE2b-256, hex).
class CacheKey {
public:
    CacheKey();
    CacheKey& add(std::string_view label, std::string_view value);
    std::string hex() const;

private:
    std::string bytes_;
};
std::string content_hash(std::string_view bytes);

class CompileCache {
public:
    // Creates the directory (0700) when missing. Not usable: reported once as a warning.
    CompileCache(std::filesystem::path directory, uint64_t limit_bytes, Diagnostics& diagnostics);
    bool usable() const { return usable_; }
    const std::filesystem::path& directory() const { return directory_; }

    // The object, if the entry is whole and every dependency is as it was. `why` (for --explain): hit, or the reason.
    std::optional<std::string> find(const std::string& key, std::string& why);
    // Failure to store is never an error of the run: false, with the reason in `why`.
    bool store(const std::string& key, std::string_view object, std::vector<Dependency> dependencies, std::string& why);

    struct Usage {
        size_t entries = 0;
        uint64_t bytes = 0;
    };
    Usage usage() const;
    size_t clear();  // entries removed

private:
    void evict(uint64_t incoming);
    std::filesystem::path directory_;
    uint64_t limit_bytes_;
    bool usable_ = false;
};

}  // namespace avocet::core

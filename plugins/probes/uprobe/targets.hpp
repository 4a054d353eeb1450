// SPDX-License-Identifier: Apache-2.0
//
// From a request to places in files.
//
// One name can stand for several functions (versions of a library's symbol, static functions of different source
// files): the best kind is meant, as a linker would choose, and of static functions all. One place can have several
// names: a pattern attaches to it once, under the first of its names, because the kernel would otherwise report each
// call twice.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "binary.hpp"
#include "elf_file.hpp"
#include "spec.hpp"

namespace avocet::uprobe {

struct Target {
    std::string name;     // "uprobe:/bin/bash:readline"
    std::string symbol;   // ELF symbol, empty for an address outside all functions
    uint64_t offset = 0;  // in the file
    bool is_ifunc = false;
    uint64_t address = 0;   // of the probe, as the symbol table counts
    bool is_entry = true;   // of a function
    std::string spec_text;  // the attach point that gives exactly this target, as a script would write it
};

struct FileTargets {
    Binary binary;
    ElfFile* file;                // the cache's
    std::vector<Target> targets;  // sorted by name
};

// Files that were read, as long as they do not change.
class ElfCache {
public:
    explicit ElfCache(std::string debuginfo = {}) : debuginfo_(std::move(debuginfo)) {}
    ElfFile& open(const Binary& binary);

private:
    struct Entry {
        uint64_t device, inode, size, modified_ns;
        std::unique_ptr<ElfFile> file;
    };
    std::map<std::string, Entry> entries_;
    std::string debuginfo_;
};

// Throws avocet::Error when nothing matches.
std::vector<FileTargets> find_targets(const ProbeSpec& spec, const Request& request, ElfCache& cache, const Host& host);

}  // namespace avocet::uprobe

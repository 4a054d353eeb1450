// SPDX-License-Identifier: Apache-2.0
//
// The probes of a file, from its notes of name "stapsdt", type 3: three addresses (the probe, the link-time address of
// the section .stapsdt.base, the semaphore or 0), then provider, name and arguments as strings. When a tool moved the
// file's contents after linking (prelink), the section stands elsewhere than the note says, and everything else with
// it. A probe that was inlined or unrolled has several sites.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "argument.hpp"
#include "elf_image.hpp"

namespace avocet::usdt {

struct Site {
    uint64_t offset = 0;               // in the file
    uint64_t semaphore = 0;            // in the file, 0: none
    bool semaphore_is_hidden = false;  // the kernel would raise another copy of it
    std::vector<Argument> arguments;
};

struct Probe {
    std::string provider, name;
    std::vector<Site> sites;  // by offset
    bool has_semaphore() const {
        for (const Site& site : sites)
            if (site.semaphore) return true;
        return false;
    }
    // The most that any site has.
    size_t argument_count() const {
        size_t most = 0;
        for (const Site& site : sites) most = most > site.arguments.size() ? most : site.arguments.size();
        return most;
    }
};

struct Notes {
    std::vector<Probe> probes;  // by provider and name
    size_t damaged = 0;         // notes that make no sense: outside of the code, cut off
};

Notes read_notes(const ElfImage& image);

}  // namespace avocet::usdt

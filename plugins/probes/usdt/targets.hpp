// SPDX-License-Identifier: Apache-2.0
//
// From a request to the probes of files. Each site of a probe is one attach target; all sites of one probe have one
// name.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "avocet/target_file.hpp"
#include "notes.hpp"
#include "spec.hpp"

namespace avocet::usdt {

// Files whose notes were read, as long as they do not change.
class NotesCache {
public:
    // Throws avocet::Error: missing, unreadable, no ELF, 32 bits, another machine's.
    const Notes& open(const TargetFile& file);

private:
    struct Entry {
        uint64_t device = 0, inode = 0, size = 0, modified_ns = 0;
        std::unique_ptr<Notes> notes;
    };
    std::map<std::string, Entry> entries_;
};

struct FileProbes {
    TargetFile file;
    std::vector<const Probe*> probes;  // by provider and name; valid as long as the cache
};

// Throws avocet::Error when nothing matches.
std::vector<FileProbes> find_probes(const ProbeSpec& spec, const Request& request, NotesCache& cache, const Host& host);
// The same for a listing: what cannot be read of many files is left out, and nothing is no error.
std::vector<FileProbes> list_probes(const ProbeSpec& spec, const Request& request, NotesCache& cache, const Host& host);

// "usdt:/usr/bin/python3:python:gc__start"; parts that hold a colon or a blank are quoted.
std::string probe_name(const TargetFile& file, const Probe& probe);

}  // namespace avocet::usdt

// SPDX-License-Identifier: Apache-2.0
//
// What a process has mapped as code, remembered beyond its end. A process is a pid and a start time: a pid that is
// given to a new process does not inherit the old one's mappings, but both stay known. Older lists of the same process
// (before an exec, before a library was loaded or unloaded) stay as a second choice, since an address may be older than
// the list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "symbols/owned_fd.hpp"

namespace avocet::core {

struct Mapping {
    uint64_t start = 0, end = 0, offset = 0, device = 0, inode = 0;
    std::string path;  // "/usr/bin/bash", "[vdso]", "" for anonymous memory; without " (deleted)"
    bool is_deleted = false;
    bool has_file() const { return inode != 0 && !path.empty() && path[0] == '/'; }
    bool operator==(const Mapping&) const = default;
};

// Executable mappings in the text of /proc/PID/maps, sorted by address.
std::vector<Mapping> parse_maps(std::string_view text);

class Process {
public:
    explicit Process(uint32_t pid) : pid_(pid) {}

    // Reads the mappings now. False: it does not exist any more, or is another process.
    bool read();
    // Whether what was read is out of date by an exec. One system call.
    bool has_new_program() const;
    bool is_alive() const;
    bool is_known() const { return !generations_.empty(); }
    // What the kernel reported while it happened, of a process that may be gone by now (mapping_watch.hpp).
    void add_mapping(Mapping mapping);
    void begin_program();                 // an exec: what follows replaces what was mapped
    void inherit(const Process& parent);  // a fork

    const Mapping* find(uint64_t address) const;
    // As last read, sorted by address.
    const std::vector<Mapping>& mappings() const { return generations_.front(); }  // [state: is_known]
    // The mapped file, opened for reading; nothing if it cannot be had or is another file by now.
    OwnedFd open_file(const Mapping& mapping) const;
    // Prefix for paths as the process sees them: "" if as we do.
    std::string root() const;
    uint32_t pid() const { return pid_; }
    uint32_t inner_pid() const { return inner_pid_; }  // in its own pid namespace
    uint32_t owner() const { return owner_; }
    uint64_t start_time() const { return start_time_; }
    uint64_t read_at_ms() const { return read_at_ms_; }

private:
    void read_identity();
    uint32_t pid_, inner_pid_ = 0, owner_ = 0;
    uint64_t start_time_ = 0, read_at_ms_ = 0, program_device_ = 0, program_inode_ = 0;
    OwnedFd root_;                                   // of a process with another root: keeps it reachable
    std::vector<std::vector<Mapping>> generations_;  // newest first
};

// Fields 22 and 28 of /proc/PID/stat, 0: no such process.
uint64_t process_start_time(uint32_t pid);
uint64_t program_stack_start(uint32_t pid);  // another one after an exec
uint64_t steady_ms();

}  // namespace avocet::core

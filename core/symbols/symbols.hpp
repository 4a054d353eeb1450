// SPDX-License-Identifier: Apache-2.0
//
// Addresses to names, late and once: kallsyms; ELF symbols and build-ids through libdw, with /proc/PID/root, separate
// debug files and perf-PID.map; mappings of exited processes are kept once they were seen. [thread: any]
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/abi/record.h"

namespace avocet::core {

struct SymbolSnapshotEntry {
    uint64_t address;
    uint32_t pid;
    bool found;
    std::string name, module;
    uint64_t offset, file_offset;
};

class Symbols {
public:
    Symbols();
    ~Symbols();
    // Strings in `out` live as long as this object.
    void resolve(const avocet_frame& frame, avocet_symbol& out);
    uint64_t kernel_address(std::string_view name);  // 0: unknown
    // Told once when the kernel hides its addresses from this process.
    void on_warning(std::function<void(const std::string& message, const std::string& hint)> warn);
    // Remember the mappings of a process now, in case it exits before its addresses are resolved.
    void note_process(uint32_t pid);
    // Follow every process as it starts, maps and execs, so that addresses of those that have exited keep their names.
    // What runs already is read from /proc in the background. `pid` > 0: only that process is read now.
    void watch_processes(int32_t pid);
    // Whether C++ and Rust names are shown as written in the source (the default) or as in the symbol table.
    void set_demangling(bool on);
    // Takes what the kernel has reported since; call it while waiting, a few times a second. Cheap when idle.
    void pump();

    // Everything resolved so far (for recordings), and answering only from such a snapshot (for replays).
    std::vector<SymbolSnapshotEntry> snapshot() const;
    void replay(std::vector<SymbolSnapshotEntry> entries);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace avocet::core

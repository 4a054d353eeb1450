// SPDX-License-Identifier: Apache-2.0
//
// Of programs that unwind user stacks by tables (avocet/abi/unwind.h): which processes, when their tables are read, and
// how they come into the program's maps. What a process maps later is looked for a few times a second.
#pragma once

#include <cstdint>
#include <vector>

#include "host/diagnostics.hpp"
#include "session/backend_handle.hpp"
#include "unwind/process_tables.hpp"

namespace avocet::core {

class StackTables {
public:
    // `starts_a_program`: a process will come whose files are not known before.
    StackTables(Diagnostics& diagnostics, bool starts_a_program)
        : diagnostics_(diagnostics), starts_a_program_(starts_a_program) {}

    // Reads what the process has mapped now. False: it does not exist; reported.
    bool add(uint32_t pid);
    // How many pages the program's map gets: what is known, and room for what comes.
    uint32_t map_pages();
    // After load. False: the maps could not be written; reported.
    bool write(BackendHandle& backend);
    // Reads everything again and writes what is new.
    void refresh(BackendHandle& backend);
    // If it is time to. Call it while waiting.
    void refresh_if_due(BackendHandle& backend);

private:
    Diagnostics& diagnostics_;
    bool starts_a_program_;
    ProcessTables tables_;
    std::vector<uint32_t> pids_;
    uint64_t next_ns_ = 0;
    bool has_warned_ = false, is_broken_ = false;
};

}  // namespace avocet::core

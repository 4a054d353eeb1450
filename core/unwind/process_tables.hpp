// SPDX-License-Identifier: Apache-2.0
//
// Unwinding tables of processes: what each has mapped as code, and one table for each file, however many map it. What
// is new is handed over as elements of the program's two maps (avocet/abi/unwind.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "symbols/process.hpp"
#include "unwind/frame_table.hpp"

namespace avocet::core {

class ProcessTables {
public:
    // `count` elements, packed. False: could not be written.
    using WriteFn = std::function<bool(std::string_view map, const uint32_t* keys, const void* values, size_t count)>;

    // Reads the mappings of a process now, and the tables of files that are new. False: there is no such process.
    bool read(uint32_t pid);
    // Pages of all tables so far.
    uint32_t page_count() const { return page_count_; }
    // Tables that would need more pages are left out from now on.
    void limit_pages(uint32_t pages) { most_pages_ = pages; }
    bool has_left_out() const { return has_left_out_; }
    // Hands over what is new since the last call: pages before the processes that need them.
    bool write(const WriteFn& write);

private:
    struct File {
        FrameTable table;
        uint32_t first_page = 0, page_count = 0;
    };
    struct Known {
        explicit Known(uint32_t pid) : process(pid) {}
        Process process;
        uint64_t start_stack = 0;  // of the program that `process` has the mappings of
        std::vector<Mapping> written;
        bool is_changed = false;
    };
    const File* file_of(const Process& process, const Mapping& mapping);
    std::unique_ptr<avocet_unwind_process> describe(const Known& known);

    std::map<uint32_t, Known> processes_;
    std::map<std::tuple<uint64_t, uint64_t, std::string>, File> files_;
    std::vector<avocet_unwind_page> new_pages_;
    uint32_t page_count_ = 0, most_pages_ = UINT32_MAX;
    bool has_left_out_ = false;
};

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
#include "session/stack_tables.hpp"

#include <time.h>

#include <algorithm>

#include "avocet/error.hpp"
#include "session/constants.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t kCode = 237;
constexpr uint32_t kPagesForLibraries = 1024, kPagesForProgram = 4096;  // of 4 KiB, 512 rows each
constexpr uint64_t kRefreshNs = 100'000'000, kShare = 50;               // of the time, for reading again

}  // namespace

bool StackTables::add(uint32_t pid) {
    if (!tables_.read(pid)) {
        diagnostics_.error("session", "process '" + std::to_string(pid) + "': its mappings cannot be read",
                           "does it exist, and is it no kernel thread?", kCode);
        return false;
    }
    if (std::find(pids_.begin(), pids_.end(), pid) == pids_.end()) pids_.push_back(pid);
    return true;
}

uint32_t StackTables::map_pages() {
    const uint32_t pages = tables_.page_count() + (starts_a_program_ ? kPagesForProgram : kPagesForLibraries);
    tables_.limit_pages(pages);
    return pages;
}

bool StackTables::write(BackendHandle& backend) {
    const bool written = tables_.write([&](std::string_view map, const uint32_t* keys, const void* values,
                                           size_t count) {
        avocet_map_elements elements{};
        elements.struct_size = sizeof elements;
        elements.key_size = sizeof *keys;
        elements.value_size =
            map == AVOCET_MAP_UNWIND_ROWS ? sizeof(avocet_unwind_page) : sizeof(avocet_unwind_process);
        elements.map = to_abi(map);
        elements.count = count;
        elements.keys = keys;
        elements.values = values;
        const avocet_status status = backend.map_write(elements);
        if (status == AVOCET_ERR_UNSUPPORTED)
            diagnostics_.error("session", "dw_ustack: this backend cannot give a program its unwind tables", {}, kCode);
        return status == AVOCET_OK;
    });
    if (tables_.has_left_out() && !has_warned_) {
        has_warned_ = true;
        diagnostics_.warning("session", "dw_ustack: there are more unwind tables than the program has room for",
                             "stacks through the files that came last end with <unwind failure>", kCode);
    }
    return written;
}

void StackTables::refresh(BackendHandle& backend) {
    if (is_broken_) return;
    const uint64_t start = clock_ns(CLOCK_MONOTONIC);
    for (const uint32_t pid : pids_) tables_.read(pid);
    is_broken_ = !write(backend);
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    next_ns_ = now + std::max(kRefreshNs, (now - start) * kShare);
}

void StackTables::refresh_if_due(BackendHandle& backend) {
    if (clock_ns(CLOCK_MONOTONIC) >= next_ns_) refresh(backend);
}

}  // namespace avocet::core

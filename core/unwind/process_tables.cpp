// SPDX-License-Identifier: Apache-2.0
#include "unwind/process_tables.hpp"

#include <cstring>
#include <numeric>

#include "symbols/vdso.hpp"

namespace avocet::core {

bool ProcessTables::read(uint32_t pid) {
    Known& known = processes_.try_emplace(pid, pid).first->second;
    const uint64_t start_stack = program_stack_start(pid);
    if (!known.process.read()) {
        if (known.process.is_known() && known.process.is_alive()) return true;  // between two programs
        Known next(pid);
        if (!next.process.read()) return false;
        known = std::move(next);
    }
    if (program_stack_start(pid) != start_stack) return true;  // an exec has come in between
    const std::vector<Mapping>& now = known.process.mappings();
    if (now == known.written && start_stack == known.start_stack) return true;
    known.start_stack = start_stack;
    for (const Mapping& mapping : now) file_of(known.process, mapping);
    known.is_changed = true;
    return true;
}

// nullptr: no file, or one without a table.
const ProcessTables::File* ProcessTables::file_of(const Process& process, const Mapping& mapping) {
    const bool is_vdso = mapping.path == "[vdso]";
    if (!is_vdso && !mapping.has_file()) return nullptr;
    auto key = std::make_tuple(mapping.device, mapping.inode, mapping.path);
    auto found = files_.find(key);
    if (found == files_.end()) {
        const OwnedFd fd = is_vdso ? vdso_file() : process.open_file(mapping);
        if (!fd) return nullptr;
        File file{FrameTable(fd.get())};
        const std::vector<avocet_unwind_page> pages = file.table.take_pages();
        if (pages.size() <= most_pages_ - page_count_) {
            file.first_page = page_count_;
            file.page_count = static_cast<uint32_t>(pages.size());
            page_count_ += file.page_count;
            new_pages_.insert(new_pages_.end(), pages.begin(), pages.end());
        } else {
            has_left_out_ = true;
        }
        found = files_.emplace(std::move(key), std::move(file)).first;
    }
    return found->second.page_count ? &found->second : nullptr;
}

std::unique_ptr<avocet_unwind_process> ProcessTables::describe(const Known& known) {
    auto out = std::make_unique<avocet_unwind_process>();
    std::memset(out->mapping, 0xff, sizeof out->mapping);
    out->start_stack = known.start_stack;
    for (const Mapping& mapping : known.process.mappings()) {
        if (out->count == AVOCET_UNWIND_MAPPINGS) {
            has_left_out_ = true;
            break;
        }
        avocet_unwind_mapping& to = out->mapping[out->count++];
        to = {mapping.start, mapping.end, 0, 0, 0};
        const File* file = file_of(known.process, mapping);
        const auto pc = file ? file->table.pc_at(mapping.offset, mapping.end - mapping.start) : std::nullopt;
        if (!pc) continue;
        to.origin = mapping.start - *pc;
        to.first_page = file->first_page;
        to.page_count = file->page_count;
    }
    return out;
}

bool ProcessTables::write(const WriteFn& write) {
    if (!new_pages_.empty()) {
        std::vector<uint32_t> keys(new_pages_.size());
        std::iota(keys.begin(), keys.end(), page_count_ - static_cast<uint32_t>(keys.size()));
        if (!write(AVOCET_MAP_UNWIND_ROWS, keys.data(), new_pages_.data(), keys.size())) return false;
        new_pages_ = {};
    }
    for (auto& [pid, known] : processes_) {
        if (!known.is_changed) continue;
        const auto described = describe(known);
        if (!write(AVOCET_MAP_UNWIND_PROCESSES, &pid, described.get(), 1)) return false;
        known.written = known.process.mappings();
        known.is_changed = false;
    }
    return true;
}

}  // namespace avocet::core

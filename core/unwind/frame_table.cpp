// SPDX-License-Identifier: Apache-2.0
#include "unwind/frame_table.hpp"

#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "unwind/frame_section.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t no_rule = AVOCET_UNWIND_RULE(AVOCET_UNWIND_NONE, 0, 0);
constexpr uint64_t page_bytes = 4096, padding_bytes = 16;
constexpr uint64_t most_section_bytes = 256u << 20;

struct CloseElf {
    void operator()(Elf* elf) const { elf_end(elf); }
};

std::optional<FrameSection> section_of(Elf* elf, Elf_Scn* section, size_t names) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS || header.sh_flags & SHF_COMPRESSED ||
        header.sh_size > most_section_bytes)
        return std::nullopt;
    const char* name = elf_strptr(elf, names, header.sh_name);
    const std::string_view text = name ? name : "";
    if (text != ".eh_frame" && text != ".debug_frame") return std::nullopt;
    const Elf_Data* data = elf_rawdata(section, nullptr);
    if (!data || !data->d_buf) return std::nullopt;
    return FrameSection{{static_cast<const char*>(data->d_buf), data->d_size},
                        header.sh_addr,
                        text == ".eh_frame" ? FrameFormat::eh_frame : FrameFormat::debug_frame};
}

}  // namespace

FrameTable::FrameTable(int fd) { read(fd); }

// Read, not mapped: a file that is cut off meanwhile must not end this process.
void FrameTable::read(int fd) {
    elf_version(EV_CURRENT);
    const std::unique_ptr<Elf, CloseElf> elf(elf_begin(fd, ELF_C_READ, nullptr));
    GElf_Ehdr header;
    size_t segments = 0, names = 0;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getclass(elf.get()) != ELFCLASS64 ||
        !gelf_getehdr(elf.get(), &header) || header.e_machine != EM_X86_64 ||
        elf_getphdrnum(elf.get(), &segments) != 0 || elf_getshdrstrndx(elf.get(), &names) != 0)
        return;
    origin_ = ~uint64_t{0};
    for (size_t i = 0; i < segments; ++i) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf.get(), static_cast<int>(i), &segment)) return;
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X)) continue;
        segments_.push_back({segment.p_offset, segment.p_filesz, segment.p_vaddr});
        origin_ = std::min(origin_, segment.p_vaddr & ~(page_bytes - 1));
    }
    std::vector<FunctionRows> functions;
    std::vector<FrameRow> rows;
    for (const FrameFormat format : {FrameFormat::eh_frame, FrameFormat::debug_frame}) {
        Elf_Scn* section = nullptr;
        while ((section = elf_nextscn(elf.get(), section))) {
            const auto found = section_of(elf.get(), section, names);
            if (found && found->format == format) read_frame_section(*found, functions, rows);
        }
    }
    add(std::move(functions), rows);
}

bool FrameTable::is_code(uint64_t start, uint64_t end) const {
    return std::any_of(segments_.begin(), segments_.end(), [&](const Segment& s) {
        return start >= s.address && end - s.address <= s.size && end - origin_ < UINT32_MAX;
    });
}

void FrameTable::append(uint64_t address, uint32_t rule) {
    if (!rows_.empty() && rows_.back().rule == rule) return;
    rows_.push_back({static_cast<uint32_t>(address - origin_), rule});
}

// Where two functions overlap the first one counts: that of .eh_frame, which what runs itself goes by. Padding between
// two functions belongs to the one in front.
void FrameTable::add(std::vector<FunctionRows> functions, const std::vector<FrameRow>& rows) {
    std::stable_sort(functions.begin(), functions.end(),
                     [](const FunctionRows& a, const FunctionRows& b) { return a.start < b.start; });
    uint64_t end = 0;
    for (const FunctionRows& f : functions) {
        if (!is_code(f.start, f.end) || f.start < end) continue;
        if (!rows_.empty() && f.start - end >= padding_bytes) append(end, no_rule);
        for (size_t i = f.first; i < f.first + f.count; ++i) append(rows[i].address, rows[i].rule);
        end = f.end;
    }
    if (!rows_.empty()) append(end, no_rule);
    if (rows_.size() > most_frame_rows) rows_.clear();
    rows_.shrink_to_fit();
}

std::vector<avocet_unwind_page> FrameTable::take_pages() {
    constexpr size_t per_page = AVOCET_UNWIND_PAGE_ROWS;
    std::vector<avocet_unwind_page> out((rows_.size() + per_page - 1) / per_page);
    for (auto& page : out) std::fill(std::begin(page.pc), std::end(page.pc), UINT32_MAX);
    for (size_t i = 0; i < rows_.size(); ++i) {
        out[i / per_page].pc[i % per_page] = rows_[i].pc;
        out[i / per_page].rule[i % per_page] = rows_[i].rule;
    }
    rows_ = {};
    return out;
}

// A mapping begins at a page, a segment anywhere in it.
std::optional<uint64_t> FrameTable::pc_at(uint64_t file_offset, uint64_t size) const {
    for (const Segment& s : segments_)
        if (file_offset < s.offset + s.size && s.offset < file_offset + size)
            return s.address - s.offset + file_offset - origin_;
    return std::nullopt;
}

uint32_t FrameTable::rule_at(uint64_t address) const {
    const auto behind = std::upper_bound(rows_.begin(), rows_.end(), address - origin_,
                                         [](uint64_t pc, const Row& row) { return pc < row.pc; });
    return behind == rows_.begin() ? no_rule : std::prev(behind)->rule;
}

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// Walking DWARF through libdw. Depth and number of what is walked are bounded: the file may be hostile.
#include "dwarf_info.hpp"

#include <dwarf.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "dwarf_types.hpp"

namespace avocet::uprobe {

namespace {

constexpr int most_depth = 24;
constexpr size_t most_units = 200000, most_ranges = 2000000;

bool holds_functions(int tag) {
    return tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
           tag == DW_TAG_union_type || tag == DW_TAG_module || tag == DW_TAG_imported_unit;
}

// Whether `path` ends in the components of `wanted`.
bool is_path_suffix(std::string_view path, std::string_view wanted) {
    if (wanted.substr(0, 2) == "./") wanted.remove_prefix(2);
    if (path.size() < wanted.size() || path.substr(path.size() - wanted.size()) != wanted) return false;
    return path.size() == wanted.size() || wanted.empty() || wanted[0] == '/' ||
           path[path.size() - wanted.size() - 1] == '/';
}

}  // namespace

DwarfInfo::DwarfInfo(Dwarf* dwarf, ::Elf* frames) : dwarf_(dwarf) {
    if (frames) eh_frame_ = dwarf_getcfi_elf(frames);
    debug_frame_ = dwarf_getcfi(dwarf);  // the Dwarf's
}
DwarfInfo::~DwarfInfo() {
    if (eh_frame_) dwarf_cfi_end(eh_frame_);
}

void DwarfInfo::read_units() {
    if (units_read_) return;
    units_read_ = true;
    Dwarf_CU* unit = nullptr;
    Dwarf_Die die, inner;
    uint8_t kind = 0;
    Dwarf_Half version = 0;
    while (units_.size() < most_units && dwarf_get_units(dwarf_, unit, &unit, &version, &kind, &die, &inner) == 0) {
        if (kind != DW_UT_compile && kind != DW_UT_skeleton) continue;
        bool is_split = kind == DW_UT_skeleton && inner.addr;
        size_t number = units_.size();
        ptrdiff_t at = 0;
        Dwarf_Addr base = 0, low = 0, high = 0;
        while (ranges_.size() < most_ranges && (at = dwarf_ranges(&die, at, &base, &low, &high)) > 0)
            if (high > low && low != 0) ranges_.push_back({low, high, number});
        units_.push_back({is_split ? inner : die, false, false, {}});
    }
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.low < b.low; });
}

DwarfInfo::Unit* DwarfInfo::unit_at(uint64_t address) {
    read_units();
    auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                  [](uint64_t value, const Range& range) { return value < range.low; });
    // Ranges do not overlap but in damaged files: the one in front is looked at, and a few before it.
    for (int step = 0; after != ranges_.begin() && step < 8; ++step)
        if (--after; address < after->high) return &units_[after->unit];
    return nullptr;
}

void DwarfInfo::read_functions(Unit& unit, Dwarf_Die& parent, bool inner, int depth) {
    if (depth > most_depth) return;
    for_each_child(parent, [&](Dwarf_Die& child) {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subprogram) {
            Dwarf_Addr entry = 0;
            if (dwarf_entrypc(&child, &entry) == 0 && entry != 0) unit.functions.try_emplace(entry, child);
        }
        bool is_inner = tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block;
        if (dwarf_haschildren(&child) == 1 && (holds_functions(tag) || (inner && is_inner)))
            read_functions(unit, child, inner, depth + 1);
        return unit.functions.size() < 4000000;
    });
}

std::optional<Dwarf_Die> DwarfInfo::function_at(uint64_t entry) {
    Unit* unit = unit_at(entry);
    if (!unit) return std::nullopt;
    if (!unit->functions_read) {
        unit->functions_read = true;
        read_functions(*unit, unit->die, false, 0);
    }
    auto found = unit->functions.find(entry);
    if (found == unit->functions.end() && !unit->inner_functions_read) {  // of local classes, of lambdas
        unit->inner_functions_read = true;
        read_functions(*unit, unit->die, true, 0);
        found = unit->functions.find(entry);
    }
    if (found == unit->functions.end()) return std::nullopt;
    return found->second;
}

std::optional<Dwarf_Die> DwarfInfo::function_around(uint64_t address) {
    if (auto exact = function_at(address)) return exact;
    Unit* unit = unit_at(address);
    if (!unit) return std::nullopt;
    for (auto& [entry, die] : unit->functions)
        if (dwarf_haspc(&die, address) == 1) return die;
    return std::nullopt;
}

bool DwarfInfo::is_rust(Dwarf_Die& die) const {
    Dwarf_Die unit;
    return dwarf_diecu(&die, &unit, nullptr, nullptr) && dwarf_srclang(&unit) == DW_LANG_Rust;
}

void DwarfInfo::read_definitions(Dwarf_Die& parent, int depth) {
    if (depth > most_depth) return;
    for_each_child(parent, [&](Dwarf_Die& child) {
        int tag = dwarf_tag(&child);
        if (is_record(child) && !has_flag(child, DW_AT_declaration))
            if (std::string name = name_of(child); !name.empty()) definitions_.try_emplace(std::move(name), child);
        if (tag == DW_TAG_namespace) read_definitions(child, depth + 1);
        return definitions_.size() < 2000000;
    });
}

std::optional<Dwarf_Die> DwarfInfo::definition_of(const std::string& name, int) {
    if (!definitions_read_) {
        definitions_read_ = true;
        read_units();
        for (Unit& unit : units_) read_definitions(unit.die, 0);
    }
    auto found = definitions_.find(name);
    if (found == definitions_.end()) return std::nullopt;
    return found->second;
}

DwarfInfo::LineSearch DwarfInfo::find_line(const std::string& file, int line, int column) {
    read_units();
    LineSearch search;
    std::map<uint64_t, Line> best;  // by entry of the function, so that one statement is one place
    for (Unit& unit : units_) {
        Dwarf_Files* files = nullptr;
        size_t file_count = 0;
        if (dwarf_getsrcfiles(&unit.die, &files, &file_count) != 0) continue;
        bool named = false;
        for (size_t i = 0; i < file_count; ++i) {
            const char* path = dwarf_filesrc(files, i, nullptr, nullptr);
            if (!path || !is_path_suffix(path, file)) continue;
            named = true;
            if (std::find(search.files.begin(), search.files.end(), path) == search.files.end())
                search.files.emplace_back(path);
        }
        Dwarf_Lines* lines = nullptr;
        size_t count = 0;
        if (!named || dwarf_getsrclines(&unit.die, &lines, &count) != 0) continue;
        for (size_t i = 0; i < count; ++i) {
            Dwarf_Line* row = dwarf_onesrcline(lines, i);
            bool is_statement = false, is_end = false;
            int row_line = 0, row_column = 0;
            Dwarf_Addr address = 0;
            const char* path = dwarf_linesrc(row, nullptr, nullptr);
            if (!path || !is_path_suffix(path, file) || dwarf_linebeginstatement(row, &is_statement) != 0 ||
                !is_statement || dwarf_lineendsequence(row, &is_end) != 0 || is_end ||
                dwarf_lineno(row, &row_line) != 0 || dwarf_lineaddr(row, &address) != 0 || address == 0)
                continue;
            if (row_line > line && (search.nearest_line == 0 || row_line < search.nearest_line))
                search.nearest_line = row_line;
            if (row_line != line) continue;
            dwarf_linecol(row, &row_column);
            if (column && row_column != column) continue;
            auto function = function_around(address);
            Dwarf_Addr entry = address;
            if (function) dwarf_entrypc(&*function, &entry);
            Line here{address, path, row_line, row_column};
            auto [place, is_new] = best.try_emplace(entry, here);
            if (!is_new && address < place->second.address) place->second = here;
        }
    }
    for (auto& [entry, found] : best) search.found.push_back(std::move(found));
    std::sort(search.found.begin(), search.found.end(),
              [](const Line& a, const Line& b) { return a.address < b.address; });
    std::sort(search.files.begin(), search.files.end());
    return search;
}

std::vector<Dwarf_Op> DwarfInfo::frame_address_at(uint64_t address) {
    std::vector<Dwarf_Op> result;
    for (Dwarf_CFI* cfi : {eh_frame_, debug_frame_}) {
        Dwarf_Frame* frame = nullptr;
        if (!cfi || dwarf_cfi_addrframe(cfi, address, &frame) != 0) continue;
        Dwarf_Op* ops = nullptr;
        size_t count = 0;
        if (dwarf_frame_cfa(frame, &ops, &count) == 0) result.assign(ops, ops + count);
        free(frame);
        if (!result.empty()) return result;
    }
    return result;
}

}  // namespace avocet::uprobe

// SPDX-License-Identifier: Apache-2.0
//
// What DWARF says about the functions and source lines of one file.
//
// Compile units are found by their address ranges, which are in the units themselves (not every compiler writes
// .debug_aranges). Of a unit only what is asked for is read: functions by their entry address, once.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace avocet::uprobe {

class DwarfInfo {
public:
    // Both stay the caller's. `frames`: where .eh_frame is, the program itself; `bias` is subtracted from addresses of
    // `dwarf` (0 for ordinary files).
    DwarfInfo(Dwarf* dwarf, ::Elf* frames);
    ~DwarfInfo();
    DwarfInfo(const DwarfInfo&) = delete;
    DwarfInfo& operator=(const DwarfInfo&) = delete;

    // The function whose code begins at, or covers, an address.
    std::optional<Dwarf_Die> function_at(uint64_t entry);
    std::optional<Dwarf_Die> function_around(uint64_t address);
    bool is_rust(Dwarf_Die& die) const;
    // The definition of a struct, class or union of this name anywhere in the file.
    std::optional<Dwarf_Die> definition_of(const std::string& name, int tag);

    // Where the statements of a source line begin; of one function only its first. `column` 0: any. `files`: what
    // matched FILE, for messages.
    struct Line {
        uint64_t address = 0;
        std::string file;
        int line = 0, column = 0;
    };
    struct LineSearch {
        std::vector<Line> found;
        std::vector<std::string> files;
        int nearest_line = 0;  // the next one that has code, 0: none
    };
    LineSearch find_line(const std::string& file, int line, int column);

    // Operations that compute the canonical frame address at a place in the code; empty: unknown.
    std::vector<Dwarf_Op> frame_address_at(uint64_t address);

private:
    struct Range {
        uint64_t low, high;
        size_t unit;
    };
    struct Unit {
        Dwarf_Die die;
        bool functions_read = false, inner_functions_read = false;
        std::unordered_map<uint64_t, Dwarf_Die> functions;  // by entry
    };
    void read_units();
    Unit* unit_at(uint64_t address);
    void read_functions(Unit& unit, Dwarf_Die& parent, bool inner, int depth);
    void read_definitions(Dwarf_Die& parent, int depth);

    Dwarf* dwarf_;
    Dwarf_CFI *eh_frame_ = nullptr, *debug_frame_ = nullptr;
    std::vector<Unit> units_;
    std::vector<Range> ranges_;  // sorted
    bool units_read_ = false, definitions_read_ = false;
    std::unordered_map<std::string, Dwarf_Die> definitions_;
};

}  // namespace avocet::uprobe

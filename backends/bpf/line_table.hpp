// SPDX-License-Identifier: Apache-2.0
//
// From instructions to source lines: the line information of .BTF.ext (kernel doc: Documentation/bpf/btf.rst, section
// 4), which libbpf reads but does not hand out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::bpf {

struct SourceLine {
    std::string file, text;
    uint32_t line = 0, column = 0;
};

class LineTable {
public:
    // Empty when the object has no line information or a damaged one.
    explicit LineTable(std::string_view elf);

    // Line of an instruction of a function's own body; what libbpf appends (subprograms) is not part of it.
    std::optional<SourceLine> find(std::string_view function, uint32_t instruction) const;
    // First place on a line of a file, which may be given without its directory.
    std::optional<SourceLine> at_line(std::string_view file, uint32_t line) const;
    std::optional<SourceLine> with_text(std::string_view text) const;
    // What is in the section "license".
    const std::string& license() const { return license_; }

private:
    struct Row {
        uint32_t offset;  // bytes into the section
        SourceLine source;
    };
    struct Function {
        std::string section;
        uint64_t offset, size;
    };
    void read_lines(std::string_view types, std::string_view extension);

    std::map<std::string, std::vector<Row>, std::less<>> sections_;
    std::map<std::string, Function, std::less<>> functions_;
    std::string license_;
};

}  // namespace avocet::bpf

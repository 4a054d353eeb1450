// SPDX-License-Identifier: Apache-2.0
#include "line_table.hpp"

#include <gelf.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include <bpf/btf.h>

namespace avocet::bpf {
namespace {

// .BTF.ext as laid down in the kernel's documentation.
struct ExtensionHeader {
    uint16_t magic;
    uint8_t version, flags;
    uint32_t header_size, function_offset, function_size, line_offset, line_size;
};
struct SectionHead {
    uint32_t name, count;
};
struct LineRecord {
    uint32_t offset, file, text, position;
};
constexpr uint16_t btf_magic = 0xeb9f;

template <class T>
bool take(std::string_view bytes, uint64_t at, T& out) {
    if (at > bytes.size() || bytes.size() - at < sizeof out) return false;
    memcpy(&out, bytes.data() + at, sizeof out);
    return true;
}

std::string text_at(const btf* types, uint32_t offset) {
    const char* text = btf__name_by_offset(types, offset);
    return text ? text : "";
}

std::string_view content(Elf_Scn* section) {
    const Elf_Data* data = elf_getdata(section, nullptr);
    return data && data->d_buf ? std::string_view(static_cast<const char*>(data->d_buf), data->d_size)
                               : std::string_view();
}

}  // namespace

LineTable::LineTable(std::string_view elf) {
    elf_version(EV_CURRENT);
    std::unique_ptr<Elf, decltype(&elf_end)> file(elf_memory(const_cast<char*>(elf.data()), elf.size()), elf_end);
    size_t names = 0;
    if (!file || elf_getshdrstrndx(file.get(), &names) != 0) return;
    std::map<size_t, std::string> section_names;
    std::string_view types, extension;
    Elf_Scn* symbols = nullptr;
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(file.get(), section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header)) continue;
        const char* name = elf_strptr(file.get(), names, header.sh_name);
        if (!name) continue;
        section_names[elf_ndxscn(section)] = name;
        if (header.sh_type == SHT_SYMTAB) symbols = section;
        if (name == std::string_view(".BTF")) types = content(section);
        if (name == std::string_view(".BTF.ext")) extension = content(section);
        if (name == std::string_view("license"))
            license_ = std::string(content(section).data(), strnlen(content(section).data(), content(section).size()));
    }
    GElf_Shdr header;
    Elf_Data* data = symbols && gelf_getshdr(symbols, &header) ? elf_getdata(symbols, nullptr) : nullptr;
    GElf_Sym symbol;
    for (int i = 0; data && gelf_getsym(data, i, &symbol); ++i) {
        const char* name = elf_strptr(file.get(), header.sh_link, symbol.st_name);
        if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC && name)
            functions_[name] = {section_names[symbol.st_shndx], symbol.st_value, symbol.st_size};
    }
    read_lines(types, extension);
}

void LineTable::read_lines(std::string_view types, std::string_view extension) {
    ExtensionHeader header;
    if (types.empty() || !take(extension, 0, header) || header.magic != btf_magic) return;
    std::unique_ptr<btf, decltype(&btf__free)> strings(btf__new(types.data(), static_cast<uint32_t>(types.size())),
                                                       btf__free);
    const uint64_t begin = uint64_t{header.header_size} + header.line_offset, end = begin + header.line_size;
    uint32_t record_size = 0;
    if (!strings || end > extension.size() || !take(extension, begin, record_size) || record_size < sizeof(LineRecord))
        return;
    SectionHead section;
    for (uint64_t at = begin + sizeof record_size; at < end && take(extension, at, section);) {
        at += sizeof section;
        auto& rows = sections_[text_at(strings.get(), section.name)];
        for (uint32_t i = 0; i < section.count && at + record_size <= end; ++i, at += record_size) {
            LineRecord r;
            if (!take(extension, at, r)) return;
            rows.push_back({r.offset,
                            {text_at(strings.get(), r.file), text_at(strings.get(), r.text), r.position >> 10,
                             r.position & 0x3ff}});
        }
    }
}

std::optional<SourceLine> LineTable::find(std::string_view name, uint32_t instruction) const {
    const auto function = functions_.find(name);
    if (function == functions_.end() || uint64_t{instruction} * 8 >= function->second.size) return std::nullopt;
    const auto rows = sections_.find(function->second.section);
    if (rows == sections_.end()) return std::nullopt;
    const uint64_t offset = function->second.offset + uint64_t{instruction} * 8;
    const Row* found = nullptr;  // the last row at or before it, not of a function further up
    for (const Row& row : rows->second)
        if (row.offset <= offset && row.offset >= function->second.offset && (!found || row.offset >= found->offset))
            found = &row;
    return found && found->source.line ? std::optional(found->source) : std::nullopt;
}

std::optional<SourceLine> LineTable::at_line(std::string_view file, uint32_t line) const {
    for (const auto& [section, rows] : sections_)
        for (const Row& row : rows) {
            const std::string_view path = row.source.file;
            const bool same = path == file || (path.ends_with(file) && path[path.size() - file.size() - 1] == '/');
            if (same && row.source.line == line) return row.source;
        }
    return std::nullopt;
}

std::optional<SourceLine> LineTable::with_text(std::string_view text) const {
    const auto trimmed = [](std::string_view t) {
        const size_t first = t.find_first_not_of(" \t");
        return first == std::string_view::npos ? std::string_view() : t.substr(first);
    };
    for (const auto& [section, rows] : sections_)
        for (const Row& row : rows)
            if (!text.empty() && trimmed(row.source.text) == trimmed(text)) return row.source;
    return std::nullopt;
}

}  // namespace avocet::bpf

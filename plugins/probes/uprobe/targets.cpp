// SPDX-License-Identifier: Apache-2.0
//
// Matching functions of files.
#include "targets.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "avocet/nearest.hpp"
#include "demangle.hpp"
#include "instruction.hpp"

namespace avocet::uprobe {

namespace {

constexpr const char* force_hint =
    "use --unsafe to force attachment. WARNING: this option could lead to data corruption in the target process";

std::string prefix(const Request& request, const Binary& binary) {
    return std::string(request.is_return ? "uretprobe:" : "uprobe:") + binary.shown + ":";
}

// For the language: what is no plain word stands in quotes.
std::string quoted(const std::string& text) {
    bool is_plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return isalnum(c) || std::string_view("_/.-+@*!~^").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (is_plain) return text;
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string quoted_prefix(const Request& request, const Binary& binary) {
    return std::string(request.is_return ? "uretprobe:" : "uprobe:") + quoted(binary.shown) + ":";
}

bool name_matches(const Request& request, const Function& function) {
    if (request.is_cpp) return cpp_name_matches(request.function, demangle(function.name));
    if (!has_wildcard(request.function)) return request.function == function.name;
    return function.name.find(".part.") == std::string_view::npos && wildcard_match(request.function, function.name);
}

Error no_such_function(const Request& request, const Binary& binary, ElfFile& file) {
    std::string text = "uprobe '" + binary.shown + ":" + request.function + "': no such function in the file";
    if (file.functions().empty() && file.is_cut_off())
        return Error(AVOCET_ERR_NOT_FOUND, "uprobe target file '" + binary.shown + "': is cut off or damaged",
                     "its section headers, which lead to its symbols, lie beyond its end");
    if (file.functions().empty())
        return Error(AVOCET_ERR_NOT_FOUND, text,
                     "the file has no symbol table: install its debug symbols, or attach to an address");
    std::vector<std::string> names;
    for (const auto& function : file.functions())
        names.push_back(request.is_cpp ? without_parameters(demangle(function.name)) : std::string(function.name));
    return Error(AVOCET_ERR_NOT_FOUND, text, nearest_hint(request.function, names));
}

// Refuses, or only warns when the user insists.
void questionable(const ProbeSpec& spec, const Host& host, const std::string& message) {
    if (!spec.unsafe()) throw Error(AVOCET_ERR_INVALID, message, force_hint);
    host.warn(message);
}

// Whether a breakpoint at function + offset would hit the start of an instruction.
void check_boundary(const ProbeSpec& spec, const ElfFile& file, const Function& function, uint64_t offset,
                    const std::string& shown, const Host& host) {
    if (function.size == 0 || offset >= function.size) return;
    auto starts = is_instruction_start(file.bytes(function.offset, function.size), offset);
    if (!starts)
        questionable(spec, host, "'" + shown + "': the instructions in front of it cannot be decoded");
    else if (!*starts)
        questionable(spec, host, "could not add uprobe into middle of instruction: " + shown);
}

void check_offset(const ProbeSpec& spec, const Request& request, const Binary& binary, const ElfFile& file,
                  const Function& function, const Host& host) {
    if (!request.offset || *request.offset == 0) return;
    std::string name(function.name);
    check_boundary(spec, file, function, *request.offset,
                   binary.shown + ":" + name + "+" + std::to_string(*request.offset), host);
    if (function.size == 0)
        questionable(spec, host, "could not determine boundary for " + name + " (symbol has size 0)");
    else if (*request.offset >= function.size)
        questionable(spec, host,
                     "'" + binary.shown + ":" + name + "+" + std::to_string(*request.offset) +
                         "': offset outside the function bounds ('" + name + "' size is " +
                         std::to_string(function.size) + ")");
}

std::vector<Target> at_address(const ProbeSpec& spec, const Request& request, const Binary& binary, ElfFile& file,
                               const Host& host) {
    std::string shown = binary.shown + ":" + std::to_string(*request.address);
    auto offset = file.file_offset(*request.address);
    if (!offset)
        throw Error(AVOCET_ERR_NOT_FOUND, "'" + shown + "': no code at this address",
                    "the address is the one in the symbol table (nm, readelf -s), not one of a running process");
    const Function* function = file.covering(*request.address);
    if (!function)
        questionable(spec, host, "could not resolve symbol: " + shown);
    else
        check_boundary(spec, file, *function, *request.address - function->address, shown, host);
    std::string number = std::to_string(*request.address);
    return {{prefix(request, binary) + number, function ? std::string(function->name) : "", *offset, false,
             *request.address, function && function->address == *request.address,
             quoted_prefix(request, binary) + number}};
}

// Where the statements of a source line begin.
std::vector<Target> at_line(const Request& request, const Binary& binary, ElfFile& file) {
    DwarfInfo* dwarf = file.dwarf();
    if (!dwarf)
        throw Error(AVOCET_ERR_NOT_FOUND,
                    "no DWARF debug info found for '" + binary.shown + "', cannot attach by source code location",
                    "compile it with -g, or install its debug symbols");
    auto search = dwarf->find_line(request.source, request.line, request.column);
    std::string place = request.source + ":" + std::to_string(request.line);
    if (request.column) place += ":" + std::to_string(request.column);
    std::string name = "uprobe:" + binary.shown + "@" + place;
    if (search.files.empty())
        throw Error(AVOCET_ERR_NOT_FOUND, "uprobe '" + binary.shown + "@" + place + "': no source file '" +
                                              request.source + "' in its debug info");
    std::vector<Target> targets;
    for (const auto& line : search.found) {
        auto offset = file.file_offset(line.address);
        if (!offset) continue;
        const Function* function = file.covering(line.address);
        targets.push_back({name, function ? std::string(function->name) : "", *offset, false, line.address,
                           function && function->address == line.address,
                           "uprobe:" + quoted(binary.shown + "@" + request.source) +
                               name.substr(name.size() - place.size() + request.source.size())});
    }
    if (targets.empty())
        throw Error(
            AVOCET_ERR_NOT_FOUND, "uprobe '" + binary.shown + "@" + place + "': no code at this line",
            search.nearest_line ? "the next line with code is " + std::to_string(search.nearest_line) : std::string());
    return targets;
}

std::string target_name(const Request& request, const Binary& binary, const Function& function) {
    std::string name = prefix(request, binary);
    if (request.is_cpp) return name + "cpp:\"" + demangle(function.name) + "\"";
    name += function.name;
    return request.offset && *request.offset ? name + "+" + std::to_string(*request.offset) : name;
}

// Functions of one name: [begin, end) of the sorted table. Of those only the best rank is meant.
template <class Body>
void for_each_meant(const std::vector<Function>& functions, Body&& body) {
    for (size_t begin = 0; begin < functions.size();) {
        size_t end = begin;
        for (; end < functions.size() && functions[end].name == functions[begin].name; ++end)
            if (functions[end].rank == functions[begin].rank) body(functions[end]);
        begin = end;
    }
}

std::vector<Target> in_file(const ProbeSpec& spec, const Request& request, const Binary& binary, ElfFile& file,
                            const Host& host) {
    if (request.address) return at_address(spec, request, binary, file, host);
    if (request.line) return at_line(request, binary, file);
    std::vector<Target> targets;
    std::set<uint64_t> taken;
    for_each_meant(file.functions(), [&](const Function& function) {
        if (!name_matches(request, function)) return;
        check_offset(spec, request, binary, file, function, host);
        auto offset = file.file_offset(function.address + request.offset.value_or(0));
        if (!offset)
            throw Error(AVOCET_ERR_INVALID,
                        "'" + target_name(request, binary, function) + "': no code at this address");
        if (!taken.insert(*offset).second) return;
        uint64_t inside = request.offset.value_or(0);
        std::string place = inside ? "+" + std::to_string(inside) : std::string();
        targets.push_back({target_name(request, binary, function), std::string(function.name), *offset,
                           function.is_ifunc, function.address + inside, inside == 0,
                           quoted_prefix(request, binary) + quoted(std::string(function.name)) + place});
    });
    std::stable_sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) { return a.name < b.name; });
    return targets;
}

}  // namespace

ElfFile& ElfCache::open(const Binary& binary) {
    struct stat st {};
    if (stat(binary.path.c_str(), &st) != 0) st = {};
    uint64_t modified =
        static_cast<uint64_t>(st.st_mtim.tv_sec) * 1000000000u + static_cast<uint64_t>(st.st_mtim.tv_nsec);
    auto& entry = entries_[binary.path];
    bool same = entry.file && entry.device == st.st_dev && entry.inode == st.st_ino &&
                entry.size == static_cast<uint64_t>(st.st_size) && entry.modified_ns == modified;
    if (!same) {
        entry.file.reset();
        entry = {st.st_dev, st.st_ino, static_cast<uint64_t>(st.st_size), modified,
                 std::make_unique<ElfFile>(binary.path, binary.shown, debuginfo_)};
    }
    return *entry.file;
}

std::vector<FileTargets> find_targets(const ProbeSpec& spec, const Request& request, ElfCache& cache,
                                      const Host& host) {
    std::vector<FileTargets> out;
    auto binaries = find_binaries(request.binary, spec, host);
    for (const auto& binary : binaries) {
        if (binaries.size() > 1 && !is_native_elf(binary.path)) continue;  // matched a pattern, and is a script
        ElfFile& file = cache.open(binary);
        auto targets = in_file(spec, request, binary, file, host);
        if (targets.empty() && binaries.size() == 1) throw no_such_function(request, binary, file);
        if (!targets.empty()) out.push_back({binary, &file, std::move(targets)});
    }
    if (out.empty())
        throw Error(AVOCET_ERR_NOT_FOUND,
                    "uprobe '" + request.binary + ":" + request.function + "': none of " +
                        std::to_string(binaries.size()) + " matching files has such a function",
                    request.binary == "*"
                        ? "'*' is what processes have mapped now: start the program first, or name its file"
                        : "");
    return out;
}

}  // namespace avocet::uprobe

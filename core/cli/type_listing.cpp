// SPDX-License-Identifier: Apache-2.0
//
// Types of the kernel and its modules by name, and their C definitions as libbpf writes them.
#include <bpf/btf.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "cli/listing.hpp"

namespace avocet::core {

namespace {

using Btf = std::unique_ptr<::btf, void (*)(::btf*)>;
using Dump = std::unique_ptr<btf_dump, void (*)(btf_dump*)>;

Btf own(::btf* types) { return {types, btf__free}; }

bool is_kind(const btf_type* type, const std::string& kind) {
    if (kind == "struct") return btf_is_struct(type);
    if (kind == "union") return btf_is_union(type);
    return btf_is_enum(type) || btf_kind(type) == BTF_KIND_ENUM64;
}

// Name -> id; of types with one name the first.
std::map<std::string, uint32_t> find(const ::btf* types, uint32_t first, const TypePattern& pattern) {
    std::map<std::string, uint32_t> out;
    for (uint32_t id = first; id < btf__type_cnt(types); ++id) {
        const btf_type* type = btf__type_by_id(types, id);
        if (!is_kind(type, pattern.kind)) continue;
        const char* name = btf__name_by_offset(types, type->name_off);
        if (name && *name && matches_shell_pattern(pattern.name, name)) out.emplace(name, id);
    }
    return out;
}

void append_formatted(void* ctx, const char* format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    const int size = vsnprintf(nullptr, 0, format, again);
    va_end(again);
    if (size <= 0) return;
    auto& out = *static_cast<std::string*>(ctx);
    const size_t old = out.size();
    out.resize(old + static_cast<size_t>(size) + 1);
    vsnprintf(out.data() + old, static_cast<size_t>(size) + 1, format, arguments);
    out.pop_back();
}

// The dump of a type holds what it needs first; its own definition is the paragraph that begins with its name.
std::string definition(const ::btf* types, uint32_t id, const std::string& head) {
    std::string text;
    Dump dump(btf_dump__new(types, append_formatted, &text, nullptr), btf_dump__free);
    if (!dump || btf_dump__dump_type(dump.get(), id) != 0) return head + " {};\n";
    size_t at = text.rfind("\n" + head + " {");
    at = at == std::string::npos ? (text.starts_with(head + " {") ? 0 : std::string::npos) : at + 1;
    if (at == std::string::npos) return head + ";\n";
    const size_t end = text.find("\n\n", at);
    return text.substr(at, end == std::string::npos ? std::string::npos : end + 1 - at);
}

}  // namespace

TypePattern type_pattern(std::string_view pattern) {
    for (std::string_view kind : {"struct", "union", "enum"}) {
        if (!pattern.starts_with(kind) || pattern.size() <= kind.size() || pattern[kind.size()] != ' ') continue;
        std::string_view name = pattern.substr(kind.size());
        name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
        if (!name.empty()) return {std::string(kind), std::string(name)};
    }
    return {};
}

bool list_types(const TypePattern& pattern, const std::string& btf_file, bool definitions,
                const std::function<void(const std::string& text)>& emit) {
    const std::filesystem::path directory = "/sys/kernel/btf";
    const std::string kernel = btf_file.empty() ? (directory / "vmlinux").string() : btf_file;
    Btf base = own(btf__parse(kernel.c_str(), nullptr));
    if (!base) return false;
    std::set<std::string> known;
    auto show = [&](const ::btf* types, uint32_t first, const std::string& owner) {
        for (const auto& [name, id] : find(types, first, pattern)) {
            if (!known.insert(name).second) continue;
            const std::string head = pattern.kind + " " + name;
            emit(definitions ? owner + ": " + definition(types, id, head) + "\n" : head + "\n");
        }
    };
    show(base.get(), 1, "vmlinux");
    if (!btf_file.empty()) return true;
    std::error_code error;
    std::set<std::filesystem::path> modules;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error))
        if (entry.path().filename() != "vmlinux") modules.insert(entry.path());
    for (const auto& module : modules)
        if (Btf types = own(btf__parse_split(module.c_str(), base.get())))
            show(types.get(), btf__type_cnt(base.get()), module.filename().string());
    return true;
}

}  // namespace avocet::core

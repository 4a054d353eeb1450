// SPDX-License-Identifier: Apache-2.0
//
// Opening a program: container, types, manifest, then whether they agree with each other. What disagrees is refused
// here, before anything is loaded, so that later stages may trust names and numbers.
#include "program/program.hpp"

#include <algorithm>

#include <bpf/btf.h>
#include <fmt/format.h>

#include "program/elf_object.hpp"
#include "program/synthesise.hpp"
#include "program/tool_manifest.hpp"
#include "types/btf.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t code_object = 310, code_types = 311, code_mismatch = 312, code_no_target = 313;

bool refuse(Diagnostics& d, const std::string& name, std::string_view fact, uint32_t code, std::string hint = {}) {
    d.error("core.program", fmt::format("program '{}': {}", name, fact), std::move(hint), code);
    return false;
}

bool check_functions(const Manifest& m, const ElfObject& elf, const std::string& name, Diagnostics& d) {
    bool good = true;
    for (const auto& f : m.functions) {
        const ElfSymbol* s = elf.find_symbol(f.name);
        if (!s || !s->function || !elf.sections[s->section].executable)
            good =
                refuse(d, name, fmt::format("the manifest names function '{}', which the object does not have", f.name),
                       code_mismatch);
    }
    return good;
}

bool check_types(const Manifest& m, const BtfView& types, const std::string& name, Diagnostics& d) {
    bool good = true;
    for (const auto& map : m.maps)
        if (!types.find_variable(".maps", map.symbol))
            good =
                refuse(d, name, fmt::format("the manifest names map '{}', which the object does not have", map.symbol),
                       code_mismatch);
    for (const auto& o : m.outputs)
        if (!o.type.empty() && !types.find_struct(o.type))
            good = refuse(d, name, fmt::format("the manifest names type '{}', which the object does not have", o.type),
                          code_mismatch);
    return good;
}

// A member that is an id of a user stack by its name, as records and keys of C programs have it (record/layout.cpp).
bool names_user_stack(const BtfView& types, const btf_type* t) {
    if (!btf_is_struct(t)) return false;
    for (int i = 0; i < btf_vlen(t); ++i) {
        const std::string_view name = types.string(btf_members(t)[i].name_off);
        const bool is_id = name.ends_with("stack_id") || name.ends_with("stackid") || name.ends_with("stack");
        if (is_id && name.find("user") != std::string_view::npos) return true;
    }
    return false;
}

}  // namespace

Program::~Program() { btf__free(btf_); }

std::unique_ptr<Program> Program::open(std::string elf_bytes, std::string name, Diagnostics& diagnostics) {
    std::unique_ptr<Program> p(new Program);
    p->elf_ = std::move(elf_bytes);
    std::string why;
    auto elf = read_elf(p->elf_, why);
    if (!elf) {
        refuse(diagnostics, name, why, code_object, "a program is an ELF object made by a BPF compiler");
        return nullptr;
    }
    if (const ElfSection* section = elf->find(".BTF"); section && !section->data.empty()) {
        p->btf_ = btf__new(section->data.data(), static_cast<uint32_t>(section->data.size()));
        if (!p->btf_) {
            refuse(diagnostics, name, "its type information (section .BTF) is damaged", code_types,
                   "compile it again with -g");
            return nullptr;
        }
    }
    BtfView types(p->btf_);
    for (const auto& s : elf->symbols)
        if (s.object && elf->sections[s.section].name.starts_with(".rodata")) p->constants_[s.name] = s.size;
    if (const ElfSymbol* s = elf->find_symbol("avocet_unreadable"); s && s->object && s->size == sizeof(uint64_t))
        if (elf->sections[s->section].name == ".bss") p->unreadable_counter_ = Counter{".bss", s->offset};
    p->channels_ = foreign_channels(*elf, types);
    const ElfSection* section = elf->find(AVOCET_MANIFEST_SECTION);
    if (!section) {
        p->manifest_ = synthesise_manifest(*elf, types, name, diagnostics);
        const ElfSection* tool = elf->find(tool_section);
        if (tool && !apply_tool_manifest(tool->data, p->channels_, p->manifest_, diagnostics)) return nullptr;
        for (const auto& f : p->manifest_.functions)
            if (f.probes.empty())
                diagnostics.warning(
                    "core.program", fmt::format("function '{}': its section names no target; it is left out", f.name),
                    fmt::format("[[attach]] in a sidecar, or --option attach.{}=SPEC, says where it attaches", f.name),
                    code_no_target);
        return p;
    }
    auto manifest = parse_manifest(section->data, diagnostics);
    if (!manifest) return nullptr;
    bool good = check_functions(*manifest, *elf, name, diagnostics);
    good &= check_types(*manifest, types, name, diagnostics);
    if (!good) return nullptr;
    if (manifest->imports) add_imported(*elf, types, *manifest, diagnostics);
    p->manifest_ = std::move(*manifest);
    return p;
}

bool Program::uses_user_addresses() const {
    const BtfView types(btf_);
    for (uint32_t id = 1; const btf_type* t = types.type(id); ++id) {
        if (names_user_stack(types, t)) return true;
        if (!btf_is_decl_tag(t)) continue;
        std::string_view tag = types.name(t);
        if (tag.starts_with("avocet:stack.user") || tag == "avocet:usym") return true;
    }
    const auto by_user = [](const ManifestColumn& c) { return c.as.starts_with("usym") || c.as.starts_with("ustack"); };
    const auto any = [&](const auto& holders) {
        return std::any_of(holders.begin(), holders.end(), [&](const auto& holder) {
            return std::any_of(holder.columns.begin(), holder.columns.end(), by_user);
        });
    };
    return any(manifest_.channels) || any(manifest_.maps);
}

Program::MapTypes Program::map_types(const ManifestMap& map) const {
    if (map.storage.empty()) return map_types(map.symbol);
    BtfView types(btf_);
    const btf_type* variable = types.type(types.find_variable(map.storage, map.symbol));
    const btf_type* t = variable ? types.type(types.resolve(variable->type)) : nullptr;
    if (!t) return {};
    if (!map.storage_elements) return {0, variable->type};
    return {btf_array(t)->index_type, btf_array(t)->type};
}

Program::MapTypes Program::map_types(std::string_view symbol) const {
    BtfView types(btf_);
    const btf_type* variable = types.type(types.find_variable(".maps", symbol));
    const btf_type* definition = variable ? types.type(types.resolve(variable->type)) : nullptr;
    auto pointee = [&](const char* member) -> uint32_t {
        const btf_member* m = types.member(definition, member);
        const btf_type* pointer = m ? types.type(types.resolve(m->type)) : nullptr;
        return pointer && btf_is_ptr(pointer) ? pointer->type : 0;
    };
    return {pointee("key"), pointee("value")};
}

size_t Program::constant_size(std::string_view name) const {
    auto found = constants_.find(name);
    return found == constants_.end() ? 0 : found->second;
}

}  // namespace avocet::core

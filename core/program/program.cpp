// SPDX-License-Identifier: Apache-2.0
//
// Opening a program: container, types, manifest, then whether they agree with each other. What disagrees is refused
// here, before anything is loaded, so that later stages may trust names and numbers.
#include "program/program.hpp"

#include <bpf/btf.h>
#include <fmt/format.h>

#include "program/elf_object.hpp"
#include "program/synthesise.hpp"
#include "types/btf.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t code_object = 310, code_types = 311, code_mismatch = 312;

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
    p->channels_ = foreign_channels(*elf, types);
    const ElfSection* section = elf->find(AVOCET_MANIFEST_SECTION);
    if (!section) {
        p->manifest_ = synthesise_manifest(*elf, types, name, diagnostics);
        return p;
    }
    auto manifest = parse_manifest(section->data, diagnostics);
    if (!manifest) return nullptr;
    bool good = check_functions(*manifest, *elf, name, diagnostics);
    good &= check_types(*manifest, types, name, diagnostics);
    if (!good) return nullptr;
    p->manifest_ = std::move(*manifest);
    return p;
}

bool Program::uses_user_addresses() const {
    const BtfView types(btf_);
    for (uint32_t id = 1; const btf_type* t = types.type(id); ++id) {
        if (!btf_is_decl_tag(t)) continue;
        std::string_view tag = types.name(t);
        if (tag.starts_with("avocet:stack.user") || tag == "avocet:usym") return true;
    }
    return false;
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

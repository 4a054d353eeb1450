// SPDX-License-Identifier: Apache-2.0
#include "program/constant_options.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace avocet::core {

namespace {

constexpr std::string_view section_name = ".rodata";
constexpr int depth_limit = 32;

struct Candidate {
    uint32_t variable = 0;  // BTF id
    const ElfSymbol* symbol = nullptr;
    std::string short_name, long_name;
    ManifestOption option;
};

bool is_const_volatile(const BtfView& types, uint32_t id) {
    bool is_const = false, is_volatile = false;
    for (int depth = 0; depth < depth_limit; ++depth) {
        const btf_type* t = types.type(id);
        if (!t) break;
        if (btf_is_const(t)) is_const = true;
        if (btf_is_volatile(t)) is_volatile = true;
        if (btf_is_array(t))  // qualifiers of an array are its elements'
            id = btf_array(t)->type;
        else if (btf_is_mod(t) || btf_is_typedef(t))
            id = t->type;
        else
            break;
    }
    return is_const && is_volatile;
}

bool is_one_byte(const btf_type* t) { return t && btf_is_int(t) && t->size == 1; }

// bool, int, uint, string; nullptr: no option can hold it.
const char* option_type(const BtfView& types, const btf_type* t) {
    if (!t) return nullptr;
    if (btf_is_array(t)) {
        const btf_type* element = types.type(types.resolve(btf_array(t)->type));
        const bool text = is_one_byte(element) && !(btf_int_encoding(element) & BTF_INT_BOOL);
        return text ? "string" : element && btf_is_int(element) && element->size <= 8 ? "list" : nullptr;
    }
    if (btf_is_any_enum(t)) return btf_kflag(t) ? "int" : "uint";
    if (!btf_is_int(t) || t->size > 8) return nullptr;
    const int encoding = btf_int_encoding(t);
    return encoding & BTF_INT_BOOL ? "bool" : encoding & BTF_INT_SIGNED ? "int" : "uint";
}

uint64_t number(std::string_view bytes) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
    return value;
}

std::string default_text(std::string_view type, std::string_view bytes) {
    if (type == "list") return {};
    if (type == "string") return std::string(bytes.substr(0, bytes.find('\0')));
    const uint64_t value = number(bytes);
    if (type == "bool") return value ? "true" : "false";
    if (type == "uint") return fmt::to_string(value);
    const auto unused = static_cast<unsigned>(64 - 8 * bytes.size());
    return fmt::to_string(static_cast<int64_t>(value << unused) >> unused);
}

std::string spelled(std::string_view variable) {
    std::string out(variable);
    std::replace(out.begin(), out.end(), '_', '-');
    return out;
}

std::string_view without_prefix(std::string_view name) {
    for (std::string_view prefix : {"targ_", "target_", "filter_"})
        if (name.size() > prefix.size() && name.starts_with(prefix)) return name.substr(prefix.size());
    return name;
}

// A sentence for --help: what the author says, else what kind of value and which default.
std::string describe(const BtfView& types, const btf_type* t, const ManifestOption& option, size_t size) {
    if (option.type == "string")
        return fmt::format("text of up to {} bytes (default: \"{}\")", size - 1, option.default_text);
    if (option.type == "list")
        return fmt::format("up to {} numbers of {} bits with commas between", size / option.element_size,
                           option.element_size * 8);
    if (option.type == "bool") return fmt::format("true or false (default: {})", option.default_text);
    std::string choices;
    if (t && btf_is_enum(t))
        for (uint32_t i = 0; i < btf_vlen(t) && i < 16; ++i)
            choices +=
                fmt::format("{}{} is {}", i ? ", " : "", btf_enum(t)[i].val, types.string(btf_enum(t)[i].name_off));
    return fmt::format("{} of {} bits (default: {}){}{}", option.type == "uint" ? "number" : "signed number", size * 8,
                       option.default_text, choices.empty() ? "" : ": ", choices);
}

void apply_tags(const BtfView& types, Candidate& c) {
    for (std::string_view tag : types.tags(c.variable)) {
        constexpr std::string_view name = "avocet:option=", help = "avocet:help=", preset = "avocet:default=";
        if (tag.starts_with(help)) c.option.doc = tag.substr(help.size());
        if (tag.starts_with(preset)) c.option.preset = tag.substr(preset.size());
        if (!tag.starts_with(name)) continue;
        for (std::string_view rest = tag.substr(name.size()); !rest.empty();) {  // the word, the letter, or both
            const std::string_view one = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(rest.size(), one.size() + 1));
            (one.size() == 1 ? c.option.short_name : c.option.name) = one;
        }
    }
}

bool read(const ElfObject& elf, const BtfView& types, Candidate& c) {
    const btf_type* variable = types.type(c.variable);
    if (!variable || btf_var(variable)->linkage != BTF_VAR_GLOBAL_ALLOCATED) return false;
    const std::string_view name = types.name(variable);
    if (name.starts_with("avocet_") || name.starts_with("__") || name.starts_with("kaddr_")) return false;
    c.symbol = elf.find_symbol(name);
    if (!c.symbol || !c.symbol->object || elf.sections[c.symbol->section].name != section_name) return false;
    const std::string_view data = elf.sections[c.symbol->section].data;
    if (!c.symbol->size || c.symbol->offset > data.size() || c.symbol->size > data.size() - c.symbol->offset)
        return false;
    const btf_type* t = types.type(types.resolve(variable->type));
    const char* type = is_const_volatile(types, variable->type) ? option_type(types, t) : nullptr;
    const bool array = type && (std::string_view(type) == "string" || std::string_view(type) == "list");
    if (!type || (!array && c.symbol->size > 8)) return false;
    if (std::string_view(type) == "list") {
        c.option.element_size = types.size(types.resolve(btf_array(t)->type)).value_or(0);
        if (!c.option.element_size) return false;
        for (const std::string& companion :
             {std::string(name) + "_len", "nr_" + std::string(name), "n_" + std::string(name)})
            if (const ElfSymbol* s = elf.find_symbol(companion);
                s && s->object && elf.sections[s->section].name == section_name)
                c.option.length_constant = companion;
    }
    c.long_name = spelled(name);
    c.short_name = spelled(without_prefix(name));
    c.option.type = type;
    c.option.constant = name;
    c.option.default_text = default_text(type, data.substr(c.symbol->offset, c.symbol->size));
    c.option.doc = describe(types, t, c.option, c.symbol->size);
    apply_tags(types, c);
    return true;
}

std::vector<Candidate> candidates(const ElfObject& elf, const BtfView& types) {
    std::vector<Candidate> found;
    for (uint32_t id = 1; const btf_type* t = types.type(id); ++id) {
        if (!btf_is_datasec(t) || types.name(t) != section_name) continue;
        for (uint32_t i = 0; i < btf_vlen(t); ++i) {
            Candidate c;
            c.variable = btf_var_secinfos(t)[i].type;
            const btf_type* variable = types.type(c.variable);
            if (variable && btf_is_var(variable) && read(elf, types, c)) found.push_back(std::move(c));
        }
    }
    std::sort(found.begin(), found.end(),
              [](const Candidate& a, const Candidate& b) { return a.symbol->offset < b.symbol->offset; });
    return found;
}

}  // namespace

std::vector<ManifestOption> constant_options(const ElfObject& elf, const BtfView& types) {
    std::vector<Candidate> found = candidates(elf, types);
    std::multiset<std::string> wanted;
    for (const Candidate& c : found) {
        wanted.insert(c.long_name);
        if (c.short_name != c.long_name) wanted.insert(c.short_name);
    }
    std::vector<ManifestOption> out;
    std::set<std::string> taken;
    for (Candidate& c : found) {
        if (c.option.name.empty()) c.option.name = wanted.count(c.short_name) == 1 ? c.short_name : c.long_name;
        if (taken.insert(c.option.name).second) out.push_back(std::move(c.option));
    }
    return out;
}

}  // namespace avocet::core

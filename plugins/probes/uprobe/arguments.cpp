// SPDX-License-Identifier: Apache-2.0
//
// All groups of a file share one BTF, so that the same struct is one type in all of them.
#include "arguments.hpp"

#include <map>
#include <set>
#include <tuple>

#include "dwarf_arguments.hpp"
#include "dwarf_types.hpp"

namespace avocet::uprobe {

namespace {

// Clones that the optimiser has changed the parameters of: "f.isra.0", "f.constprop.3".
bool follows_convention(const std::string& symbol) {
    for (const char* mark : {".isra", ".constprop", ".part", ".cold"})
        if (symbol.find(mark) != std::string::npos) return false;
    return true;
}

ProbeArg to_argument(const Parameter& p, DwarfTypes& types) {
    ProbeArg arg;
    arg.name = p.name;
    arg.type_id = types.id_of(p.type);
    arg.place = p.place;
    arg.index = p.index;
    arg.size = static_cast<uint32_t>(p.size);
    arg.flags = AVOCET_ARG_USER | (p.is_signed ? uint32_t{AVOCET_ARG_SIGNED} : 0u);
    arg.location = p.location;
    return arg;
}

std::vector<ProbeArg> arguments_of(DwarfInfo& info, const Target& target, DwarfTypes& types) {
    auto function = target.is_entry ? info.function_at(target.address) : info.function_around(target.address);
    std::vector<ProbeArg> args;
    if (!function) return args;
    for (const Parameter& p :
         parameters_of(info, *function, target.address, target.is_entry, follows_convention(target.symbol))) {
        ProbeArg arg = to_argument(p, types);
        if (!p.second_register) {
            args.push_back(std::move(arg));
            continue;
        }
        ProbeArg rest;
        rest.place = AVOCET_PLACE_CONTEXT;
        rest.index = *p.second_register;
        rest.size = arg.size - 8;
        rest.flags = AVOCET_ARG_USER;
        arg.flags |= AVOCET_ARG_CONTINUES;
        args.push_back(std::move(arg));
        args.push_back(std::move(rest));
    }
    return args;
}

auto key_of(const ProbeArg& a) {
    const auto& l = a.location;
    return std::tuple(a.name, a.type_id, a.place, a.index, a.size, a.flags, l.kind, l.size, l.is_signed, l.shift,
                      l.base, l.index, l.offset);
}
using Key = std::vector<decltype(key_of(std::declval<const ProbeArg&>()))>;

}  // namespace

std::vector<ArgumentGroup> group_by_arguments(const FileTargets& file) {
    DwarfInfo* info = file.file->dwarf();
    if (!info)
        throw Error(AVOCET_ERR_NOT_FOUND,
                    "'" + file.targets[0].name + "': no DWARF debug info found for '" + file.binary.shown +
                        "', so 'args' is not known",
                    "compile it with -g or install its debug symbols, or use arg0, arg1, ...");
    DwarfTypes types([](void* ctx, const std::string& name,
                        int tag) { return static_cast<DwarfInfo*>(ctx)->definition_of(name, tag); },
                     info);
    std::map<Key, size_t> numbers;
    std::map<std::string, size_t> by_name;
    std::vector<ArgumentGroup> groups;
    for (const Target& target : file.targets) {
        auto args = arguments_of(*info, target, types);
        Key key;
        for (const auto& arg : args) key.push_back(key_of(arg));
        auto [entry, is_new] = numbers.try_emplace(std::move(key), groups.size());
        if (is_new) groups.push_back({{}, std::move(args), {}});
        auto [named, is_first] = by_name.try_emplace(target.spec_text, entry->second);
        if (!is_first && named->second != entry->second)
            throw Error(AVOCET_ERR_INVALID,
                        "'" + target.name + "': several functions of this name with different parameters",
                        "attach to the address of the one that is meant: uprobe:" + file.binary.shown + ":ADDRESS");
        groups[entry->second].targets.push_back(&target);
    }
    auto btf = types.bytes();
    for (auto& group : groups) group.btf = btf;
    return groups;
}

std::vector<std::string> declarations_of(DwarfInfo& info, uint64_t entry) {
    std::vector<std::string> out;
    auto function = info.function_at(entry);
    if (!function) return out;
    for (const Parameter& p : parameters_of(info, *function, entry, true, true))
        out.push_back(declaration(p.type, p.name));
    return out;
}

}  // namespace avocet::uprobe

// SPDX-License-Identifier: Apache-2.0
//
// A program object in memory: ELF bytes, manifest, BTF. Objects without a manifest get one made from their sections.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "program/manifest.hpp"

struct btf;

namespace avocet::core {

class Program {
public:
    // Takes the bytes. nullptr: not a BPF object, damaged, or of a newer schema; reported.
    static std::unique_ptr<Program> open(std::string elf, std::string name, Diagnostics& diagnostics);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    const std::string& elf() const { return elf_; }
    const Manifest& manifest() const { return manifest_; }
    // What an option of the command line sets (ManifestOption::set, ::where). Why it cannot be, or nothing.
    std::string apply_option(const ManifestOption& option, const std::string& value);
    // The option's map is to hold this control group.
    void hold_cgroup(const ManifestOption& option, const std::string& value);
    // Types of the object; nullptr if it has none.
    const ::btf* btf() const { return btf_; }
    // Key and value BTF type ids of a map by ELF symbol; 0 if unknown.
    struct MapTypes {
        uint32_t key = 0, value = 0;
    };
    MapTypes map_types(std::string_view symbol) const;
    MapTypes map_types(const ManifestMap& map) const;  // also of a variable that is shown like a map
    // ELF symbols of the ring buffers and perf event arrays that are not Avocet's own, in the order of
    // avocet_sample.channel from 2 on (the order in which libbpf lists maps: by place in the section).
    const std::vector<std::string>& channels() const { return channels_; }
    // A variable that counts what could not be read (sdk/docs/program.md): the section that is a map, and where in it.
    struct Counter {
        std::string section;
        uint64_t offset = 0;
    };
    const std::optional<Counter>& unreadable_counter() const { return unreadable_counter_; }
    // Whether its samples or maps hold user addresses that want names (decl tags avocet:stack.user, avocet:usym).
    bool uses_user_addresses() const;
    // Whether a .rodata variable of this name exists, and its size.
    size_t constant_size(std::string_view name) const;

private:
    Program() = default;
    std::string elf_;
    Manifest manifest_;
    ::btf* btf_ = nullptr;
    std::map<std::string, size_t, std::less<>> constants_;  // .rodata variables and their bytes
    std::vector<std::string> channels_;
    std::optional<Counter> unreadable_counter_;
};

}  // namespace avocet::core

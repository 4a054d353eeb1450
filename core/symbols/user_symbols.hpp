// SPDX-License-Identifier: Apache-2.0
//
// User addresses to names: the process's mapping says which file and where in it; the file says which function.
// Code without a file (JIT compilers) is looked up in the process's perf map, the kernel's vdso in our own copy of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>

#include "symbols/elf_symbols.hpp"
#include "symbols/mapping_watch.hpp"
#include "symbols/perf_map.hpp"
#include "symbols/process.hpp"

namespace avocet::core {

class UserSymbols : private MappingListener {
public:
    struct Result {
        bool found = false;
        bool may_change =
            false;  // not found now, but a later look may: a JIT compiler may not have written its map yet
        std::string name, module;  // demangled; path of the mapped file, if there is one
        uint64_t offset = 0, file_offset = 0;
    };
    Result resolve(uint32_t pid, uint64_t address);
    // Reads the mappings if they are not known or may have changed.
    void note(uint32_t pid);
    void set_demangling(bool on) { demangles_ = on; }
    // From now on processes are followed as they start, map and exec. False: the kernel does not let us.
    bool watch();
    void drain_watch();

private:
    void on_mapping(uint32_t pid, Mapping mapping) override;
    void on_exec(uint32_t pid) override;
    void on_fork(uint32_t parent, uint32_t child) override;
    Process& newest(uint32_t pid);

    struct Known {
        std::vector<std::unique_ptr<Process>> incarnations;  // newest first
        std::unique_ptr<PerfMap> perf_map;
    };
    Known& known(uint32_t pid);
    const Mapping* locate(Known& known, uint32_t pid, uint64_t address, const Process*& owner);
    const ElfSymbols* elf_of(const Process& process, const Mapping& mapping);
    void resolve_in_file(const Process& process, const Mapping& mapping, uint64_t address, Result& result);
    void resolve_in_perf_map(Known& known, const Process& process, uint64_t address, Result& result);
    void forget_old();

    bool demangles_ = true;
    std::unique_ptr<MappingWatch> watch_;
    std::unordered_map<uint32_t, Known> processes_;
    std::map<std::tuple<uint64_t, uint64_t, std::string>, std::unique_ptr<ElfSymbols>> files_;
};

}  // namespace avocet::core

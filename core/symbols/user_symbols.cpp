// SPDX-License-Identifier: Apache-2.0
//
// Processes, files and perf maps together.
#include "symbols/user_symbols.hpp"

#include "symbols/demangle.hpp"
#include "symbols/vdso.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t fresh_ms = 1000;  // mappings this young are not read again for a note
constexpr uint64_t retry_ms = 20;    // nor, this young, for an address that is in none of them
constexpr size_t most_processes = 8192;
constexpr size_t most_incarnations = 2;

}  // namespace

void UserSymbols::forget_old() {
    if (processes_.size() < most_processes) return;
    std::erase_if(processes_, [](const auto& entry) {
        const auto& incarnations = entry.second.incarnations;
        return incarnations.empty() || !incarnations.front()->is_alive();
    });
    if (processes_.size() >= most_processes) processes_.clear();
}

UserSymbols::Known& UserSymbols::known(uint32_t pid) {
    auto found = processes_.find(pid);
    if (found != processes_.end()) return found->second;
    forget_old();
    return processes_[pid];
}

void UserSymbols::note(uint32_t pid) {
    Known& entry = known(pid);
    if (!entry.incarnations.empty()) {
        Process& newest = *entry.incarnations.front();
        bool fresh = steady_ms() - newest.read_at_ms() < fresh_ms && !newest.has_new_program();
        if (fresh || newest.read()) return;
    }
    auto process = std::make_unique<Process>(pid);
    if (!process->read()) return;
    // The newest is gone, or a pid was given to another process.
    if (!entry.incarnations.empty() && entry.incarnations.front()->start_time() == process->start_time()) return;
    entry.perf_map.reset();
    entry.incarnations.insert(entry.incarnations.begin(), std::move(process));
    if (entry.incarnations.size() > most_incarnations) entry.incarnations.pop_back();
}

bool UserSymbols::watch() {
    if (!watch_) watch_ = MappingWatch::start();
    return watch_ != nullptr;
}

void UserSymbols::drain_watch() {
    if (watch_) watch_->drain(*this);
}

Process& UserSymbols::newest(uint32_t pid) {
    auto& incarnations = known(pid).incarnations;
    if (incarnations.empty()) incarnations.push_back(std::make_unique<Process>(pid));
    return *incarnations.front();
}

void UserSymbols::on_mapping(uint32_t pid, Mapping mapping) { newest(pid).add_mapping(std::move(mapping)); }

void UserSymbols::on_exec(uint32_t pid) {
    known(pid).perf_map.reset();
    newest(pid).begin_program();
}

void UserSymbols::on_fork(uint32_t parent, uint32_t child) {
    auto process = std::make_unique<Process>(child);
    auto known_parent = processes_.find(parent);
    if (known_parent != processes_.end() && !known_parent->second.incarnations.empty())
        process->inherit(*known_parent->second.incarnations.front());
    Known& entry = known(child);
    entry.perf_map.reset();
    entry.incarnations.insert(entry.incarnations.begin(), std::move(process));
    if (entry.incarnations.size() > most_incarnations) entry.incarnations.pop_back();
}

// The mapping of an address in the newest incarnation that has one; reads the mappings again before it gives up.
const Mapping* UserSymbols::locate(Known& entry, uint32_t pid, uint64_t address, const Process*& owner) {
    auto search = [&]() -> const Mapping* {
        for (const auto& process : entry.incarnations) {
            if (const Mapping* mapping = process->find(address)) {
                owner = process.get();
                return mapping;
            }
        }
        return nullptr;
    };
    if (entry.incarnations.empty()) note(pid);
    if (const Mapping* mapping = search()) return mapping;
    if (entry.incarnations.empty()) return nullptr;
    Process& newest = *entry.incarnations.front();
    if (steady_ms() - newest.read_at_ms() < retry_ms) return nullptr;
    if (!newest.read()) note(pid);
    return search();
}

const ElfSymbols* UserSymbols::elf_of(const Process& process, const Mapping& mapping) {
    auto key = std::make_tuple(mapping.device, mapping.inode, mapping.path);
    auto found = files_.find(key);
    if (found != files_.end()) return found->second.get();
    OwnedFd file = mapping.path == "[vdso]" ? vdso_file() : process.open_file(mapping);
    if (!file) return nullptr;
    auto symbols = std::make_unique<ElfSymbols>(std::move(file), mapping.path, process.root());
    return files_.emplace(std::move(key), std::move(symbols)).first->second.get();
}

void UserSymbols::resolve_in_file(const Process& process, const Mapping& mapping, uint64_t address, Result& result) {
    result.module = mapping.path;
    result.file_offset = address - mapping.start + mapping.offset;
    const ElfSymbols* symbols = elf_of(process, mapping);
    auto found = symbols ? symbols->find(result.file_offset) : std::nullopt;
    if (!found) return;
    result.found = true;
    result.name = demangles_ ? demangled(found->name) : std::string(found->name);
    result.offset = found->offset;
}

void UserSymbols::resolve_in_perf_map(Known& entry, const Process& process, uint64_t address, Result& result) {
    if (!entry.perf_map)
        entry.perf_map = std::make_unique<PerfMap>(
            process.root() + "/tmp/perf-" + std::to_string(process.inner_pid()) + ".map", process.owner());
    auto found = entry.perf_map->find(address);
    result.may_change = !found;
    if (!found) return;
    result.found = true;
    result.name = found->name;
    result.offset = found->offset;
}

UserSymbols::Result UserSymbols::resolve(uint32_t pid, uint64_t address) {
    Result result;
    drain_watch();
    Known& entry = known(pid);
    const Process* owner = nullptr;
    const Mapping* mapping = locate(entry, pid, address, owner);
    if (mapping && (mapping->has_file() || mapping->path == "[vdso]"))
        resolve_in_file(*owner, *mapping, address, result);
    // Anonymous memory, a memfd, or code that has been unmapped since.
    if (!result.found && !entry.incarnations.empty())
        resolve_in_perf_map(entry, owner ? *owner : *entry.incarnations.front(), address, result);
    return result;
}

}  // namespace avocet::core

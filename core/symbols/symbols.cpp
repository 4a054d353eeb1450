// SPDX-License-Identifier: Apache-2.0
//
// The cache in front of everything: each (process, address) is resolved once. Answers of a recording come from here
// too.
#include "symbols/symbols.hpp"

#include <dirent.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "avocet/abi/unwind.h"
#include "symbols/kernel_symbols.hpp"
#include "symbols/user_symbols.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t retry_unresolved_ms = 1000;

struct Key {
    uint64_t address;
    uint32_t pid;
    bool operator==(const Key&) const = default;
};
struct HashKey {
    size_t operator()(const Key& key) const {
        return std::hash<uint64_t>()(key.address * 0x9e3779b97f4a7c15u ^ (static_cast<uint64_t>(key.pid) << 32));
    }
};

struct Answer {
    bool found = false;
    const std::string* name = nullptr;
    const std::string* module = nullptr;
    uint64_t offset = 0, file_offset = 0;
    uint64_t retry_at_ms = 0;  // 0: final
};

}  // namespace

struct Symbols::Impl {
    std::mutex mutex;
    KernelSymbols kernel;
    UserSymbols user;
    std::unordered_map<Key, Answer, HashKey> answers;
    std::unordered_set<std::string> strings;  // nodes do not move: pointers into it are handed out
    std::function<void(const std::string&, const std::string&)> warn;
    bool replaying = false, warned = false;
    std::atomic<bool> stop{false};
    std::thread reader;

    ~Impl() {
        stop = true;
        if (reader.joinable()) reader.join();
    }

    // Mappings of everything that runs already.
    void read_running() {
        DIR* proc = opendir("/proc");
        if (!proc) return;
        while (const dirent* entry = readdir(proc)) {
            if (stop) break;
            uint32_t pid = static_cast<uint32_t>(std::strtoul(entry->d_name, nullptr, 10));
            if (pid == 0) continue;
            std::lock_guard lock(mutex);
            user.note(pid);
        }
        closedir(proc);
    }

    const std::string* keep(std::string_view text) { return &*strings.emplace(text).first; }

    void warn_if_hidden() {
        if (!kernel.hidden() || warned || !warn) return;
        warned = true;
        warn("kernel symbols: this kernel shows no addresses to this process",
             "run as root, or with CAP_SYSLOG; kernel.kptr_restrict must be below 2");
    }

    Answer resolve_kernel(uint64_t address) {
        Answer answer{false, keep(""), keep(""), 0, 0, 0};
        auto found = kernel.find(address);
        warn_if_hidden();
        if (!found) return answer;
        return {true, keep(found->name), keep(found->module), found->offset, 0, 0};
    }

    Answer resolve_user(const avocet_frame& frame) {
        if (frame.address == AVOCET_FRAME_UNWIND_FAILURE) return {true, keep("<unwind failure>"), keep(""), 0, 0, 0};
        auto result = user.resolve(frame.pid, frame.address);
        uint64_t retry = result.may_change ? steady_ms() + retry_unresolved_ms : 0;
        return {result.found, keep(result.name), keep(result.module), result.offset, result.file_offset, retry};
    }

    const Answer& resolve(const avocet_frame& frame) {
        auto [entry, is_new] = answers.try_emplace(Key{frame.address, frame.pid});
        Answer& answer = entry->second;
        if (is_new) answer = {false, keep(""), keep(""), 0, 0, 0};
        if (replaying) return answer;
        if (is_new || (answer.retry_at_ms && steady_ms() >= answer.retry_at_ms))
            answer = frame.pid == 0 ? resolve_kernel(frame.address) : resolve_user(frame);
        return answer;
    }
};

Symbols::Symbols() : impl_(std::make_unique<Impl>()) {}
Symbols::~Symbols() = default;

void Symbols::on_warning(std::function<void(const std::string& message, const std::string& hint)> warn) {
    std::lock_guard lock(impl_->mutex);
    impl_->warn = std::move(warn);
}

void Symbols::resolve(const avocet_frame& frame, avocet_symbol& out) {
    std::lock_guard lock(impl_->mutex);
    const Answer& answer = impl_->resolve(frame);
    avocet_symbol symbol{};
    symbol.struct_size = sizeof symbol;
    symbol.found = answer.found;
    symbol.name = {answer.name->data(), answer.name->size()};
    symbol.module = {answer.module->data(), answer.module->size()};
    symbol.offset = answer.offset;
    symbol.file_offset = answer.file_offset;
    out = symbol;
}

uint64_t Symbols::kernel_address(std::string_view name) {
    std::lock_guard lock(impl_->mutex);
    if (impl_->replaying) return 0;
    uint64_t address = impl_->kernel.address_of(name);
    impl_->warn_if_hidden();
    return address;
}

void Symbols::note_process(uint32_t pid) {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->replaying && pid != 0) impl_->user.note(pid);
}

void Symbols::watch_processes(int32_t pid) {
    std::lock_guard lock(impl_->mutex);
    if (impl_->replaying) return;
    impl_->user.watch();
    if (pid > 0)
        impl_->user.note(static_cast<uint32_t>(pid));
    else if (!impl_->reader.joinable())
        impl_->reader = std::thread([impl = impl_.get()] { impl->read_running(); });
}

void Symbols::set_demangling(bool on) {
    std::lock_guard lock(impl_->mutex);
    impl_->user.set_demangling(on);
}

void Symbols::pump() {
    std::lock_guard lock(impl_->mutex);
    impl_->user.drain_watch();
}

std::vector<SymbolSnapshotEntry> Symbols::snapshot() const {
    std::lock_guard lock(impl_->mutex);
    std::vector<SymbolSnapshotEntry> entries;
    entries.reserve(impl_->answers.size());
    for (const auto& [key, answer] : impl_->answers)
        entries.push_back(
            {key.address, key.pid, answer.found, *answer.name, *answer.module, answer.offset, answer.file_offset});
    return entries;
}

void Symbols::replay(std::vector<SymbolSnapshotEntry> entries) {
    std::lock_guard lock(impl_->mutex);
    impl_->replaying = true;
    impl_->answers.clear();
    for (const auto& e : entries)
        impl_->answers[{e.address, e.pid}] = {e.found,  impl_->keep(e.name), impl_->keep(e.module),
                                              e.offset, e.file_offset,       0};
}

}  // namespace avocet::core

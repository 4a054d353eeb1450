// SPDX-License-Identifier: Apache-2.0
//
// What tests of the running kernel share: programs, known workloads, a look at the kernel's list of links.
#pragma once

#include <libelf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <time.h>

#include <filesystem>
#include <set>

#include "backend_under_test.hpp"
#include "files/tree.hpp"

#define NEEDS_ROOT() \
    if (geteuid() != 0) GTEST_SKIP() << "needs root: loads BPF programs into this kernel"

namespace avocet::test {

inline std::string program_file(const char* name) { return std::string(AVOCET_TEST_PROGRAMS) + "/" + name; }
inline std::string plugin_file(const char* id, const char* file) {
    return avocet::test::build_tree() + "/plugins/" + id + "/" + file;
}
inline std::string bpf_plugin() { return plugin_file("backend.bpf", "avocet-backend-bpf.so"); }

// System call 110 on x86-64: cheap, and nobody else here makes it.
inline constexpr uint64_t watched_syscall = SYS_getppid;
inline void make_syscalls(unsigned count) {
    for (unsigned i = 0; i < count; ++i) syscall(SYS_getppid);
}

inline PlanBox raw_sys_enter(uint32_t attach_id) {
    PlanBox box(AVOCET_PLAN_RAW_TRACEPOINT, {target("rawtracepoint:sys_enter", attach_id)});
    box.plan.event = to_abi("sys_enter");
    return box;
}
inline PlanBox runtime(const char* event) {
    PlanBox box(AVOCET_PLAN_RUNTIME, {target(event, 0)});
    box.plan.event = to_abi(event);
    return box;
}
inline PlanBox tracepoint(const char* category, const char* event, uint32_t attach_id) {
    PlanBox box(AVOCET_PLAN_TRACEPOINT, {target(event, attach_id)});
    box.plan.category = to_abi(category);
    box.plan.event = to_abi(event);
    return box;
}

// BPF links that this process holds open, by /proc: what would be left if it forgot one.
inline size_t links_of_this_process() {
    size_t count = 0;
    for (auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code error;
        const auto what = std::filesystem::read_symlink(entry.path(), error).string();
        count += what == "anon_inode:bpf_link" || what == "anon_inode:bpf-link";
    }
    return count;
}

// File offset of a function, from the symbol table.
inline uint64_t function_offset(const std::string& path, const char* name) {
    const std::string bytes = read_file(path);
    uint64_t found = 0;
    elf_version(EV_CURRENT);
    Elf* elf = elf_memory(const_cast<char*>(bytes.data()), bytes.size());
    auto* header = elf64_getehdr(elf);
    auto* segments = elf64_getphdr(elf);
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section));) {
        auto* sh = elf64_getshdr(section);
        if (sh->sh_type != SHT_SYMTAB) continue;
        Elf_Data* data = elf_getdata(section, nullptr);
        auto* symbols = static_cast<const Elf64_Sym*>(data->d_buf);
        for (size_t i = 0; i < data->d_size / sizeof *symbols; ++i) {
            if (std::string_view(elf_strptr(elf, sh->sh_link, symbols[i].st_name)) != name) continue;
            for (int p = 0; p < header->e_phnum; ++p) {
                const uint64_t at = symbols[i].st_value - segments[p].p_vaddr;
                if (segments[p].p_type == PT_LOAD && symbols[i].st_value >= segments[p].p_vaddr &&
                    at < segments[p].p_filesz)
                    found = at + segments[p].p_offset;
            }
        }
    }
    elf_end(elf);
    return found;
}

inline timespec cpu_time() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t;
}
inline uint64_t elapsed_ns(const timespec& since) {
    const timespec now = cpu_time();
    return static_cast<uint64_t>((now.tv_sec - since.tv_sec) * 1'000'000'000 + now.tv_nsec - since.tv_nsec);
}

// Polls until STOP, or until `enough` says so; every sample goes to `each`.
inline avocet_status drain(
    BackendUnderTest& b, const std::function<void(const avocet_sample&)>& each,
    const std::function<bool()>& enough = [] { return false; }) {
    for (int i = 0; i < 100000; ++i) {
        avocet_sample_batch batch;
        const avocet_status status = b.poll(10'000'000, batch);
        if (status != AVOCET_OK) return status;
        for (uint32_t s = 0; s < batch.count; ++s) each(batch.samples[s]);
        if (enough()) return AVOCET_OK;
    }
    return AVOCET_ERR_INTERNAL;
}

}  // namespace avocet::test

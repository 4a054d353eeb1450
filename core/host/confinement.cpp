// SPDX-License-Identifier: Apache-2.0
//
// The filter is classic BPF over struct seccomp_data (Documentation/userspace-api/seccomp_filter.rst): the architecture
// first, then one comparison for each call that is refused.
#include "host/confinement.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "avocet/error.hpp"

namespace avocet::core {

namespace {

#if defined(__x86_64__)
constexpr uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "which AUDIT_ARCH is this machine?"
#endif

struct Right {
    const char* capability;
    uint32_t call;
};

constexpr Right rights[] = {
    {"CAP_BPF", SYS_bpf},
    {"CAP_PERFMON", SYS_perf_event_open},
    {"CAP_SYS_PTRACE", SYS_ptrace},
    {"CAP_SYS_PTRACE", SYS_process_vm_writev},
    {"CAP_SYS_MODULE", SYS_init_module},
    {"CAP_SYS_MODULE", SYS_finit_module},
    {"CAP_SYS_MODULE", SYS_delete_module},
    {"CAP_SYS_BOOT", SYS_kexec_load},
    {"CAP_SYS_BOOT", SYS_reboot},
    {"CAP_SYS_ADMIN", SYS_mount},
    {"CAP_SYS_ADMIN", SYS_umount2},
    {"CAP_SYS_ADMIN", SYS_setns},
    {"CAP_SYS_ADMIN", SYS_unshare},
};

sock_filter load(size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
sock_filter skip_unless(uint32_t value, uint8_t statements) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, statements);
}
sock_filter refuse(int error) { return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)); }
sock_filter allow() { return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }

std::vector<sock_filter> filter_for(const Sidecar& sidecar) {
    std::vector<sock_filter> out{load(offsetof(seccomp_data, arch)), skip_unless(architecture, 1),
                                 BPF_STMT(BPF_JMP | BPF_JA, 1), refuse(EPERM), load(offsetof(seccomp_data, nr))};
    for (const Right& right : rights) {
        const auto& had = sidecar.capabilities;
        if (std::find(had.begin(), had.end(), right.capability) != had.end()) continue;
        out.push_back(skip_unless(right.call, 1));
        out.push_back(refuse(EPERM));
    }
    if (sidecar.network.empty()) {
        out.push_back(skip_unless(SYS_socket, 4));
        out.push_back(load(offsetof(seccomp_data, args)));  // the low half of the first argument
        out.push_back(skip_unless(AF_UNIX, 1));
        out.push_back(allow());
        out.push_back(refuse(EACCES));
    }
    out.push_back(allow());
    return out;
}

}  // namespace

bool confine_thread(const Sidecar& sidecar, std::string& why) {
    std::vector<sock_filter> statements = filter_for(sidecar);
    const sock_fprog program{static_cast<unsigned short>(statements.size()), statements.data()};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
        return true;
    why = errno_text(errno);
    return false;
}

}  // namespace avocet::core

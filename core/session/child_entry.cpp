// SPDX-License-Identifier: Apache-2.0
//
// Holding the `-c` child at its program's first instruction (ptrace(2)). The kernel tells of the exec; by then only the
// program and the dynamic linker are mapped. The linker jumps to the program's entry when it has mapped every library
// that the program needs: a breakpoint there, once, and the child is let go.
#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#include <chrono>
#include <fstream>

#include "session/child.hpp"

namespace avocet::core {

#if defined(__x86_64__)

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto most_waiting = std::chrono::seconds(5);  // constructors may do anything
constexpr timespec between_looks{0, 200'000};
constexpr uint64_t breakpoint = 0xcc, low_byte = 0xff;

// 0: a 32-bit program, or gone.
uint64_t entry_of(pid_t pid) {
    std::ifstream vector("/proc/" + std::to_string(pid) + "/auxv", std::ios::binary);
    Elf64_auxv_t entry{};
    while (vector.read(reinterpret_cast<char*>(&entry), sizeof entry))
        if (entry.a_type == AT_ENTRY) return entry.a_un.a_val;
    return 0;
}

// ptrace's C prototype takes pointers for numbers.
void* number(uint64_t value) { return reinterpret_cast<void*>(static_cast<uintptr_t>(value)); }

class Breakpoint {
public:
    // Not set if there is one already: a probe of somebody else's.
    Breakpoint(pid_t pid, uint64_t at) : pid_(pid), at_(at) {
        if (!at) return;
        errno = 0;
        was_ = static_cast<uint64_t>(ptrace(PTRACE_PEEKTEXT, pid_, number(at_), nullptr));
        if (errno != 0 || (was_ & low_byte) == breakpoint) return;
        is_set_ = ptrace(PTRACE_POKETEXT, pid_, number(at_), number((was_ & ~low_byte) | breakpoint)) == 0;
    }
    bool is_set() const { return is_set_; }
    // Whether the stopped process has run into it; then it goes on from there.
    bool is_hit() const {
        user_regs_struct registers{};
        if (ptrace(PTRACE_GETREGS, pid_, nullptr, &registers) != 0 || registers.rip != at_ + 1) return false;
        registers.rip = at_;
        return ptrace(PTRACE_SETREGS, pid_, nullptr, &registers) == 0;
    }
    void remove() const { ptrace(PTRACE_POKETEXT, pid_, number(at_), number(was_)); }

private:
    pid_t pid_;
    uint64_t at_, was_ = 0;
    bool is_set_ = false;
};

}  // namespace

// Signal it has stopped with; 0: it has ended, or does not stop.
int Child::wait_stopped() {
    for (const auto end = Clock::now() + most_waiting; Clock::now() < end; nanosleep(&between_looks, nullptr)) {
        const pid_t changed = waitpid(pid_, &status_, WNOHANG);
        if (changed == pid_ && WIFSTOPPED(status_)) return WSTOPSIG(status_);
        if (changed != 0) return reaped_ = true, 0;
    }
    return 0;
}

void Child::hold_at_entry() {
    bool execs = wait_stopped() == SIGTRAP;
    if (execs) ptrace(PTRACE_SETOPTIONS, pid_, nullptr, number(PTRACE_O_TRACEEXEC));
    while (execs) {  // the first, or one before the program's own begin
        mapped_();
        const Breakpoint entry(pid_, entry_of(pid_));
        if (!entry.is_set()) break;
        int signal = 0;
        bool is_hit = false;
        do {  // whatever else it stops with is its own, a trap too
            ptrace(PTRACE_CONT, pid_, nullptr, number(static_cast<uint64_t>(signal)));
            signal = wait_stopped();
            execs = signal != 0 && status_ >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
            is_hit = signal == SIGTRAP && !execs && entry.is_hit();
        } while (signal != 0 && !execs && !is_hit);
        if (execs) continue;
        if (signal == 0 && !reaped_) {  // takes too long: what is mapped later is found as it comes
            kill(pid_, SIGSTOP);
            while ((signal = wait_stopped()) != 0 && signal != SIGSTOP) {}
        }
        if (!reaped_) entry.remove();
        if (is_hit) mapped_();
    }
    if (!reaped_) ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
}

void Child::ask_to_be_held() { ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }

#else

int Child::wait_stopped() { return 0; }
void Child::hold_at_entry() {}
void Child::ask_to_be_held() {}

#endif

}  // namespace avocet::core

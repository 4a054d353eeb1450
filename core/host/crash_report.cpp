// SPDX-License-Identifier: Apache-2.0
#include "host/crash_report.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "host/codes.hpp"

namespace avocet::core {
namespace {

constexpr int most_frames = 32;

struct NamedLibrary {
    const void* base;
    char plugin[64];
};
std::array<NamedLibrary, 128> libraries;
std::atomic<size_t> named{0};
std::atomic<bool> reporting{false};

const char* file_name(const Dl_info& info) {
    const char* slash = info.dli_fname ? std::strrchr(info.dli_fname, '/') : nullptr;
    return slash ? slash + 1 : info.dli_fname;
}

const char* plugin_at(const void* base) {
    const size_t known = std::min(named.load(std::memory_order_acquire), libraries.size());
    for (size_t i = 0; i < known; ++i)
        if (libraries[i].base == base) return libraries[i].plugin;
    return nullptr;
}

// Calls visit(cursor, address of the frame's instruction) until it returns false.
template <class Visit>
void each_frame(void* context, Visit visit) {
    unw_cursor_t cursor;
    if (unw_init_local2(&cursor, static_cast<unw_context_t*>(context), UNW_INIT_SIGNAL_FRAME) != 0) return;
    for (int n = 0; n < most_frames; ++n) {
        unw_word_t at = 0;
        if (unw_get_reg(&cursor, UNW_REG_IP, &at) != 0) return;
        const bool interrupted = n == 0 || unw_is_signal_frame(&cursor) > 0;
        if (!visit(cursor, at - (interrupted ? 0 : 1)) || unw_step(&cursor) <= 0) return;
    }
}

// The innermost frame of a plugin's library: who called what crashed.
const char* plugin_of(void* context) {
    const char* found = nullptr;
    each_frame(context, [&](unw_cursor_t&, unw_word_t at) {
        Dl_info info{};
        if (dladdr(reinterpret_cast<void*>(at), &info)) found = plugin_at(info.dli_fbase);
        return !found;
    });
    return found;
}

void handle(int signal, siginfo_t*, void* context) {
    for (const int each : crash_signals) std::signal(each, SIG_DFL);
    if (!reporting.exchange(true)) {
        sigset_t again;
        sigemptyset(&again);
        for (const int each : crash_signals)
            if (each != signal) sigaddset(&again, each);
        pthread_sigmask(SIG_UNBLOCK, &again, nullptr);  // a crash in here ends the process
        char line[256];
        const char* plugin = plugin_of(context);
        const int size = plugin ? snprintf(line, sizeof line, "%s: error: plugin '%s': ", plugin, plugin)
                                : snprintf(line, sizeof line, "avocet: error: ");
        snprintf(line + size, sizeof line - static_cast<size_t>(size),
                 "crashed (SIG%s); nothing stays attached [E%04d]\n", sigabbrev_np(signal), code::crashed);
        say_plainly(line);
        write_frames(context);
        say_plainly(plugin ? "hint: run without the plugin, or report this to its author\n"
                           : "hint: please report this\n");
    }
    raise(signal);  // once this returns
}

}  // namespace

void say_plainly(const char* text) noexcept {
    for (size_t left = std::strlen(text); left > 0;) {
        const ssize_t written = write(STDERR_FILENO, text, left);
        if (written <= 0) return;
        text += written;
        left -= static_cast<size_t>(written);
    }
}

void write_frames(void* context) noexcept {
    each_frame(context, [](unw_cursor_t& cursor, unw_word_t at) {
        Dl_info info{};
        char line[512], name[256];
        unw_word_t offset = 0;
        const bool known = dladdr(reinterpret_cast<void*>(at), &info) != 0 && info.dli_fname;
        int size = known ? snprintf(line, sizeof line, "    %s+0x%zx", file_name(info),
                                    at - reinterpret_cast<unw_word_t>(info.dli_fbase))
                         : snprintf(line, sizeof line, "    0x%zx", static_cast<size_t>(at));
        const size_t used = std::min(static_cast<size_t>(size), sizeof line - 2);
        if (known && unw_get_proc_name(&cursor, name, sizeof name, &offset) == 0)
            snprintf(line + used, sizeof line - used, " %s+0x%zx\n", name, static_cast<size_t>(offset));
        else
            snprintf(line + used, sizeof line - used, "\n");
        say_plainly(line);
        return true;
    });
}

void report_crashes() {
    alignas(16) static std::byte stack[64 << 10];  // of the main thread: endless recursion is told, too
    stack_t own{};
    own.ss_sp = stack;
    own.ss_size = sizeof stack;
    sigaltstack(&own, nullptr);
    struct sigaction action {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    for (const int each : crash_signals) sigaction(each, &action, nullptr);
}

void name_library(const void* inside, const std::string& plugin) {
    Dl_info info{};
    const size_t at = named.load(std::memory_order_relaxed);
    if (at >= libraries.size() || !dladdr(inside, &info)) return;
    libraries[at].base = info.dli_fbase;
    snprintf(libraries[at].plugin, sizeof libraries[at].plugin, "%s", plugin.c_str());
    named.store(at + 1, std::memory_order_release);
}

}  // namespace avocet::core

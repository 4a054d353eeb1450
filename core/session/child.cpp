// SPDX-License-Identifier: Apache-2.0
#include "session/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "avocet/error.hpp"

namespace avocet::core {

bool split_command(std::string_view text, std::vector<std::string>& words) {
    std::string word;
    bool open = false;
    char quote = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (quote) {
            if (c == quote)
                quote = 0;
            else if (c == '\\' && quote == '"' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\'))
                word += text[++i];
            else
                word += c;
        } else if (c == '\'' || c == '"') {
            quote = c;
            open = true;
        } else if (c == '\\' && i + 1 < text.size()) {
            word += text[++i];
            open = true;
        } else if (c == ' ' || c == '\t' || c == '\n') {
            if (open) words.push_back(std::move(word));
            word.clear();
            open = false;
        } else {
            word += c;
            open = true;
        }
    }
    if (open) words.push_back(std::move(word));
    return quote == 0;
}

std::string find_program(const std::string& name) {
    auto runnable = [](const std::string& path) {
        struct stat st {};
        return stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && access(path.c_str(), X_OK) == 0;
    };
    if (name.find('/') != std::string::npos) return runnable(name) ? name : std::string();
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
    while (!rest.empty()) {
        size_t colon = rest.find(':');
        std::string dir(rest.substr(0, colon));
        rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
        std::string full = (dir.empty() ? "." : dir) + "/" + name;
        if (runnable(full)) return full;
    }
    return {};
}

namespace {

[[noreturn]] void run_child(const std::string& program, std::vector<char*>& argv, int go, int error,
                            void (*before_exec)()) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    char byte;
    ssize_t n;
    do n = read(go, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n != 1) _exit(0);  // the tracer gave up
    if (before_exec) before_exec();
    execv(program.c_str(), argv.data());
    int reason = errno;
    (void)!write(error, &reason, sizeof reason);
    _exit(127);
}

}  // namespace

std::unique_ptr<Child> Child::start(const std::string& command, Diagnostics& diagnostics,
                                    std::function<void()> mapped) {
    std::vector<std::string> words;
    if (!split_command(command, words)) {
        diagnostics.error("session", "command '" + command + "': a quote is not closed", {}, 220);
        return nullptr;
    }
    std::string program = words.empty() ? std::string() : find_program(words[0]);
    if (program.empty()) {
        std::string name = words.empty() ? std::string() : words[0];
        diagnostics.error("session", "command '" + name + "': no such program, or it is not executable", {}, 221);
        return nullptr;
    }
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    int go[2], error[2];
    if (pipe2(go, O_CLOEXEC) != 0) return nullptr;
    if (pipe2(error, O_CLOEXEC) != 0) {
        close(go[0]);
        close(go[1]);
        return nullptr;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        run_child(program, argv, go[0], error[1], mapped ? ask_to_be_held : nullptr);
    }
    close(go[0]);
    close(error[1]);
    std::unique_ptr<Child> child(new Child());
    child->go_ = go[1];
    child->error_ = error[0];
    child->program_ = program;
    child->mapped_ = std::move(mapped);
    if (pid < 0) {
        diagnostics.error("session", "command '" + program + "': cannot start a process: " + errno_text(errno), {},
                          222);
        child->reaped_ = true;
        return nullptr;
    }
    child->pid_ = pid;
    child->pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    return child;
}

bool Child::release(Diagnostics& diagnostics) {
    char byte = 1;
    (void)!write(go_, &byte, 1);
    close(go_);
    go_ = -1;
    int reason = 0;
    ssize_t n;
    do n = read(error_, &reason, sizeof reason);  // ends at exec, which closes the other side
    while (n < 0 && errno == EINTR);
    if (n != sizeof reason) {
        if (mapped_) hold_at_entry();
        return true;
    }
    diagnostics.error("session", "command '" + program_ + "': cannot execute: " + errno_text(reason), {}, 223);
    return false;
}

bool Child::ended() {
    if (reaped_) return true;
    pid_t r = waitpid(pid_, &status_, WNOHANG);
    if (r == pid_ || (r < 0 && errno == ECHILD)) reaped_ = true;
    return reaped_;
}

Child::~Child() {
    if (go_ >= 0) close(go_);
    if (error_ >= 0) close(error_);
    if (!reaped_ && pid_ > 0 && !ended()) {
        kill(pid_, SIGTERM);
        pollfd p{pidfd_, POLLIN, 0};
        if (pidfd_ < 0 || poll(&p, 1, 2000) == 0) kill(pid_, SIGKILL);
        waitpid(pid_, &status_, 0);
    }
    if (pidfd_ >= 0) close(pidfd_);
}

}  // namespace avocet::core

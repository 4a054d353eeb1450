// SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace avocet::console {

namespace {

// Alternate screen, cursor, wrapping: xterm's private modes 1049, 25 and 7, which every terminal in use has.
constexpr std::string_view take_over = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H";
constexpr std::string_view hand_over = "\x1b[?7h\x1b[?25h\x1b[?1049l";

// The one that SIGTSTP is about: a signal handler has no other way to know. One console can have a screen at a time.
std::atomic<Terminal*> on_screen{nullptr};

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<size_t>(n));
    }
}

}  // namespace

Terminal::Terminal(int output) : output_(output) {
    if (::isatty(STDIN_FILENO)) {
        input_ = STDIN_FILENO;
    } else {
        input_ = ::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
        own_input_ = input_ >= 0;
    }
    termios now{};
    if (input_ >= 0 && ::tcgetattr(input_, &now) == 0 && ::tcgetpgrp(input_) == ::getpgrp()) normal_ = now;
    start_guard();
}

Terminal::~Terminal() {
    leave();
    if (guard_pipe_ >= 0) {
        write_all(guard_pipe_, "x");
        ::close(guard_pipe_);
    }
    while (guard_ > 0 && ::waitpid(guard_, nullptr, 0) < 0 && errno == EINTR) {}
    if (own_input_) ::close(input_);
}

// The child has nothing of this process but the terminal and the end of a pipe. Only async-signal-safe calls, as other
// threads may hold locks. It outlives an interrupt of the process group.
void Terminal::start_guard() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    guard_ = ::fork();
    if (guard_ != 0) {
        ::close(ends[0]);
        guard_pipe_ = ends[1];
        return;
    }
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (int number : {SIGINT, SIGTERM, SIGHUP, SIGTTOU, SIGTSTP, SIGQUIT, SIGPIPE})
        ::sigaction(number, &ignore, nullptr);
    const int screen = output_, keyboard = input_;
    for (unsigned fd = 0; fd < 3; ++fd)
        if (static_cast<int>(fd) != screen && static_cast<int>(fd) != keyboard) ::close(static_cast<int>(fd));
    ::close(ends[1]);
    const unsigned keep[] = {static_cast<unsigned>(ends[0]), static_cast<unsigned>(screen),
                             static_cast<unsigned>(keyboard < 0 ? screen : keyboard)};
    for (unsigned fd = 3; fd < 4096; ++fd)
        if (fd != keep[0] && fd != keep[1] && fd != keep[2]) ::close(static_cast<int>(fd));
    bool taken = false;
    for (char word = 0;;) {
        const ssize_t n = ::read(ends[0], &word, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;            // the process has died
        if (word == 'x') ::_exit(0);  // it ends in order
        taken = word == '+';
    }
    if (taken) give_back();
    ::_exit(0);
}

void Terminal::take() {
    if (guard_pipe_ >= 0) write_all(guard_pipe_, "+");
    if (normal_) {
        termios raw = *normal_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        ::tcsetattr(input_, TCSANOW, &raw);
    }
    write_all(output_, take_over);
}

void Terminal::give_back() {
    write_all(output_, hand_over);
    if (normal_) ::tcsetattr(input_, TCSANOW, &*normal_);
    if (guard_pipe_ >= 0) write_all(guard_pipe_, "-");
}

void Terminal::enter() {
    if (entered_) return;
    take();
    entered_ = true;
    on_screen = this;
    struct sigaction action {};
    action.sa_handler = on_suspend;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGTSTP, &action, nullptr);
}

void Terminal::leave() {
    if (!entered_.exchange(false)) return;
    ::signal(SIGTSTP, SIG_DFL);
    on_screen = nullptr;
    give_back();
}

// SIGSTOP stops right here; what follows runs on continuation.
void Terminal::on_suspend(int) {
    const int error = errno;
    Terminal* terminal = on_screen;
    if (terminal) terminal->give_back();
    ::raise(SIGSTOP);
    if (terminal && terminal == on_screen) {
        terminal->take();
        terminal->resumed_ = true;
    }
    errno = error;
}

ScreenSize Terminal::size() const {
    winsize size{};
    if (::ioctl(output_, TIOCGWINSZ, &size) != 0 || !size.ws_row || !size.ws_col) return {};
    return {size.ws_row, size.ws_col};
}

std::string Terminal::keys() {
    std::string out;
    pollfd ready{input_, POLLIN, 0};
    while (normal_ && entered_ && ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN)) {
        char bytes[64];
        const ssize_t n = ::read(input_, bytes, sizeof bytes);
        if (n <= 0) break;
        out.append(bytes, static_cast<size_t>(n));
    }
    return out;
}

}  // namespace avocet::console

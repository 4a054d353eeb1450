// SPDX-License-Identifier: Apache-2.0
//
// A terminal taken over: alternate screen, no cursor, no line wrapping, keys as they are typed (interrupt and suspend
// still work). Given back on every way out: by the destructor; before a suspension, by a handler of SIGTSTP that takes
// it over again on continuation; and when the process dies without saying so (SIGKILL, a crash, the third interrupt),
// by a small child that does nothing but wait for that.
#pragma once

#include <termios.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace avocet::console {

struct ScreenSize {
    unsigned rows = 24, columns = 80;
    bool operator==(const ScreenSize&) const = default;
};

class Terminal {
public:
    // `output`: a terminal that is written to. Keys come from standard input, or /dev/tty if that is no terminal.
    explicit Terminal(int output);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void enter();
    void leave();
    bool entered() const { return entered_; }
    ScreenSize size() const;
    // What was typed since the last call; never waits.
    std::string keys();
    // Whether the screen was given back and taken over again since the last call: everything has to be drawn again.
    bool resumed() { return resumed_.exchange(false); }

private:
    void take();       // [async-signal-safe]
    void give_back();  // [async-signal-safe]
    void start_guard();
    static void on_suspend(int);

    int output_, input_ = -1;
    bool own_input_ = false;
    std::optional<termios> normal_;
    std::atomic<bool> entered_{false}, resumed_{false};
    int guard_pipe_ = -1;
    int guard_ = -1;
};

}  // namespace avocet::console

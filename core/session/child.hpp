// SPDX-License-Identifier: Apache-2.0
//
// The `-c` child: forked before anything is attached, held until everything is, ended with the session.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/diagnostics.hpp"

namespace avocet::core {

// Splits a command line as a shell would: blanks, '...', "...", backslash. No expansion. False: a quote is open.
bool split_command(std::string_view text, std::vector<std::string>& words);

// Absolute path of a program as execvp would find it, empty if there is none.
std::string find_program(const std::string& name);

class Child {
public:
    // nullptr: no such program or not executable; reported. With `mapped`, it is called while the child is stopped
    // inside release(): after the exec, and before the program's own first instruction, when its libraries are mapped.
    static std::unique_ptr<Child> start(const std::string& command, Diagnostics& diagnostics,
                                        std::function<void()> mapped = nullptr);
    ~Child();  // terminates the child if it is still there
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return pid_; }
    // Lets the child run its program. False: exec failed; reported. On the thread that has started it.
    bool release(Diagnostics& diagnostics);
    // Whether it has ended; reaps it. Descriptor becomes readable when it ends.
    bool ended();
    int pidfd() const { return pidfd_; }
    int exit_status() const { return status_; }

private:
    Child() = default;
    // child_entry.cpp
    static void ask_to_be_held();  // in the child, before exec
    int wait_stopped();
    void hold_at_entry();
    std::function<void()> mapped_;
    pid_t pid_ = -1;
    int go_ = -1, error_ = -1, pidfd_ = -1, status_ = 0;
    bool reaped_ = false;
    std::string program_;
};

}  // namespace avocet::core

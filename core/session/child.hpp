// SPDX-License-Identifier: Apache-2.0
//
// The `-c` child: forked before anything is attached, held until everything is, ended with the session.
#pragma once

#include <sys/types.h>

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
    // nullptr: no such program or not executable; reported.
    static std::unique_ptr<Child> start(const std::string& command, Diagnostics& diagnostics);
    ~Child();  // terminates the child if it is still there
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return pid_; }
    // Lets the child run its program. False: exec failed; reported.
    bool release(Diagnostics& diagnostics);
    // Whether it has ended; reaps it. Descriptor becomes readable when it ends.
    bool ended();
    int pidfd() const { return pidfd_; }
    int exit_status() const { return status_; }

private:
    Child() = default;
    pid_t pid_ = -1;
    int go_ = -1, error_ = -1, pidfd_ = -1, status_ = 0;
    bool reaped_ = false;
    std::string program_;
};

}  // namespace avocet::core

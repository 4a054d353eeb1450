// SPDX-License-Identifier: Apache-2.0
//
// Test and bench mode: functions of the program that the tracer runs itself, once everything is attached.
//
// A test passes if it returns 0, calls no exit() with another code, and reports no error; what it prints is kept and
// shown only if it fails. A bench runs more and more rounds until they take a millisecond; the rounds are inside the
// kernel, so that the mean is the body's and not the system call's. What benches print is dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "record/report.hpp"

namespace avocet::core {

enum class SessionMode { trace, test, bench };

struct SelfRunFunction {
    std::string function, name;  // ELF symbol; what the user calls it
};

// What a run left behind.
struct SelfRunTraces {
    std::string output;   // text of its records
    bool errors = false;  // it reported one
    int exit_code = 0;
};

class SelfRun {
public:
    // All of the session: run a function (false: it could not be run, which was reported), collect what it left, show.
    std::function<bool(const std::string& function, uint32_t rounds, int64_t& result)> run;
    std::function<SelfRunTraces()> collect;
    std::function<void(const Report& report)> show;
    std::function<void(const std::string& name)> failed;  // a bench that could not be run

    // False: one failed.
    bool tests(const std::vector<SelfRunFunction>& functions);
    bool benches(const std::vector<SelfRunFunction>& functions);

private:
    bool bench(const SelfRunFunction& bench, uint64_t width);
};

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// The compiler as a list of passes, and the one wrapper round each of them: its name, its time, whether it was
// disabled, whether it reported errors, and what it dumps.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "unit.hpp"

namespace avocet::dsl {

class Pipeline {
public:
    using Dump = std::function<void(const std::string& stage, const std::string& text)>;

    Pipeline(Unit& unit, Dump dump);
    // False: errors were reported (and handed over to the host). On success Unit::object holds the program, unless only
    // a check was asked for.
    bool run();

private:
    struct Timing {
        std::string pass;
        double milliseconds;
    };
    bool parse();
    bool analyse();
    void hand_over();  // messages so far, to the host
    bool timed(const std::string& name, const std::function<void()>& body);
    bool run_pass(const Pass& pass);
    bool lower();
    bool step(const std::string& name, const std::function<void()>& body);
    bool wants(const std::string& stage) const;
    void dump_timings();

    Unit& unit_;
    Dump dump_;
    std::vector<std::string> stages_, disabled_;
    std::vector<Timing> timings_;
};

// All passes between parsing and lowering, in order.
std::vector<Pass> passes();

}  // namespace avocet::dsl

// SPDX-License-Identifier: Apache-2.0
//
// A compilation in a test, up to plan_outputs, against the fake host.
#pragma once

#include "fake_host.hpp"
#include "golden.hpp"
#include "unit.hpp"

namespace avocet::dsl::test {

struct Compilation {
    FakeHost host;
    Sources sources;
    DiagnosticList diagnostics;
    std::vector<avocet_str> parameters, settings;
    avocet_source source{};
    Unit unit;

    explicit Compilation(const golden::Input& input, uint32_t flags = 0);
    // Runs the passes as the pipeline does: behind an error only those that tolerate it.
    void run();
    bool failed() const { return diagnostics.has_errors() || unit.refused; }
    std::string messages();  // of the host, then of the passes
};

}  // namespace avocet::dsl::test

// SPDX-License-Identifier: Apache-2.0
//
// The C frontend: libbpf-style BPF C becomes a program object. Probe specs come from the SEC() names (the host reads
// them), messages are Clang's, at the user's lines.
#pragma once

#include <array>

#include "avocet/frontend.hpp"
#include "compile/compiler.hpp"

namespace avocet::c {

inline constexpr std::array<avocet_option, 1> frontend_options{
    option(AVOCET_OPTION_STRING, "cpu", "v3", "instruction set of the objects: v1 to v4"),
};

class CFrontend final : public Frontend {
public:
    CFrontend(const Host& host, const Options& options) : host_(host), cpu_(options.text("cpu")) {}
    void compile(const avocet_source& source, const avocet_compile_events& events) override;

private:
    CompileJob job_for(const avocet_source& source) const;
    std::string kernel_types(const avocet_compile_events& events) const;
    static BccJob attachments(const avocet_source& source);

    Host host_;
    std::string cpu_;
};

}  // namespace avocet::c

// SPDX-License-Identifier: Apache-2.0
//
// The C frontend: libbpf-style BPF C becomes a program object. Probe specs come from the SEC() names (the host reads
// them), messages are Clang's, at the user's lines.
#pragma once

#include <array>

#include "avocet/frontend.hpp"
#include "bcc/dialect.hpp"
#include "compile/compiler.hpp"
#include "sidecar/tool.hpp"

namespace avocet::c {

inline constexpr std::array<avocet_option, 1> frontend_options{
    option(AVOCET_OPTION_STRING, "cpu", "v3", "instruction set of the objects: v1 to v4"),
};

class CFrontend final : public Frontend {
public:
    CFrontend(const Host& host, const Options& options) : host_(host), cpu_(options.text("cpu")) {}
    void compile(const avocet_source& source, const avocet_compile_events& events) override;

private:
    CompileJob job_for(const avocet_source& source, const Tool& tool) const;
    static Dialect choose_dialect(const Tool& tool, const std::string& text);
    void check_attached(const std::vector<BccFunction>& functions, const Tool& tool, const std::string& name) const;
    std::string kernel_types(const avocet_compile_events& events) const;
    CompileResult compile_libbpf(CompileJob job, const Tool& tool, const avocet_compile_events& events) const;
    CompileResult compile_bcc_text(CompileJob job, const Tool& tool, const avocet_source& source,
                                   const avocet_compile_events& events) const;
    void explain(CompileResult& result, bool bcc, const CompileJob& job, const std::string& types) const;
    std::vector<std::string> arguments_of(const std::string& spec) const;

    Host host_;
    std::string cpu_;
};

}  // namespace avocet::c

// SPDX-License-Identifier: Apache-2.0
//
// lsm and fmod_ret: the kernel obeys what the program returns, so only programs that return something attach here: C's.
// A security hook NAME is the function bpf_lsm_NAME of the kernel's types. A result can be replaced of functions that
// their author has marked (ALLOW_ERROR_INJECTION) and of all that begin with security_ (check_attach_modify_return in
// kernel/bpf/verifier.c).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "avocet/function_types.hpp"
#include "avocet/options.hpp"
#include "avocet/provider.hpp"

namespace avocet::hook {

inline constexpr std::array options{
    option(AVOCET_OPTION_PATH, "injection_file", "/sys/kernel/debug/error_injection/list",
           "List of the functions whose result can be replaced."),
};

class HookProvider final : public Provider {
public:
    HookProvider(const Host& host, const Options& values)
        : injection_file_(values.text("injection_file")), types_(host) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    std::vector<std::string> names(bool hooks);  // as they stand behind the colon
    // Functions of the list; nullopt: it cannot be read.
    std::optional<std::vector<std::string>> injectable() const;
    std::string check(const ProbeSpec& spec);

    std::string injection_file_;
    FunctionTypes types_;
};

}  // namespace avocet::hook

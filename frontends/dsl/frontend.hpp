// SPDX-License-Identifier: Apache-2.0
//
// The tracing language as an Avocet frontend.
#pragma once

#include <array>

#include "avocet/frontend.hpp"

namespace avocet::dsl {

inline constexpr std::array<avocet_option, 0> frontend_options{};

class DslFrontend final : public Frontend {
public:
    DslFrontend(const Host& host, const Options&) : host_(host) {}
    void compile(const avocet_source& source, const avocet_compile_events& events) override;
    void format(const avocet_source& source, const avocet_compile_events& events) override;

private:
    Host host_;
};

}  // namespace avocet::dsl

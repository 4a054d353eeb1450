// SPDX-License-Identifier: Apache-2.0
//
// The text of one attach point, taken apart: `name=kind:part:"quoted part"`. The kind is matched without regard to case
// in its long form; aliases are the plugins' (one letter, case matters).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "avocet/abi/provider.h"
#include "host/diagnostics.hpp"
#include "host/registry.hpp"

namespace avocet::core {

struct Spec {
    std::string label;  // `name=`, may be empty
    std::string kind;   // full name, lower case
    std::string text;   // "kind:part:part", aliases expanded, quotes kept
    std::vector<std::string> parts;
    Place place;
    int32_t pid = -1;
    uint32_t flags = 0;
};

// Splits at `:` outside quotes; quotes are removed and `\` inside them protects the next byte.
std::vector<std::string> split_spec(std::string_view text);

// nullopt: no provider knows the kind; reported at `place`: no policy for missing probes covers a misspelt kind.
std::optional<Spec> parse_spec(std::string_view text, const Registry& registry, Diagnostics& diagnostics, Place place);

// The spec as providers see it. Valid as long as `spec` and `views`.
avocet_probe_spec abi_spec(const Spec& spec, std::vector<avocet_str>& views);

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// Named options of a program (`--NAME=VALUE` after `--`): checked against the options that its manifest declares, and
// turned into the constants that hold them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/diagnostics.hpp"
#include "program/program.hpp"

namespace avocet::core {

enum class NamedOptions { good, bad, help };

// `given`: "--name=value" or "--name". Constants (name, bytes) are added to `out`. bad: all mistakes were reported;
// help: `--help` was asked for and the program declares none of that name; `help_text` says what there is.
// `shown_only`: the program has run already; what the options do to the records that it left is done again.
NamedOptions read_named_options(const std::vector<std::string>& given, Program& program, Diagnostics& diagnostics,
                                std::vector<std::pair<std::string, std::string>>& out, std::string& help_text,
                                bool shown_only = false);
// Without the options that are given anew.
void replace_options(std::vector<std::string>& named, const std::vector<std::string>& anew);

// "-p 5", "-p5" and "-p=5" among the parameters become "--pid=5" among the named options, where the program declares
// -p. What has no name becomes the positional options, in their order.
void take_short_options(std::vector<std::string>& parameters, const Manifest& manifest,
                        std::vector<std::string>& named);

// Named options that the program is compiled with become settings, "NAME=VALUE". true: there were some.
bool take_build_options(std::vector<std::string>& named, const Manifest& manifest, std::vector<std::string>& settings);

}  // namespace avocet::core

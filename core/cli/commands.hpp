// SPDX-License-Identifier: Apache-2.0
//
// One function for each command of `avocet`. Each declares its options on a CLI11 subcommand; `run` of the returned
// object is called when the command was chosen and returns the exit status.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/application.hpp"

namespace avocet::core {

using CommandBody = std::function<int(const GlobalOptions&)>;

CommandBody add_run_command(CLI::App& app);
CommandBody add_list_command(CLI::App& app);
CommandBody add_check_command(CLI::App& app);
CommandBody add_build_command(CLI::App& app);
CommandBody add_bundle_command(CLI::App& app);
CommandBody add_fmt_command(CLI::App& app);
CommandBody add_plugin_command(CLI::App& app);
CommandBody add_plugins_command(CLI::App& app);
CommandBody add_config_command(CLI::App& app);
CommandBody add_doctor_command(CLI::App& app);
CommandBody add_cache_command(CLI::App& app);

}  // namespace avocet::core

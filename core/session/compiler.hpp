// SPDX-License-Identifier: Apache-2.0
//
// Source text to a program: through the cache, or through the frontend that the file name or configuration chooses.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "program/program.hpp"
#include "session/compile_cache.hpp"
#include "session/host_services.hpp"

namespace avocet::core {

struct SourceInput {
    std::string name;  // as shown: "stdin", "tool.bt"
    std::string text;
    std::string tool;      // short name
    std::string frontend;  // language; empty: by file name, then the configuration
    std::vector<std::string> parameters, include_dirs, include_files, settings;
    int32_t pid = -1;
    bool has_command = false, unsafe = false, warnings = false, portable = false, check_only = false;
    std::string dump, disable;
};

struct CompileOutcome {
    std::unique_ptr<Program> program;  // nullptr with ok: check_only
    bool ok = false;
    std::string cache_note;  // "hit", "no entry", ...
};

class Compiler {
public:
    Compiler(HostServices& host, const Config& config) : host_(host), config_(config) {}
    // Text of `dump` stages goes to `on_dump`.
    CompileOutcome compile(const SourceInput& source,
                           const std::function<void(std::string_view stage, std::string_view text)>& on_dump);
    // Standard form of a source; nullopt: reported.
    std::optional<std::string> format(const SourceInput& source);

private:
    avocet_status compile_file(const SourceInput& importer, std::string_view path, uint32_t flags,
                               const avocet_compile_events& events);
    const Sidecar* choose(const SourceInput& source);
    std::string key(const SourceInput& source, const Sidecar& sidecar) const;
    HostServices& host_;
    const Config& config_;
};

}  // namespace avocet::core

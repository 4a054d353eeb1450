// SPDX-License-Identifier: Apache-2.0
//
// The manifest of a program, parsed and checked. Format: sdk/docs/program.md. Untrusted input: every error is a
// reported diagnostic, never a crash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "avocet/abi/program.h"
#include "avocet/abi/provider.h"
#include "host/diagnostics.hpp"

namespace avocet::core {

struct ManifestProbe {
    std::string spec;
    Place place;
};

struct ManifestFunction {
    std::string name, context, identity, label, missing = "error";
    uint32_t clause = 0, order = 0, selector_count = 0;
    bool is_return = false;
    std::vector<ManifestProbe> probes;
};

struct ManifestMap {
    std::string name, symbol, aggregate = "none";
    bool keyed = false, is_signed = false, print = true;
    uint32_t bits = 0;
    int64_t min = 0, max = 0, step = 0;
    int64_t interval_ns = 0;  // tseries
    uint32_t intervals = 0;
    std::string combine = "last";
};

struct ManifestOutput {
    std::string kind, type, format, separator, message, severity, helper;
    std::string file;        // packet
    uint64_t max_bytes = 0;  // cat
    int32_t map = -1;
    uint64_t top = 0, div = 0;
    uint32_t clause = 0;
    Place place;
};

struct ManifestOption {
    std::string name, type, doc, constant, default_text;
};

struct ManifestFact {
    std::string kind, name, constant, function;
    avocet_place preferred_place = 0;  // argument: as it was where the program was compiled
    uint32_t index = 0, size = 0;
    Place place;
};

struct Manifest {
    uint32_t schema = AVOCET_MANIFEST_SCHEMA;
    std::string tool, frontend, frontend_version, target, license, source_name, source_text;
    bool events = false;
    uint32_t stacks = 0;
    std::vector<ManifestFunction> functions;
    std::vector<ManifestMap> maps;
    std::vector<ManifestOutput> outputs;
    std::vector<ManifestFact> facts;
    std::vector<ManifestOption> options;
    std::vector<std::string> needs;
    struct {
        bool print_maps_on_exit = true;
        std::string str_trunc_trailer = "..", stack_mode = "bpftrace", missing_probes = "error";
        uint64_t max_strlen = 1024;
    } settings;
};

// From the bytes of the .avocet section. nullopt: reported.
std::optional<Manifest> parse_manifest(std::string_view json, Diagnostics& diagnostics);

}  // namespace avocet::core

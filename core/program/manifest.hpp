// SPDX-License-Identifier: Apache-2.0
//
// The manifest of a program, parsed and checked. Format: sdk/docs/program.md. Untrusted input: every error is a
// reported diagnostic, never a crash.
#pragma once

#include <cstdint>
#include <map>
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

// To the kernel where the program runs: field("task_struct", "__state"). `ask`: field, type, enumerator, symbol,
// kernel, feature, probe (a spec that resolves).
struct ManifestKernelQuestion {
    std::string ask;
    std::vector<std::string> of;
    bool negated = false;
};

struct ManifestFunction {
    std::string name, context, identity, label, missing = "error";
    uint32_t clause = 0, order = 0, selector_count = 0;
    bool is_return = false;
    std::vector<ManifestProbe> probes;
    // Functions of one group do the same by different means: those of the first rank this machine offers are taken.
    std::string group;
    uint32_t rank = 0;
    bool first_of = false;                     // of `probes`, the first that resolves is meant, not all of them
    int32_t pid = -1;                          // only in this process; -1: where the session says
    std::string needs;                         // an option of the compiler that must be given before it can attach
    std::vector<ManifestKernelQuestion> when;  // attached only if all of them are answered with yes
    std::optional<uint32_t> cookie;            // what bpf_get_attach_cookie() gives, instead of a number of ours
};

// Whether an option was given; with `value`, whether it was given so.
struct ManifestQuestion {
    std::string option;
    std::optional<std::string> value;
    bool negated = false;
};

// One column of a foreign channel or map. `field`: member path ("key.pid"); `value`: instead of it, an expression over
// members (core/route/expression.hpp).
struct ManifestColumn {
    std::string head, field, as, format;
    Place place;
    std::string value;
    uint32_t width = 0;                  // where there is no format
    std::vector<ManifestQuestion> when;  // the column is there if all of them are true
};

struct ManifestMap {
    std::string name, symbol, aggregate = "none";
    std::string short_symbol;  // of the map where keys with a short text stand, or empty (sdk/docs/program.md)
    bool keyed = false, is_signed = false, print = true;
    uint32_t bits = 0;
    int64_t min = 0, max = 0, step = 0;
    int64_t interval_ns = 0;  // tseries
    uint32_t intervals = 0;
    std::string combine = "last";
    // Of a foreign map (core/program/tool_manifest.hpp): the key's member that is the histogram's slot; the members
    // that name a histogram, all others if there are none.
    std::string slot;
    std::vector<std::string> section;
    std::string section_head, section_as;  // "Process" for lines "Process = bash"; how the one member is shown: "ksym"
    bool clear = false;                    // after an interval's print
    bool imported = false;                 // of a C program that is part of the object
    uint64_t top = 0;                      // rows that are printed, 0: all
    // Shown as a table of these columns, over the members of key and value ("key" and "value" are all of them).
    std::vector<ManifestColumn> columns;
    bool folded = false;     // of stacks: a line for each, "name;outermost;...;innermost count"
    bool header = true;      // above the table
    bool skip_zero = false;  // without rows of which all numbers are zero
    std::string sort;        // a value over members; rows are in its order, and `top` are the first
    Place sort_place;
    std::vector<std::string> total;  // columns whose sum stands below the rows
    std::string join, join_on;       // another map; the member that is its key (empty: the key)
    Place join_place;
    std::string label;  // what a histogram counts in: "Kbytes"
    std::string style;  // of a histogram's text: "bcc" is BCC's own
    std::string unit;   // of its values: "ns", "bytes"
    Place unit_place;
    std::string value;  // instead of its value: one over members of key and value
    Place value_place;
    bool at_end = true, at_interval = true;
    std::string reduce;  // of a map of numbers per CPU: "sum" (also empty), "max", "avg", "each"
    // Of a variable that is shown like a map: the section that is a map of one element, where in it the variable
    // begins, and its elements, each under its index, if it is an array (0: it is none).
    std::string storage;
    uint64_t storage_offset = 0;
    uint32_t storage_elements = 0;

    // Of the BPF maps that hold its elements.
    std::vector<std::string> symbols() const {
        if (!storage.empty()) return {storage};
        return short_symbol.empty() ? std::vector{symbol} : std::vector{symbol, short_symbol};
    }
};

// Several of one map: structs of several types in one buffer.
struct ManifestChannel {
    std::string map, type;
    std::string id;  // of its records, instead of the type's name
    std::vector<ManifestColumn> columns;
    bool header = true;
    std::string title;       // a line above the header
    bool skip_zero = false;  // without rows of which all numbers are zero
    std::string where;       // only rows of which this is true (core/route/expression.hpp)
    Place where_place;
    std::string when;  // only what this is true of is of this type
    Place when_place;
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
    std::string short_name;  // "p" of -p, or empty
    std::string name, type, doc, constant, default_text;
    uint32_t element_size = 0;          // type "list": of one number
    std::optional<std::string> preset;  // a default other than the object's own
    std::string length_constant;        // type "list": the variable that holds how many there are
    // Instead of a constant, of how the program's records are shown: `set` is what the value replaces (run.interval,
    // run.count, run.duration, map.NAME.top), `where` a condition on events in which {value} stands for it.
    std::string set, where;
    std::vector<std::string> choices;
    bool positional = false;  // may be given without its name
    std::string metavar;      // what stands for the value in --help
    std::string map;          // of a cgroup: the map that then holds it; a constant beside it says so
    std::string form;         // of a constant's value, if it stands for a number: size, duration, cgroup
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
    bool imports = false;  // C programs are part of the object: what they define is run and shown too
    uint32_t stacks = 0;
    std::vector<ManifestFunction> functions;
    std::vector<ManifestMap> maps;
    std::vector<ManifestOutput> outputs;
    std::vector<ManifestFact> facts;
    std::vector<ManifestOption> options;
    std::vector<ManifestOption> build_options;  // settings of the compiler, --option NAME=VALUE
    std::vector<std::string> if_rejected;       // settings to compile with once more if the verifier refuses this
    std::vector<std::string> needs;
    std::vector<ManifestChannel> channels;
    std::string version, description;  // for --help, too
    std::vector<std::string> examples;
    std::string begin_text, end_text, summary;  // printed when everything is attached, and at the end; for --help
    uint64_t interval_ns = 0;                   // maps are printed this often
    uint64_t interval_count = 0;                // so often, then it ends; 0: no limit
    uint64_t duration_ns = 0;                   // then it ends; 0: no limit
    bool report_losses = true;                  // at the end; they are counted, and decide --strict, in any case
    std::map<std::string, std::string> given;   // options of the command line, and defaults
    std::vector<std::string> cgroup_maps;       // arrays of control groups that somebody has to fill
    std::vector<std::pair<std::string, std::string>> cgroups;  // maps, and the directory of what each is to hold
    std::vector<std::string> conditions;  // of options, over the records of every buffer that has what they name
    bool answers(const ManifestQuestion& question) const;
    struct {
        bool print_maps_on_exit = true;
        std::string str_trunc_trailer = "..", stack_mode = "bpftrace", missing_probes = "error";
        uint64_t max_strlen = 1024;
        uint64_t max_probes = 0, max_programs = 0;  // 0: no limit
        uint64_t buffer_pages = 0, log_size = 0;    // 0: what the configuration says, the backend's default
        bool demangle = true, lazy_symbols = true;
        std::string symbol_cache = "PER_PID";
    } settings;
};

// From the bytes of the .avocet section. nullopt: reported.
std::optional<Manifest> parse_manifest(std::string_view json, Diagnostics& diagnostics);

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// What flows through the compiler: the script, its sources and messages, and what the passes have found out.
//
//   parse -> expand -> substitute_parameters -> fold -> resolve_probes -> resolve_names -> infer_types -> check
//         -> plan_outputs -> lower (LLVM) -> emit (object + manifest)
//
// A clause is checked and compiled once for each *group* of its probes: a set of targets with one program type and one
// argument layout (avocet_probe_group). resolve_probes clones the clause for each group into `functions`; from there on
// passes work on `functions`, never on `script.clauses`.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "avocet/abi/frontend.h"
#include "avocet/error.hpp"
#include "syntax/ast.hpp"
#include "syntax/diagnostics.hpp"
#include "types/c_library.hpp"
#include "types/struct_table.hpp"

namespace avocet::dsl {

// `config = { ... }`, the environment and the built-in values, merged.
struct Settings {
    uint64_t max_strlen = 1024, max_map_keys = 4096, on_stack_limit = 32, max_cat_bytes = 10240;
    uint64_t max_probes = 1024, max_bpf_progs = 1024, log_size = 1000000, perf_rb_pages = 0;
    std::string license = "GPL", stack_mode = "bpftrace", missing_probes = "error", str_trunc_trailer = "..";
    std::string cache_user_symbols = "PER_PID";
    bool print_maps_on_exit = true, cpp_demangle = true, lazy_symbolication = true, show_debug_info = false;
    bool use_blazesym = false;
    std::set<std::string> given;                  // what the script or its surroundings have said
    std::map<std::string, std::string> unstable;  // "unstable_tseries" -> "warn"
};

// One argument of a probe (avocet_probe_arg with its language type).
struct ProbeArg {
    std::string name;
    Type type;
    avocet_place place = 0;
    uint32_t index = 0, size = 0, flags = 0;
    avocet_arg_location location{};  // AVOCET_PLACE_LOCATION
    bool readable() const { return place != AVOCET_PLACE_LOCATION || location.kind != AVOCET_LOCATION_NONE; }
};

// avocet_probe_group, owned. Structs named by `args` types are in Unit::structs.
struct ProbeFacts {
    avocet_context context = 0;
    avocet_identity identity = 0;
    bool unknown = false;  // every attach point was refused: whatever a probe may offer is taken as offered
    uint32_t has = 0, flags = 0;
    Space space = Space::none;
    uint32_t selector_word = 0, selector_count = 0;
    avocet_place argn_place = 0;
    uint32_t argn_count = 0;
    std::vector<ProbeArg> args;
    ProbeArg retval;
    std::string probetype;           // "tracepoint", "special"
    std::string label;               // `name=` of the attach point; empty: targets show their own names
    std::vector<std::string> specs;  // manifest specs; resolving them gives this function's targets
    std::vector<Span> spec_spans;
    std::vector<std::string> targets;  // names, sorted
};

struct ProbeFunction {
    std::string name;     // ELF symbol: "probe_0"
    uint32_t clause = 0;  // index of the clause in the source
    ProbeFacts facts;
    Clause body;  // own copy
    bool uses_probe_name = false;
    bool idle = false;  // stands for a function that nobody calls: typed with the rest, then gone
};

// One entry of the manifest's outputs.
struct Output {
    std::string kind;                // "printf", "value", "print_map", "clear", "zero", "time", "join", "exit", "error"
    std::string format;              // printf, time; join: separator
    std::vector<Type> members;       // what the sample carries, in order
    std::vector<std::string> names;  // of the members, as far as their expressions have one; else empty
    int map = -1;                    // index into Script::maps
    uint64_t top = 0, div = 0;
    std::string message, severity, helper;  // error
    Span span;
    uint32_t clause = 0;
};

// One entry of the manifest's facts: what a program, mostly a portable one, learns on the machine where it runs.
struct RunTimeFact {
    std::string kind;      // "argument", "kernel_symbol", "cgroup", "clock_offset", "unwind_tables"
    std::string name;      // of the field, symbol or path
    std::string constant;  // .rodata variable; empty: only checked
    std::string function;  // argument: ELF symbol
    avocet_place place = 0;
    uint32_t index = 0, size = 0;
    Span span;
};

// An imported program in C, compiled.
struct CLibrary {
    std::string name, object;
    Span span;  // of the import
};

// getopt(): an option of the script's own command line.
struct ScriptOption {
    std::string name, type, doc, constant;  // type: "bool", "int", "uint", "string"
    uint64_t number = 0;                    // default of all but strings
    std::string text;                       // default of strings
    Span span;                              // of the first call
};

struct Unit {
    const Host* host = nullptr;
    const avocet_source* source = nullptr;
    Sources* sources = nullptr;
    DiagnosticList* diagnostics = nullptr;
    Script script;
    Settings settings;
    StructTable structs;
    std::map<std::string, std::string> c_macros;  // #define NAME text
    bool has_includes = false;                    // some header is included: kernel constants may be named
    std::string refused_c_text;                   // C definitions that could not be read: what they name is not missing
    std::vector<ProbeFunction> functions;
    std::vector<CLibrary> libraries;
    std::map<std::string, CFunction> c_functions;  // what they offer, by name
    std::set<std::string> c_maps;                  // their maps
    // `@name` that the script never assigns and an imported program has: print(), clear() and zero() take it.
    bool is_imported(const MapInfo& map) const {
        return !map.assigned && !map.declared && !map.op_assigned && c_maps.contains(map.name.substr(1));
    }
    std::vector<Clause> idle_functions;  // calls of functions that the script never calls; resolve_probes takes them
    std::vector<Output> outputs;
    std::vector<ScriptOption> options;
    std::vector<RunTimeFact> facts;                                 // what only the session can find out
    uint32_t max_stack_frames = 0;                                  // largest kstack/ustack limit used, 0: none
    bool unwinds = false;                                           // dw_ustack: the object needs runtime/unwind.bpf.c
    std::vector<std::pair<std::string, std::string>> dependencies;  // what folded-in facts hang on: kind and name
    bool refused = false;  // the host has reported an error itself: stop as after an error of a pass
    bool failed() const { return diagnostics->has_errors() || refused; }
    bool portable() const { return source->flags & AVOCET_COMPILE_PORTABLE; }

    // Filled by emit.
    std::string object;  // ELF
};

// One pass. A pass reports everything it finds. Once something is reported only passes that tolerate errors run on, up
// to the first that does not: so a script's errors come all at once. What is refused becomes a type that goes with
// everything (Type::refusal) and a probe that offers everything (ProbeFacts::unknown), so that no error causes another.
struct Pass {
    const char* name;  // verb: "infer_types"
    bool optional;     // may be disabled
    void (*run)(Unit&);
    std::string (*dump)(const Unit&);  // stage text after the pass, or nullptr
    const char* stage;                 // "ast", "types", ... for --emit; nullptr: none
    bool tolerant = false;             // takes trees in which something was refused
};

}  // namespace avocet::dsl

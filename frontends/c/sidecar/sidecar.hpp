// SPDX-License-Identifier: Apache-2.0
//
// The sidecar: NAME.toml beside NAME.c says what the C text cannot: where functions attach, how events and maps are
// shown, what options there are (sdk/docs/c-tools.md). Reading never stops at the first mistake; every one has its line
// and column.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::c {

struct SidecarPlace {
    uint32_t line = 0, column = 0, end_column = 0;
};

struct SidecarMistake {
    std::string text, hint;
    SidecarPlace place;
};

// To the kernel or to an option: field("task_struct", "__state"), option("brief"). Several: all of them.
struct Question {
    std::string predicate;
    std::vector<std::string> arguments;
    bool negated = false;
    SidecarPlace place;
};

// One way to attach. `args`: which argument of the probe each parameter of the function gets: a name, a number from 0,
// or
// "_" for none; empty: by position.
struct Alternative {
    std::string spec;
    std::vector<std::string> args;
    SidecarPlace place = {};
    std::string lower =
        {};  // another way that is taken by itself: "syscall", "function", "none"; "": the frontend's rule
};

struct Attachment {
    std::string function;
    std::vector<Alternative> probes;
    bool all = false;   // every one of `probes`; else the first that can be had
    bool both = false;  // also beside other functions that do the same by other means
    std::string pid;    // only in this process: a number, or {OPTION}
    std::optional<uint32_t> cookie;
    std::vector<Question> when;
    std::string needs = {};  // an option that must be given for it
    bool required = true;
    SidecarPlace place;
};

struct SidecarOption {
    std::string name, var, define, help, short_name, metavar;
    std::string map;                    // of a cgroup: the map that holds it
    std::string set, where;             // of how records are shown: what the value replaces, a condition on events
    bool positional = false;            // may be given without its name
    std::string type;                   // of the value; "": anything
    std::vector<std::string> choices;   // type choice
    std::optional<std::string> preset;  // the default
    std::map<std::string, std::string> replace, replace_else;
    std::map<std::string, std::map<std::string, std::string>> replace_case;  // value -> what is replaced then
    std::map<std::string, std::string> attach;                               // function -> spec; "": the only one
    bool decides_build = false, decides_show = false;  // something else of the sidecar asks for it
    SidecarPlace place;

    // Whether the tool is compiled again when it is given.
    bool is_built() const {
        return !define.empty() || !replace.empty() || !replace_case.empty() || !attach.empty() || decides_build;
    }
};

struct Choice {
    std::string token, then, otherwise;
    std::vector<Question> when;
    SidecarPlace place;
};

struct SidecarColumn {
    std::string head, field, value, as, format;
    uint32_t width = 0;
    std::vector<Question> when;  // options only
    SidecarPlace place;
};

struct SidecarEvent {
    std::string map, type, id, title, where, when;
    bool header = true, skip_zero = false;
    std::vector<SidecarColumn> columns;
    SidecarPlace place, where_place, when_place;
};

struct SidecarMap {
    std::string name, title, as, slot, section_head, section_as, reduce, label, style, unit, value, sort, join, join_on;
    std::vector<std::string> section, total;
    std::vector<SidecarColumn> columns;
    std::optional<bool> print, clear;
    bool header = true, skip_zero = false, at_end = true, at_interval = true;
    uint32_t top = 0, max_entries = 0;  // 0: not said
    SidecarPlace place, unit_place, value_place, sort_place, join_place;
};

struct Sidecar {
    std::string file;
    std::string name, summary, version, description, dialect, begin, end, cpu, license;
    std::string source;  // the C text, if it is not beside the sidecar under its name; from the sidecar's directory
    bool header = true, reports_losses = true;
    uint32_t interval_ms = 0, duration_ms = 0, count = 0;
    std::vector<std::string> defines, flags, include_dirs, examples;
    SidecarPlace source_place;
    std::vector<Attachment> attachments;
    std::vector<SidecarOption> options;
    std::vector<Choice> choices;
    std::vector<SidecarEvent> events;
    std::vector<SidecarMap> maps;
};

// Whatever is wrong is in `mistakes`; what is left can be used only if there are none.
Sidecar read_sidecar(std::string_view toml, const std::string& file, std::vector<SidecarMistake>& mistakes);

// The JSON of section .avocet.tool for what the object is to know of it.
struct FunctionProbes {
    std::string function, group;
    uint32_t rank = 0;
    bool first = false, required = true;
    bool off = false;   // it is not attached this time
    bool both = false;  // also beside its alternatives
    uint32_t pid = 0;   // 0: not said
    std::optional<uint32_t> cookie;
    std::string needs = {};           // an option that must be given for it
    std::vector<Question> when = {};  // to the kernel where it runs
    std::vector<std::string> specs;
    SidecarPlace place = {};
};
// `if_rejected`: the setting to compile with once more if the kernel's verifier refuses the object; empty: none.
std::string tool_manifest(const Sidecar& sidecar, const std::vector<FunctionProbes>& functions,
                          const std::string& if_rejected = {});

}  // namespace avocet::c

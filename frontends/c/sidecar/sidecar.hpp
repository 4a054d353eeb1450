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

// One way to attach. `args`: which argument of the probe each parameter of the function gets: a name, a number from 0,
// or
// "_" for none; empty: by position.
struct Alternative {
    std::string spec;
    std::vector<std::string> args;
};

struct Attachment {
    std::string function;
    std::vector<Alternative> probes;
    bool all = false;  // every one of `probes`; else the first that can be had
    bool required = true;
    SidecarPlace place;
};

struct SidecarOption {
    std::string name, var, define, help, short_name;
    std::string set, where;             // of how records are shown: what the value replaces, a condition on events
    bool positional = false;            // may be given without its name
    std::string type;                   // of what is put into the text: int, uint, bool, string, choice; "": anything
    std::vector<std::string> choices;   // type choice
    std::optional<std::string> preset;  // the default
    std::map<std::string, std::string> replace, replace_else;
    SidecarPlace place;
};

struct Choice {
    std::string token, predicate, then, otherwise;
    std::vector<std::string> arguments;
    SidecarPlace place;
};

struct SidecarColumn {
    std::string head, field, as, format;
    SidecarPlace place;
};

struct SidecarEvent {
    std::string map, type, where;
    bool header = true;
    std::vector<SidecarColumn> columns;
    SidecarPlace place, where_place;
};

struct SidecarMap {
    std::string name, title, as, slot, reduce;
    std::vector<std::string> section;
    std::optional<bool> print, clear;
    uint32_t top = 0, max_entries = 0;  // 0: not said
    SidecarPlace place;
};

struct Sidecar {
    std::string file;
    std::string name, summary, dialect, begin, end, cpu, license;
    bool header = true;
    uint32_t interval_ms = 0, duration_ms = 0, count = 0;
    std::vector<std::string> defines, include_dirs;
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
    std::vector<std::string> specs;
    SidecarPlace place;
};
// `if_rejected`: the setting to compile with once more if the kernel's verifier refuses the object; empty: none.
std::string tool_manifest(const Sidecar& sidecar, const std::vector<FunctionProbes>& functions,
                          const std::string& if_rejected = {});

}  // namespace avocet::c

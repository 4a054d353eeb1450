// SPDX-License-Identifier: Apache-2.0
//
// C text to a BPF object, through Clang's libraries. Everything that the text may include and that is not on disk is
// handed over as text, so nothing is written and nothing is run. No Clang header is needed to use this one.
#pragma once

#include <fnmatch.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace avocet::c {

// A place in a file; columns count bytes from 1; line 0: none.
struct SourcePlace {
    std::string file;
    uint32_t line = 0, column = 0, end_line = 0, end_column = 0;
};

enum class Severity { note, warning, error };

struct Message {
    Severity severity = Severity::error;
    std::string text;
    SourcePlace place;
    std::vector<Message> notes;
    std::string hint;
    uint32_t code = 0;  // one of advice/codes.hpp, 0: none
};

// A local variable of a program, for when the stack is too small.
struct Local {
    std::string function, name;
    uint64_t bytes = 0;
    SourcePlace place;
};

struct CompileJob {
    std::string name;  // of the main file, as messages show it
    std::string text;
    std::map<std::string, std::string> files;  // path -> text: what exists in memory only
    std::vector<std::string> include_dirs;     // searched in order, for both forms of #include
    std::vector<std::string> system_dirs;      // after them
    std::vector<std::string> defines;          // "NAME=VALUE"
    std::vector<std::string> flags;            // -DNAME, -UNAME, -WNAME, -w; after all of ours
    std::string cpu = "v3";
    bool optimise = true;
    std::map<std::string, uint32_t> map_sizes;  // max_entries of maps, instead of the text's
    std::set<std::string> typed_buffers;        // whose struct the sidecar names
    bool check_rules = false;                   // also what a tracing program may not do (compile/program_rules.hpp)
};

struct CompileResult {
    bool ok = false;
    std::string object;                // ELF
    std::string text;                  // preprocess, rewrite
    std::vector<Message> messages;     // in order
    std::vector<Local> locals;         // the large ones, largest first
    std::vector<std::string> on_disk;  // files that were read from disk
};

// None of these throws on bad input: errors are messages. [thread: any]
CompileResult compile_object(const CompileJob& job);
// `text`: the main file with macros expanded and line markers.
CompileResult preprocess(const CompileJob& job);
// Dialect B: `text` is the main file with map methods, parameters and reads of kernel memory spelt out
// (compile/bcc_rewrite.cpp). The job's text is preprocessed and includes bcc/parse.h's declarations.
struct BccFunction {
    std::string name, section;  // empty: nothing says where it attaches
    uint32_t line = 0, column = 0;
    std::string source_name = {};         // of the function that it was made of, if that became several
    std::vector<std::string> specs = {};  // where it attaches, if the frontend itself found another way
    uint32_t rank = 0;                    // among those
};
// One way to attach a function. `args`: which argument of the probe each of its parameters gets, by name or by number
// from 0 ("_": none); empty: by position, on tracepoints by the parameter's name.
struct BccAlternative {
    std::string section;
    std::vector<std::string> args;
    std::string spec;
    std::vector<std::string> specs;  // all that it attaches to
    bool only = false;               // nothing stands for it where it cannot be had
    bool of_system_call = false;     // a tracepoint in the place of a probe of a system call's kernel function
};
struct BccJob {
    std::map<std::string, std::vector<BccAlternative>> sections;  // function -> where the name does not say it
    // Where a function attaches, by its name or by a pattern with * and ?; nullptr: the name itself says it.
    const std::vector<BccAlternative>* sections_of(const std::string& function) const;
    std::string license = "GPL";
    // The arguments of a probe, "arg0 of 8 bytes"; empty: not known.
    std::function<std::vector<std::string>(const std::string& spec)> arguments;
    std::function<std::string(const std::vector<BccFunction>&)>
        tail;  // C text behind the program, once its functions are known
};
// As the shell matches file names.
inline bool matches_pattern(const std::string& pattern, const std::string& name) {
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}
// The program of a function's n-th alternative.
inline std::string alternative_name(const std::string& function, size_t n) {
    return n ? function + "__" + std::to_string(n) : function;
}
CompileResult rewrite_bcc(const CompileJob& job, const BccJob& bcc, std::vector<BccFunction>& functions);

}  // namespace avocet::c

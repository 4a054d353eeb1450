// SPDX-License-Identifier: Apache-2.0
//
// C text to a BPF object, through Clang's libraries. Everything that the text may include and that is not on disk is
// handed over as text, so nothing is written and nothing is run. No Clang header is needed to use this one.
#pragma once

#include <cstdint>
#include <map>
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
};

struct CompileJob {
    std::string name;  // of the main file, as messages show it
    std::string text;
    std::map<std::string, std::string> files;  // path -> text: what exists in memory only
    std::vector<std::string> include_dirs;     // searched in order, for both forms of #include
    std::vector<std::string> defines;          // "NAME=VALUE"
    std::string cpu = "v3";
    bool optimise = true;
};

struct CompileResult {
    bool ok = false;
    std::string object;                // ELF
    std::string text;                  // preprocess, rewrite
    std::vector<Message> messages;     // in order
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
};
struct BccJob {
    std::map<std::string, std::string> sections;  // function -> SEC() text, where the name does not say it
};
CompileResult rewrite_bcc(const CompileJob& job, const BccJob& bcc, std::vector<BccFunction>& functions);

}  // namespace avocet::c

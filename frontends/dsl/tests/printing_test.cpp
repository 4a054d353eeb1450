// SPDX-License-Identifier: Apache-2.0
//
// Every script of the tree's tests, printed: it parses, is the same program, and prints the same again. Scripts are the
// inputs of golden cases, the PROGRAM of attach tests, the differential test's, and files *.bt.
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include "syntax/dump.hpp"
#include "syntax/parser.hpp"
#include "syntax/printer.hpp"

namespace avocet::dsl {
namespace {

namespace fs = std::filesystem;

struct Written {
    std::string place, text;
};

struct Parsed {
    Sources sources;
    DiagnosticList diagnostics;
    Script script;
    explicit Parsed(const std::string& text) : script(parse_script(sources, sources.add("stdin", text), diagnostics)) {}
    bool good() const { return !diagnostics.has_errors(); }
};

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// Sections `head` up to the next line that begins with one of `ends`.
void add_sections(const fs::path& path, const std::string& head, const std::string& ends, std::vector<Written>& out) {
    std::istringstream in(read(path));
    bool inside = false;
    size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line.starts_with(head)) {
            inside = true;
            out.push_back({path.filename().string() + ":" + std::to_string(number), ""});
        } else if (inside && line.starts_with(ends)) {
            inside = false;
        } else if (inside) {
            out.back().text += line + "\n";
        }
    }
}

// `PROGRAM text`, continued by lines with two blanks.
void add_programs(const fs::path& path, std::vector<Written>& out) {
    std::istringstream in(read(path));
    bool inside = false;
    size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line.starts_with("PROGRAM ")) {
            inside = true;
            out.push_back({path.filename().string() + ":" + std::to_string(number), line.substr(8) + "\n"});
        } else if (inside && line.starts_with("  ")) {
            out.back().text += line.substr(2) + "\n";
        } else {
            inside = false;
        }
    }
}

std::vector<Written> scripts() {
    std::vector<Written> out;
    const fs::path tests = TESTS_DIR;
    for (const auto& entry : fs::recursive_directory_iterator(tests)) {
        const fs::path& path = entry.path();
        const std::string folder = fs::relative(path, tests).begin()->string();
        if (path.extension() == ".bt") out.push_back({path.filename().string(), read(path)});
        if (path.extension() == ".test" && folder == "attach") add_programs(path, out);
        if (path.extension() == ".test" && folder == "golden") add_sections(path, "--- input", "---", out);
        if (path.filename() == "scripts.txt") add_programs(path, out);
    }
    return out;
}

TEST(Printing, EveryScriptOfTheTestsIsTheSameProgramWhenPrinted) {
    size_t checked = 0;
    for (const Written& script : scripts()) {
        SCOPED_TRACE(script.place + "\n" + script.text);
        const Parsed parsed(script.text);
        if (!parsed.good()) continue;
        const std::string printed = print(parsed.script);
        const Parsed again(printed);
        ASSERT_TRUE(again.good()) << printed;
        ASSERT_EQ(dump_ast(parsed.script), dump_ast(again.script)) << printed;
        ASSERT_EQ(printed, print(again.script));
        ++checked;
    }
    EXPECT_GT(checked, 400u);
}

}  // namespace
}  // namespace avocet::dsl

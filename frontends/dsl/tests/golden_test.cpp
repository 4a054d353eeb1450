// SPDX-License-Identifier: Apache-2.0
//
// Runs the golden cases: one test for each case found at run time. See golden.hpp for the format.
#include "golden.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace avocet::dsl::golden {

std::map<std::string, Handler>& handlers() {
    static std::map<std::string, Handler> all;
    return all;
}

namespace {

struct Case {
    std::string file, name;
    std::vector<std::pair<std::string, std::string>> sections;  // as written, in order
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.file << ": " << c.name; }

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::vector<Case> read_file(const std::string& path) {
    std::vector<Case> cases;
    std::ifstream in(path, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("=== "))
            cases.push_back({path, line.substr(4), {}});
        else if (line.starts_with("--- ") && !cases.empty())
            cases.back().sections.emplace_back(line.substr(4), "");
        else if (!cases.empty() && !cases.back().sections.empty())
            cases.back().sections.back().second += line + "\n";
    }
    // The blank line before the next case is not part of the section.
    for (Case& c : cases)
        if (!c.sections.empty())
            while (c.sections.back().second.ends_with("\n\n")) c.sections.back().second.pop_back();
    return cases;
}

std::string file_head(const std::string& path) {
    std::string head;
    std::ifstream in(path, std::ios::binary);
    for (std::string line; std::getline(in, line) && !line.starts_with("=== ");) head += line + "\n";
    return head;
}

void write_file(const std::string& path, const std::string& head, const std::vector<Case>& cases) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << head;
    for (size_t i = 0; i < cases.size(); i++) {
        out << (i ? "\n=== " : "=== ") << cases[i].name << "\n";
        for (const auto& [name, text] : cases[i].sections) out << "--- " << name << "\n" << text;
    }
}

std::vector<Case> all_cases() {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_DIR))
        if (entry.path().extension() == ".test") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Case> cases;
    for (const auto& path : paths)
        for (Case& c : read_file(path)) cases.push_back(std::move(c));
    return cases;
}

bool is_given(const std::string& section) {
    return section == "input" || section == "parameters" || section == "settings";
}

Input input_of(const Case& c) {
    Input input;
    for (const auto& [name, text] : c.sections) {
        if (name == "input") input.script = text;
        if (name == "parameters") input.parameters = lines_of(text);
        if (name == "settings") input.settings = lines_of(text);
    }
    return input;
}

std::string with_newline(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text.empty() ? text : text + "\n";
}

void bless(const Case& blessed) {
    std::string head = file_head(blessed.file);
    std::vector<Case> cases = read_file(blessed.file);
    for (Case& c : cases)
        if (c.name == blessed.name) c = blessed;
    write_file(blessed.file, head, cases);
}

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, Case) {
    Case c = GetParam();
    Input input = input_of(c);
    bool blessing = std::getenv("AVOCET_BLESS") != nullptr;
    size_t checked = 0, skipped = 0;
    for (auto& [name, expected] : c.sections) {
        if (is_given(name)) continue;
        auto handler = handlers().find(name);
        if (handler == handlers().end()) {
            skipped++;
            continue;
        }
        checked++;
        std::string got = with_newline(handler->second(input));
        if (blessing) {
            expected = got;
        } else {
            EXPECT_EQ(with_newline(expected), got) << c.file << ": " << c.name << ": section " << name;
        }
    }
    if (auto always = handlers().find("(always)"); always != handlers().end()) {
        EXPECT_EQ("", always->second(input)) << c.file << ": " << c.name;
    }
    if (blessing && checked) bless(c);
    if (checked == 0 && skipped > 0) GTEST_SKIP() << "sections of another stage only";
    EXPECT_GT(checked, 0u) << "the case checks nothing";
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
    std::string name = std::filesystem::path(info.param.file).stem().string() + "_" + info.param.name;
    for (char& ch : name)
        if (!std::isalnum(static_cast<unsigned char>(ch))) ch = '_';
    return name;
}

INSTANTIATE_TEST_SUITE_P(Dsl, Golden, testing::ValuesIn(all_cases()), test_name);

}  // namespace
}  // namespace avocet::dsl::golden

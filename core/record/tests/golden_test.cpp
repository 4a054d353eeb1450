// SPDX-License-Identifier: Apache-2.0
//
// Golden tests of decoding and rendering: every file of tests/golden/record. Sections: `--- types` (object_builder's
// notation), `--- manifest`, `--- rows`, `--- text`, `--- json`, `--- records`. Lines of rows:
//   event OUTPUT BYTES          map INDEX [top N] [div N] [final], then indented `KEY => SLOT | SLOT`
//   loss PROBE CAUSE COUNT      lifecycle EVENT COUNT
// With AVOCET_BLESS=1 in the environment the sections text, json and records are rewritten.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "files/tree.hpp"
#include "record/tests/fixture.hpp"

namespace avocet::core::testing {
namespace {

namespace fs = std::filesystem;

using Sections = std::vector<std::pair<std::string, std::string>>;

Sections read_sections(const fs::path& path) {
    Sections out;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("--- "))
            out.emplace_back(line.substr(4), "");
        else if (!out.empty())
            out.back().second += line + "\n";
    }
    return out;
}

std::string section(const Sections& sections, const std::string& name) {
    for (const auto& [n, text] : sections)
        if (n == name) return text;
    return {};
}

std::string trim(std::string s) {
    while (!s.empty() && isspace(static_cast<unsigned char>(s.back()))) s.pop_back();
    size_t start = s.find_first_not_of(" \t");
    return start == std::string::npos ? "" : s.substr(start);
}

Harness::MapRow map_row(const std::string& line) {
    Harness::MapRow row;
    size_t arrow = line.find("=>");
    row.key = bytes_of(trim(line.substr(0, arrow)));
    std::stringstream slots(line.substr(arrow + 2));
    for (std::string slot; std::getline(slots, slot, '|');) row.slots.push_back(bytes_of(trim(slot)));
    return row;
}

void run_map(Harness& h, std::stringstream& words, std::istream& lines) {
    uint32_t index = 0;
    uint64_t top = 0, div = 0;
    bool final = false;
    words >> index;
    for (std::string word; words >> word;) {
        if (word == "top") words >> top;
        if (word == "div") words >> div;
        if (word == "final") final = true;
    }
    std::vector<Harness::MapRow> rows;
    std::string line;
    while (lines.peek() == ' ' && std::getline(lines, line)) rows.push_back(map_row(line));
    h.map(index, rows, top, div, final);
}

void run_rows(Harness& h, const std::string& rows) {
    std::stringstream lines(rows);
    for (std::string line; std::getline(lines, line);) {
        std::stringstream words(line);
        std::string what, a, b;
        uint64_t number = 0;
        words >> what;
        if (what == "event") {
            words >> number;
            line.clear();
            std::getline(words, line);
            h.event(static_cast<uint32_t>(number), bytes_of(line));
            continue;
        }
        h.decode();
        if (what == "map") {
            run_map(h, words, lines);
        } else if (what == "loss") {
            words >> a >> b >> number;
            h.take(h.decoder->loss(a, b, number, wall_ns));
        } else if (what == "lifecycle") {
            words >> a >> number;
            h.take(h.decoder->lifecycle(a, number, wall_ns));
        }
    }
    h.decode();
}

void bless(const fs::path& path, const Sections& sections, const Harness& h) {
    const std::map<std::string, std::string> made = {{"text", h.text()}, {"json", h.json()}, {"records", h.records()}};
    std::ofstream file(path);
    for (const auto& [name, body] : sections)
        file << "--- " << name << "\n" << (made.count(name) ? made.at(name) : body);
}

class Golden : public ::testing::TestWithParam<fs::path> {};

TEST_P(Golden, RendersAsWritten) {
    Sections sections = read_sections(GetParam());
    Harness h(section(sections, "types"), section(sections, "manifest"));
    run_rows(h, section(sections, "rows"));
    ASSERT_FALSE(h.batches.empty());
    if (getenv("AVOCET_BLESS")) return bless(GetParam(), sections, h);
    EXPECT_EQ(h.text(), section(sections, "text"));
    EXPECT_EQ(h.json(), section(sections, "json"));
    EXPECT_EQ(h.records(), section(sections, "records"));
    EXPECT_EQ(h.decoder->decode_errors(), 0u);
    EXPECT_EQ(h.diagnostics.error_count(), 0u);
}

std::vector<fs::path> golden_files() {
    std::vector<fs::path> files;
    for (const auto& f : fs::directory_iterator(avocet::test::source_tree() + "/tests/golden/record"))
        if (f.path().extension() == ".test") files.push_back(f.path());
    std::sort(files.begin(), files.end());
    return files;
}

INSTANTIATE_TEST_SUITE_P(Record, Golden, ::testing::ValuesIn(golden_files()),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace avocet::core::testing

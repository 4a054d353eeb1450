// SPDX-License-Identifier: Apache-2.0
//
// Scripts of the golden files with a few tokens lost, doubled, swapped or taken from elsewhere: whatever the passes
// make of the half-resolved trees, they do not crash, and what fails says why. The random numbers are the same in every
// run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "compilation.hpp"

namespace avocet::dsl {
namespace {

std::vector<std::string> golden_scripts() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_DIR))
        if (entry.path().extension() == ".test") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> scripts;
    for (const auto& path : paths) {
        std::ifstream in(path);
        bool inside = false;
        for (std::string line; std::getline(in, line);) {
            const bool head = line.starts_with("--- ") || line.starts_with("=== ");
            if (head) inside = line == "--- input";
            if (line == "--- input")
                scripts.emplace_back();
            else if (inside)
                scripts.back() += line + "\n";
        }
    }
    return scripts;
}

// Words, numbers, strings and single other bytes, each with the blanks in front of it.
std::vector<std::string> tokens_of(const std::string& script) {
    const auto is_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '@';
    };
    std::vector<std::string> tokens;
    for (size_t i = 0; i < script.size();) {
        const size_t begin = i;
        while (i < script.size() && std::isspace(static_cast<unsigned char>(script[i]))) i++;
        if (i < script.size() && script[i] == '"') {
            i = std::min(script.find('"', i + 1), script.size() - 1) + 1;
        } else if (i < script.size() && is_word(script[i])) {
            while (i < script.size() && is_word(script[i])) i++;
        } else if (i < script.size()) {
            i++;
        }
        tokens.push_back(script.substr(begin, i - begin));
    }
    return tokens;
}

class Mutator {
public:
    std::string mutate(std::vector<std::string> tokens, const std::vector<std::string>& others) {
        for (size_t changes = 1 + below(5) / 3; changes > 0 && tokens.size() > 1; changes--) {
            const size_t at = below(tokens.size()), other = below(tokens.size());
            switch (below(5)) {
                case 0: tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(at)); break;
                case 1:
                    tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(at), std::string(tokens[other]));
                    break;
                case 2: std::swap(tokens[at], tokens[other]); break;
                case 3: tokens[at] = " " + others[below(others.size())]; break;
                case 4: tokens[at] += "x"; break;  // a misspelling: what parses on has an unknown name
            }
        }
        std::string text;
        for (const auto& token : tokens) text += token;
        return text;
    }

private:
    size_t below(size_t limit) { return random_() % limit; }
    std::mt19937 random_{20240229};
};

struct Outcome {
    bool failed, parsed;
    std::string messages;
};

Outcome compile(const std::string& script, std::string_view setting) {
    golden::Input input;
    input.script = script;
    input.settings = {std::string(setting)};
    test::Compilation compilation(input, AVOCET_COMPILE_UNSAFE);
    const bool parsed = !compilation.failed();
    compilation.run();
    return {compilation.failed(), parsed, compilation.messages()};
}

TEST(Mutations, FailuresSayWhyAndNothingCrashes) {
    const auto scripts = golden_scripts();
    ASSERT_GT(scripts.size(), 60u);
    std::vector<std::vector<std::string>> tokens;
    for (const auto& script : scripts) tokens.push_back(tokens_of(script));
    Mutator mutator;
    size_t passed = 0, refused_by_passes = 0;
    for (size_t i = 0; i < scripts.size(); i++)
        for (size_t round = 0; round < 200; round++) {
            const std::string script = mutator.mutate(tokens[i], tokens[(i + round) % tokens.size()]);
            SCOPED_TRACE(script);
            const Outcome outcome = compile(script, round % 4 ? "missing_probes=error" : "missing_probes=warn");
            const bool says_error = outcome.messages.find("ERROR: ") != std::string::npos;
            ASSERT_TRUE(!outcome.failed || says_error) << outcome.messages;
            passed += !outcome.failed;
            refused_by_passes += outcome.failed && outcome.parsed;
        }
    // The mutations are mild enough to get behind the parser, and harsh enough to be refused.
    EXPECT_GT(passed, 100u);
    EXPECT_GT(refused_by_passes, 3000u);
}

// One name lost at a time: the script still parses, and every error that appears is at that name, or was there before.
TEST(Mutations, OneMisspeltWordIsOneError) {
    for (const char* script : {
             "begin { $x = @; $y = $x + 1; @m[$y] = $y; printf(\"%s %d\", str($y), $y); for ($kv : @m) { "
             "print($kv.0.a); } }",
             "begin { @h = hist(@); print(@h); @s[@] = stats(@); print(@s[1]); $z = (@, 1); print($z.0.x); }",
             "begin { if (@ == 1) { exit(@); } $p = (uint8)@; print($p + @.a.b[3]); unroll(@) { print(1); } }",
             "begin { $r = (a=@, b=2); print($r.a.q); $r = (a=1, b=\"x\"); $t = pid ? @ : \"x\"; print($t.z); return "
             "@; }",
             "begin { print(-@, 1); $n = @; $n++; $n += \"x\"; delete(@d, @); @d[1] = 1; has_key(@d, \"k\"); }",
         }) {
        std::string text = script;
        size_t at = std::string::npos;
        // A bare `@` stands for a name nobody knows.
        while ((at = text.find('@', at == std::string::npos ? 0 : at + 1)) != std::string::npos)
            if (at + 1 >= text.size() || !(std::isalpha(static_cast<unsigned char>(text[at + 1]))))
                text.replace(at, 1, "nowhere");
        const Outcome outcome = compile(text, "missing_probes=error");
        std::istringstream lines(outcome.messages);
        size_t unknown = 0;
        for (std::string line; std::getline(lines, line);) {
            if (line.find("ERROR: ") == std::string::npos) continue;
            const bool own = line.find("unknown identifier 'nowhere'") != std::string::npos;
            const bool print_arguments =
                line.find("print(): takes one argument") != std::string::npos;  // an error of its own
            EXPECT_TRUE(own || print_arguments) << text << "\n" << line;
            unknown += own;
        }
        EXPECT_GT(unknown, 0u) << text;
    }
}

}  // namespace
}  // namespace avocet::dsl

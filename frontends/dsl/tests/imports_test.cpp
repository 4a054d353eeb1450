// SPDX-License-Identifier: Apache-2.0
//
// Imports over real files in a directory of their own.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "passes/load_imports.hpp"
#include "syntax/parser.hpp"

namespace avocet::dsl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Imports : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "avocet-imports-XXXXXX";
        ASSERT_NE(nullptr, mkdtemp(pattern.data()));
        directory_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    void write(const std::string& name, const std::string& text) {
        std::filesystem::create_directories((directory_ / name).parent_path());
        std::ofstream(directory_ / name) << text;
    }
    void load(const std::string& text) {
        name_ = (directory_ / "main.bt").string();
        write("main.bt", text);
        source_.name = to_abi(name_);
        unit_.source = &source_;
        unit_.sources = &sources_;
        unit_.diagnostics = &diagnostics_;
        unit_.script = parse_script(sources_, sources_.add(name_, text), diagnostics_);
        load_imports_pass().run(unit_);
    }
    std::vector<std::string> probes() const {
        std::vector<std::string> names;
        for (const Clause& c : unit_.script.clauses) names.push_back(c.attach_points[0].text);
        return names;
    }
    std::string error() const { return diagnostics_.messages().empty() ? "" : diagnostics_.messages()[0].text; }

    std::filesystem::path directory_;
    std::string name_;
    avocet_source source_{};
    Sources sources_;
    DiagnosticList diagnostics_;
    Unit unit_;
};

TEST_F(Imports, ComeFirstAndOnce) {
    write("a.bt", "import \"sub/b.bt\";\nmacro from_a() { 1 }\nself:a { }");
    write("sub/b.bt", "import \"../a.bt\"; import \"../main.bt\";\nlet @b = hash(5);\nself:b { }");
    load("import \"a.bt\"; import \"./sub/b.bt\"; import \"stdlib/strings\";\nself:main { }");
    EXPECT_EQ("", error());
    EXPECT_THAT(probes(), ElementsAre("self:b", "self:a", "self:main"));
    EXPECT_EQ(1u, unit_.script.macros.size());
    EXPECT_EQ(1u, unit_.script.map_declarations.size());
    EXPECT_EQ(2u, unit_.dependencies.size());
    EXPECT_EQ("content", unit_.dependencies[0].first);
}

TEST_F(Imports, DirectoriesGiveTheirScriptsAndHeaders) {
    write("lib/b.bt", "self:b { }");
    write("lib/a.bt", "self:a { }");
    write("lib/c.h", "struct c { int x; };");
    write("lib/readme.txt", "no script");
    write("lib/inner/d.bt", "self:d { }");
    load("import \"lib\";\nself:main { }");
    EXPECT_EQ("", error());
    EXPECT_THAT(probes(), ElementsAre("self:a", "self:b", "self:main"));
    ASSERT_EQ(1u, unit_.script.c_definitions.size());
    EXPECT_THAT(unit_.script.c_definitions[0], HasSubstr("lib/c.h"));
}

TEST_F(Imports, ErrorsInsideNameTheirFile) {
    write("a.bt", "config = { }\nself:a { $x = ; }");
    load("import \"a.bt\";\nself:main { }");
    ASSERT_EQ(2u, diagnostics_.error_count());
    EXPECT_EQ("syntax: invalid `config` within import", error());
    EXPECT_THAT(sources_.name(diagnostics_.messages()[1].span.file), HasSubstr("a.bt"));
}

TEST_F(Imports, RefusalsSayWhy) {
    load("import \"nothing.bt\";\nself:main { }");
    EXPECT_EQ("import 'nothing.bt': no such file or directory", error());
}

TEST_F(Imports, UnknownTypes) {
    write("x.txt", "");
    load("import \"x.txt\";\nself:main { }");
    EXPECT_EQ("unknown import type: \"x.txt\"", error());
}

TEST_F(Imports, ObjectsThatAreNone) {
    write("x.bpf.o", "no object");
    load("import \"x.bpf.o\";\nself:main { }");
    EXPECT_EQ("import 'x.bpf.o': no BPF object with types (BTF)", error());
}

TEST_F(Imports, AHostThatCompilesNoC) {
    write("x.bpf.c", "int one(void) { return 1; }");
    load("import \"x.bpf.c\";\nself:main { }");
    EXPECT_EQ("import 'x.bpf.c': this host compiles no C", error());
}

TEST_F(Imports, PartsOfTheLibrary) {
    load("import \"stdlib/base.bt\"; import \"stdlib\"; import \"stdlib/bse\";\nself:main { }");
    EXPECT_EQ(1u, diagnostics_.error_count());
    EXPECT_EQ("import 'stdlib/bse': the library has no such part", error());
    EXPECT_THAT(diagnostics_.messages()[0].hint, HasSubstr("stdlib/base"));
}

TEST_F(Imports, WhatEveryoneMayWriteIsRefused) {
    write("a.bt", "self:a { }");
    ASSERT_EQ(0, chmod((directory_ / "a.bt").c_str(), 0666));
    load("import \"a.bt\";\nself:main { }");
    EXPECT_THAT(error(), HasSubstr("everyone may write"));
    EXPECT_THAT(probes(), ElementsAre("self:main"));
}

TEST_F(Imports, InsideABlockAreForTheLibrary) {
    load("self:main { import \"stdlib/base\"; }");
    EXPECT_THAT(error(), HasSubstr("import inside a block"));
}

}  // namespace
}  // namespace avocet::dsl

// SPDX-License-Identifier: Apache-2.0
//
// Which passes run after an error, and what the host is told.
#include <gtest/gtest.h>

#include "compiler_host.hpp"

namespace avocet::dsl {
namespace {

TEST(Pipeline, EveryErrorOfAScriptAtOnceAndBeforeTheWarnings) {
    test::CompilerHost host;
    const std::string object = host.compile(
        "config = { max_strlne = 5; }\n"
        "begin { let $unused; $x = foo; printf(\"%d %d\\n\", 1); @a = cuont(); }\n"
        "end { break; }");
    EXPECT_EQ(object, "");
    EXPECT_EQ(host.messages,
              "1:12: max_strlne: not a known configuration option\n"
              "2:27: unknown identifier 'foo'\n"
              "2:59: unknown function 'cuont'\n"
              "2:32: printf(): the format has 2 conversions, the call 1 argument for it\n"
              "3:7: 'break': there is no loop around it\n"
              "2:13: variable '$unused': never assigned\n");
}

TEST(Pipeline, StopsBehindSyntaxErrors) {
    test::CompilerHost host;
    EXPECT_EQ(host.compile("begin { $x = ; print(foo); }"), "");
    EXPECT_EQ(host.messages, "1:14: syntax: expected expression, found ';'\n");
}

TEST(Pipeline, NothingIsMadeOfARefusedScript) {
    test::CompilerHost host;
    EXPECT_EQ(host.compile("begin { print(foo); }", "types,manifest,llvm"), "");
    EXPECT_EQ(host.dumps, "");
}

}  // namespace
}  // namespace avocet::dsl

// SPDX-License-Identifier: Apache-2.0
//
// Compiling more than once in a process, and in a child: same objects, same messages, and a compiler that dies is a
// message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>

#include "compile/child.hpp"

namespace avocet::c {
namespace {

using ::testing::HasSubstr;

// Accesses that LLVM remembers by their name.
constexpr const char* text = R"(
struct task { int pid; struct task *parent; } __attribute__((preserve_access_index));
__attribute__((section("raw_tp/x"), used)) int f(unsigned long long *ctx) {
    struct task *t = (struct task *)ctx[0];
    return t->pid + t->parent->pid;
}
char _license[] __attribute__((section("license"), used)) = "GPL";
)";

CompileJob job(const std::string& body) {
    CompileJob out;
    out.name = "input.c";
    out.text = body;
    return out;
}

TEST(Compile, the_second_object_of_a_process_is_as_the_first) {
    const CompileResult first = compile_object(job(text)), second = compile_object(job(text)),
                        third = compile_object(job(text));
    ASSERT_TRUE(first.ok) << first.messages.at(0).text;
    ASSERT_TRUE(second.ok) << second.messages.at(0).text;
    ASSERT_TRUE(third.ok) << third.messages.at(0).text;
    EXPECT_FALSE(first.object.empty());
    EXPECT_EQ(first.object, second.object);
    EXPECT_EQ(first.object, third.object);
}

TEST(Compile, errors_of_the_second_have_their_places) {
    compile_object(job(text));
    const CompileResult result = compile_object(job("int f(void) {\n    return nothere;\n}\n"));
    EXPECT_FALSE(result.ok);
    ASSERT_EQ(result.messages.size(), 1u);
    EXPECT_THAT(result.messages[0].text, HasSubstr("'nothere'"));
    EXPECT_EQ(result.messages[0].place.file, "input.c");
    EXPECT_EQ(result.messages[0].place.line, 2u);
    EXPECT_EQ(result.messages[0].place.column, 12u);
}

TEST(Compile, a_compiler_that_dies_is_a_message) {
    const CompileResult killed = in_child([]() -> CompileResult {
        raise(SIGKILL);
        return {};
    });
    EXPECT_FALSE(killed.ok);
    ASSERT_EQ(killed.messages.size(), 1u);
    EXPECT_THAT(killed.messages[0].text, HasSubstr("ended by signal 9"));
    const CompileResult left = in_child([]() -> CompileResult { _exit(3); });
    ASSERT_EQ(left.messages.size(), 1u);
    EXPECT_THAT(left.messages[0].text, HasSubstr("ended with status 3"));
}

TEST(Compile, results_come_back_as_they_were) {
    CompileResult out;
    out.ok = true;
    out.object = std::string("\0elf", 4);
    out.text = "text";
    out.on_disk = {"a.h", ""};
    out.messages = {
        {Severity::warning, "w", {"f.c", 1, 2, 3, 4}, {{Severity::note, "n", {"g.h", 5, 6, 7, 8}, {}, {}, 0}}, "h", 8}};
    out.locals = {{"f", "x", 9, {"f.c", 1, 2, 3, 4}}};
    const std::string bytes = pack(out);
    CompileResult back;
    ASSERT_TRUE(unpack(bytes, back));
    EXPECT_EQ(pack(back), bytes);
    EXPECT_EQ(back.object, out.object);
    EXPECT_EQ(back.messages.at(0).notes.at(0).place.end_column, 8u);
    for (size_t size = 0; size < bytes.size(); ++size) {
        CompileResult cut;
        EXPECT_FALSE(unpack(bytes.substr(0, size), cut)) << size;
    }
}

}  // namespace
}  // namespace avocet::c

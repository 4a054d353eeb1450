// SPDX-License-Identifier: Apache-2.0
//
// Lengths of instructions, compared with a disassembler over a whole C library.
#include "instruction.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

using namespace avocet::uprobe;

namespace {

size_t length_of(const std::string& bytes) { return instruction_length(bytes + std::string(16, '\0')); }

// "    1139:\t48 8b 05 ...\tmov ..." -> bytes; empty for lines of another kind.
std::string bytes_of(const std::string& line, std::string& text) {
    size_t tab = line.find('\t');
    if (tab == std::string::npos || line.find(':') > tab) return {};
    size_t second = line.find('\t', tab + 1);
    if (second == std::string::npos) return {};
    text = line.substr(second + 1);
    std::string out;
    for (size_t i = tab + 1; i + 1 < second; i += 3) {
        if (line[i] == ' ') break;
        out += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
    return out;
}

}  // namespace

#if defined(__x86_64__)
TEST(Instruction, lengths_by_hand) {
    EXPECT_EQ(length_of("\xc3"), 1u);                                      // ret
    EXPECT_EQ(length_of("\xf3\x0f\x1e\xfa"), 4u);                          // endbr64
    EXPECT_EQ(length_of("\x48\x8b\x05\x01\x02\x03\x04"), 7u);              // mov rax, [rip+...]
    EXPECT_EQ(length_of("\x48\xb8"), 10u);                                 // mov rax, imm64
    EXPECT_EQ(length_of("\x66\xb8"), 4u);                                  // mov ax, imm16
    EXPECT_EQ(length_of("\xf7\xc0"), 6u);                                  // test eax, imm32
    EXPECT_EQ(length_of("\xf7\xd0"), 2u);                                  // not eax
    EXPECT_EQ(length_of("\x8b\x44\x24\x08"), 4u);                          // mov eax, [rsp+8]
    EXPECT_EQ(length_of("\xc5\xf8\x77"), 3u);                              // vzeroupper
    EXPECT_EQ(length_of(std::string("\x62\xf1\x7c\x48\x10\x06", 6)), 6u);  // vmovups zmm0, [rsi]
    EXPECT_EQ(instruction_length("\x48\x8b"), 0u);                         // cut off
    EXPECT_EQ(instruction_length(""), 0u);
    EXPECT_EQ(length_of("\x06"), 0u);  // no such instruction
}

TEST(Instruction, starts_in_a_function) {
    std::string code("\xf3\x0f\x1e\xfa\x8d\x04\x37\xc3", 8);
    EXPECT_EQ(is_instruction_start(code, 0), true);
    EXPECT_EQ(is_instruction_start(code, 4), true);
    EXPECT_EQ(is_instruction_start(code, 5), false);
    EXPECT_EQ(is_instruction_start(code, 7), true);
    EXPECT_FALSE(is_instruction_start(code, 9));
}

TEST(Instruction, agrees_with_objdump) {
    const char* library = "/lib/x86_64-linux-gnu/libc.so.6";
    if (access(library, R_OK) != 0 || access(OBJDUMP, X_OK) != 0)
        GTEST_SKIP() << "no objdump or no C library to compare with";
    std::unique_ptr<FILE, int (*)(FILE*)> out(popen((std::string(OBJDUMP) + " -d -w -j .text " + library).c_str(), "r"),
                                              pclose);
    ASSERT_TRUE(out);
    char buffer[1024];
    size_t compared = 0, wrong = 0;
    while (std::fgets(buffer, sizeof buffer, out.get())) {
        std::string text, bytes = bytes_of(buffer, text);
        if (bytes.empty() || text.find("(bad)") != std::string::npos) continue;
        // objdump shows some prefixes alone.
        if (text.find("rex") == 0 || text.find("data16") == 0 || text.find("xacquire") == 0) continue;
        ++compared;
        if (length_of(bytes) == bytes.size()) continue;
        if (++wrong < 10) ADD_FAILURE() << length_of(bytes) << " instead of " << bytes.size() << ": " << buffer;
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_GT(compared, 100000u);
}
#endif

// SPDX-License-Identifier: Apache-2.0
#include "config/paths.hpp"

#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

namespace avocet::core {
namespace {

const PathValues values{"opensnoop", 1767323045 /* 2026-01-02 03:04:05 UTC */, 42, "box"};

class paths : public testing::Test {
protected:
    void SetUp() override {
        setenv("TZ", "UTC", 1);
        tzset();
    }
    static std::string expand(const char* text, const PathValues& with = values) {
        std::string out;
        auto wrong = expand_path(text, with, out);
        return wrong ? "error: " + wrong->message + "; " + wrong->hint : out;
    }
};

TEST_F(paths, every_placeholder) {
    EXPECT_EQ(expand("/log/{tool}-{date}-{time}-{pid}-{host}.json"), "/log/opensnoop-2026-01-02-030405-42-box.json");
    EXPECT_EQ(expand("plain"), "plain");
    EXPECT_EQ(expand("{{tool}}"), "{tool}");
    EXPECT_EQ(expand("a}b"), "a}b");
    EXPECT_EQ(expand(""), "");
}

TEST_F(paths, what_is_wrong) {
    EXPECT_EQ(expand("/x/{tol}"), "error: placeholder '{tol}' does not exist; did you mean '{tool}'?");
    EXPECT_EQ(expand("/x/{}"),
              "error: placeholder '{}' does not exist; there are {tool}, {date}, {time}, {pid} and {host}; write {{ "
              "for a brace");
    EXPECT_EQ(expand("/x/{tool"), "error: brace '{' is not closed; write {{ for a brace");
}

TEST_F(paths, a_value_stays_in_its_directory) {
    EXPECT_EQ(expand("/log/{tool}", {"../../etc/passwd", 0, 0, ""}), "/log/.._.._etc_passwd");
}

TEST_F(paths, the_home_directory) {
    setenv("HOME", "/home/me", 1);
    EXPECT_EQ(expand("~/x"), "/home/me/x");
    EXPECT_EQ(expand("/~/x"), "/~/x");
    EXPECT_EQ(expand("~you/x"), "~you/x");
}

TEST_F(paths, now_is_here) {
    auto now = PathValues::now("t");
    EXPECT_EQ(now.tool, "t");
    EXPECT_EQ(now.pid, getpid());
    EXPECT_GT(now.wall, 1'700'000'000);
}

}  // namespace
}  // namespace avocet::core

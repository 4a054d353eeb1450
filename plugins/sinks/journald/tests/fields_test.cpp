// SPDX-License-Identifier: Apache-2.0
//
// Names of fields as the journal accepts them: others make it refuse the whole entry.
#include <gtest/gtest.h>

#include "fields.hpp"

namespace avocet::journald {
namespace {

TEST(Fields, names_are_what_the_journal_accepts) {
    EXPECT_EQ(field_name("AVOCET_", "pid"), "AVOCET_PID");
    EXPECT_EQ(field_name("AVOCET_", "end line-2"), "AVOCET_END_LINE_2");
    EXPECT_EQ(field_name("", "_pid"), "PID") << "names that begin with _ are the journal's own";
    EXPECT_EQ(field_name("", "9lives"), "LIVES");
    EXPECT_EQ(field_name("", "@"), "FIELD");
    EXPECT_EQ(field_name("P_", std::string(100, 'x')).size(), 64u);
}

TEST(Fields, values_may_hold_anything) {
    Entry entry;
    entry.add("MESSAGE", std::string_view("a\nb=\0c", 6));
    EXPECT_EQ(entry.fields()[0], std::string("MESSAGE=a\nb=\0c", 14));
}

}  // namespace
}  // namespace avocet::journald

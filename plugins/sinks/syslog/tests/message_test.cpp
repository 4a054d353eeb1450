// SPDX-License-Identifier: Apache-2.0
//
// Messages byte for byte.
#include "message.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace avocet::syslog {
namespace {

Message example() {
    Message m;
    m.facility = 16;
    m.severity = 4;
    m.wall_ns = 1'000'000'000'123'456'789;  // 2001-09-09T01:46:40Z
    m.host = "here";
    m.application = "avocet";
    m.id = "event";
    m.pid = 7;
    m.text = "a\nb\x1b";
    return m;
}

std::string made(Form form, const Message& m) {
    std::string out;
    append_message(form, m, 8192, out);
    return out;
}

TEST(Message, of_rfc5424) {
    EXPECT_EQ(made(Form::rfc5424, example()), "<132>1 2001-09-09T01:46:40.123456Z here avocet 7 event - a#012b#033");
}

TEST(Message, structured_data_is_escaped_and_its_names_are_kept_legal) {
    Message m = example();
    m.data_id = "avocet@32473";
    m.data = {{"ke=y ]\"", "v\"]\\"}, {"", "x"}};
    m.text = "t";
    EXPECT_EQ(made(Form::rfc5424, m),
              "<132>1 2001-09-09T01:46:40.123456Z here avocet 7 event "
              "[avocet@32473 ke_y___=\"v\\\"\\]\\\\\" -=\"x\"] t");
}

TEST(Message, of_rfc3164_and_of_a_local_socket) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    EXPECT_EQ(made(Form::rfc3164, example()), "<132>Sep  9 01:46:40 here avocet[7]: a#012b#033");
    EXPECT_EQ(made(Form::local, example()), "<132>Sep  9 01:46:40 avocet[7]: a#012b#033");
}

TEST(Message, a_long_text_is_cut_between_characters) {
    Message m = example();
    m.text = "\xc3\xa4\xc3\xa4\xc3\xa4";
    const size_t whole = made(Form::local, m).size();
    std::string out;
    EXPECT_FALSE(append_message(Form::local, m, whole, out));
    EXPECT_EQ(out.size(), whole);
    out.clear();
    EXPECT_TRUE(append_message(Form::local, m, whole - 1, out));
    EXPECT_EQ(out.size(), whole - 2);
}

TEST(Message, names_that_are_missing_or_have_spaces) {
    Message m = example();
    m.host = "";
    m.application = "a b";
    EXPECT_EQ(made(Form::rfc5424, m), "<132>1 2001-09-09T01:46:40.123456Z - a_b 7 event - a#012b#033");
}

}  // namespace
}  // namespace avocet::syslog

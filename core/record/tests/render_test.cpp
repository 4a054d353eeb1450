// SPDX-License-Identifier: Apache-2.0
//
// JSON strings, run-time messages, and rendering from several threads.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "record/renderer.hpp"
#include "record/tests/fixture.hpp"

namespace avocet::core::testing {
namespace {

std::string json_string(std::string_view s) {
    std::string out;
    append_json_string(s, out);
    return out;
}

TEST(JsonString, Escapes) {
    EXPECT_EQ(json_string("a\"\\\n\r\t\x01\x1f\x7f"), "\"a\\\"\\\\\\n\\r\\t\\u0001\\u001f\x7f\"");
    EXPECT_EQ(json_string("grün €😀"), "\"grün €😀\"");
}

TEST(JsonString, InvalidBytesBecomeReplacementCharacters) {
    EXPECT_EQ(json_string("a\xff"), "\"a\xef\xbf\xbd\"");
    EXPECT_EQ(json_string("\xc3"), "\"\xef\xbf\xbd\"");
    EXPECT_EQ(json_string("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
    EXPECT_EQ(json_string("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // overlong
    EXPECT_EQ(json_string("\xf4\x90\x80\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(JsonString, AnyBytesMakeValidJson) {
    std::mt19937 random(7);
    for (int i = 0; i < 2000; ++i) {
        std::string s;
        for (unsigned n = random() % 12; n--;) s += static_cast<char>(random() % 3 ? 0xc0 | random() : random());
        ASSERT_TRUE(nlohmann::json::accept(json_string(s))) << json_string(s);
    }
}

constexpr const char* error_manifest = R"({"schema": 1, "tool": "t", "events": true,
    "source": {"name": "stdin", "text": "begin {\n\t$x = str(arg0); }\n"},
    "outputs": [{"kind": "error", "type": "detail", "severity": "warning", "helper": "probe_read_user_str",
                 "line": 2, "column": 7, "end_line": 2, "end_column": 16},
                {"kind": "error", "type": "detail", "severity": "warning", "message": "Divide or modulo by 0 detected.",
                 "line": 2, "column": 2, "end_line": 2, "end_column": 4},
                {"kind": "error", "type": "args", "severity": "error", "format": "bad %d", "line": 1, "column": 9},
                {"kind": "error", "type": "args", "severity": "warning", "format": "odd %d", "line": 1, "column": 9}]})";

struct ErrorRecords : ::testing::Test {
    Harness h{"struct detail { s64 detail; }; struct args { s32 a; };", error_manifest};
};

TEST_F(ErrorRecords, Text) {
    h.event(0, bytes_of("s64:-14"));
    h.event(1, bytes_of("s64:0"));
    h.event(2, bytes_of("s32:3"));
    h.decode();
    EXPECT_EQ(h.text(),
              "stdin:2:7-16: WARNING: Bad address\n"
              "    $x = str(arg0); }\n"
              "         ~~~~~~~~~\n"
              "Additional Info - helper: probe_read_user_str, retcode: -14\n"
              "stdin:2:2-4: WARNING: Divide or modulo by 0 detected.\n"
              "    $x = str(arg0); }\n"
              "    ~~\n"
              "stdin:1:9: ERROR: bad 3\n");
}

TEST_F(ErrorRecords, Json) {
    h.event(0, bytes_of("s64:-14"));
    h.event(1, bytes_of("s64:0"));
    h.event(2, bytes_of("s32:3"));
    h.event(3, bytes_of("s32:4"));
    h.decode();
    EXPECT_EQ(
        h.json(),
        "{\"type\": \"helper_error\", \"msg\": \"Bad address\", \"helper\": \"probe_read_user_str\", \"retcode\": -14, "
        "\"filename\": \"stdin\", \"line\": 2, \"col\": 7}\n"
        "{\"type\": \"runtime_error\", \"msg\": \"Divide or modulo by 0 detected.\", \"filename\": \"stdin\", "
        "\"line\": 2, \"col\": 2}\n"
        "{\"type\": \"errorf\", \"msg\": \"bad 3\", \"filename\": \"stdin\", \"line\": 1, \"col\": 9}\n"
        "{\"type\": \"warnf\", \"msg\": \"odd 4\", \"filename\": \"stdin\", \"line\": 1, \"col\": 9}\n");
}

TEST_F(ErrorRecords, AreErrorRecords) {
    h.event(2, bytes_of("s32:3"));
    h.decode();
    const avocet_schema& s = *view(h.batches[0]).schema;
    EXPECT_EQ(s.kind, AVOCET_RECORD_ERROR);
    EXPECT_STREQ(s.fields[0].name, "message");
    EXPECT_STREQ(s.fields[1].name, "severity");
}

TEST(RenderTable, ChecksItsRange) {
    Harness h("struct out { u32 v; };",
              R"({"schema": 1, "tool": "t", "events": true, "outputs": [{"kind": "value", "type": "out"}]})");
    h.event(0, bytes_of("u32:1"));
    h.event(0, bytes_of("u32:2"));
    h.decode();
    avocet_host_render table = h.renderer.table();
    std::string out;
    auto emit = [](void* ctx, const char* data, size_t size) { static_cast<std::string*>(ctx)->append(data, size); };
    EXPECT_EQ(table.text(table.ctx, &view(h.batches[0]), 1, 1, emit, &out), AVOCET_OK);
    EXPECT_EQ(out, "2\n");
    EXPECT_EQ(table.text(table.ctx, &view(h.batches[0]), 1, 2, emit, &out), AVOCET_ERR_INVALID);
    EXPECT_EQ(table.json(table.ctx, &view(h.batches[0]), 3, 0, emit, &out), AVOCET_ERR_INVALID);
    out.clear();
    const avocet_batch& b = view(h.batches[0]);
    EXPECT_EQ(table.value(table.ctx, b.schema->fields[0].type, &b.rows[0], emit, &out), AVOCET_OK);
    EXPECT_EQ(out, "1");
}

TEST(RenderTable, ThreadsMayRenderAtTheSameTime) {
    std::string outputs;
    for (int i = 0; i < 50; ++i)
        outputs += std::string(i ? "," : "") + R"({"kind": "printf", "type": "out", "format": ")" + std::to_string(i) +
                   R"( %d\n"})";
    Harness h("struct out { u32 v; };", R"({"schema": 1, "tool": "t", "events": true, "outputs": [)" + outputs + "]}");
    for (uint32_t i = 0; i < 50; ++i) h.event(i, bytes_of("u32:7"));
    h.decode();
    std::string expected;
    for (int i = 0; i < 50; ++i) expected += std::to_string(i) + " 7\n";
    std::vector<std::string> results(4);
    std::vector<std::thread> threads;
    for (auto& r : results) threads.emplace_back([&] { r = h.text(); });
    for (auto& t : threads) t.join();
    for (const auto& r : results) EXPECT_EQ(r, expected);
}

}  // namespace
}  // namespace avocet::core::testing

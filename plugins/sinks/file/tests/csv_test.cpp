// SPDX-License-Identifier: Apache-2.0
//
// CSV as other programs read it: quoting, headers, flattened columns, rotation, and a torn end.
#include "../csv.hpp"

#include "scratch.hpp"

namespace avocet::testing {
namespace {

avocet_type type_of(avocet_value_kind kind) {
    avocet_type out{};
    out.struct_size = sizeof out;
    out.kind = kind;
    return out;
}
avocet_value number(int64_t n) {
    avocet_value out{};
    out.kind = AVOCET_VALUE_INT;
    out.v.i = n;
    return out;
}
avocet_value text(const char* t) {
    avocet_value out{};
    out.kind = AVOCET_VALUE_STRING;
    out.count = static_cast<uint32_t>(std::string_view(t).size());
    out.v.text = t;
    return out;
}

// Rows of (pid, text) as an event, or of any value as a map.
struct Table {
    avocet_type number_type = type_of(AVOCET_VALUE_INT), text_type = type_of(AVOCET_VALUE_STRING);
    std::vector<avocet_field> fields;
    std::vector<avocet_value> values;
    avocet_schema schema{};
    avocet_batch out{};

    Table(avocet_record_kind kind, const char* name, std::vector<avocet_field> f) : fields(std::move(f)) {
        schema.struct_size = sizeof schema;
        schema.kind = kind;
        schema.field_count = static_cast<uint32_t>(fields.size());
        schema.fields = fields.data();
        schema.tool = schema.format = "";
        schema.name = schema.probe = name;
    }
    const avocet_batch& batch() {
        out.struct_size = sizeof out;
        out.schema = &schema;
        out.rows = values.data();
        out.row_count = static_cast<uint32_t>(values.size() / fields.size());
        out.wall_ns = 1'700'000'000'123'456'789;
        return out;
    }
};

const std::string head = "2023-11-14T22:13:20.123456789Z,";

struct CsvFile : ::testing::Test {
    Scratch scratch;
    FakeHost host;
    std::string path = scratch / "log";
    avocet_type number_type = type_of(AVOCET_VALUE_INT), text_type = type_of(AVOCET_VALUE_STRING);
    Table events{AVOCET_RECORD_EVENT, "kprobe:x", {{"pid", &number_type}, {"what", &text_type}}};
    Table map{AVOCET_RECORD_MAP, "@m", {{"key", &text_type}, {"value", &number_type}}};

    LoadedSink::Settings with(LoadedSink::Settings more) const {
        more.emplace("path", path);
        more.emplace("format", "csv");
        return more;
    }
};

TEST_F(CsvFile, quotes_where_they_are_needed_and_a_header_for_each_schema) {
    events.values = {number(1), text("plain"), number(2), text("a,b"), number(3), text("say \"x\"\r\nand go")};
    map.values = {text("k"), number(7)};
    LoadedSink sink(PLUGIN_FILE, host, with({}));
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(events.batch());
    sink.consume(map.batch());
    sink.consume(map.batch());
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(path), "time,kind,name,pid,what\r\n" + head + "event,kprobe:x,1,plain\r\n" + head +
                                 "event,kprobe:x,2,\"a,b\"\r\n" + head +
                                 "event,kprobe:x,3,\"say \"\"x\"\"\r\nand go\"\r\n\r\ntime,kind,name,key,value\r\n" +
                                 head + "map,@m,k,7\r\n" + head + "map,@m,k,7\r\n");
}

TEST_F(CsvFile, composites_and_histograms_are_flattened) {
    avocet_type tuple = type_of(AVOCET_VALUE_TUPLE), stats = type_of(AVOCET_VALUE_STATS),
                hist = type_of(AVOCET_VALUE_HIST);
    const avocet_type* members[] = {&text_type, &number_type};
    tuple.members = members;
    tuple.member_count = 2;
    avocet_value parts[2] = {text("sh"), number(5)}, three[3] = {number(2), number(10), number(20)}, key{}, value{},
                 buckets{};
    key.kind = AVOCET_VALUE_TUPLE;
    key.count = 2;
    key.v.items = parts;
    value.kind = AVOCET_VALUE_STATS;
    value.count = 3;
    value.v.items = three;
    const avocet_bucket two[2] = {{0, 1, 3, 1, 0}, {8, 16, 4, 0, 0}};
    buckets.kind = AVOCET_VALUE_HIST;
    buckets.count = 2;
    buckets.v.buckets = two;
    Table of_stats(AVOCET_RECORD_MAP, "@s", {{"key", &tuple}, {"value", &stats}});
    of_stats.values = {key, value};
    Table of_hist(AVOCET_RECORD_MAP, "@h", {{"key", &tuple}, {"value", &hist}});
    of_hist.values = {key, buckets};
    LoadedSink sink(PLUGIN_FILE, host, with({}));
    sink.consume(of_stats.batch());
    sink.consume(of_hist.batch());
    sink.close();
    EXPECT_EQ(content(path), "time,kind,name,key.0,key.1,value.count,value.average,value.total\r\n" + head +
                                 "map,@s,sh,5,2,10,20\r\n\r\n" +
                                 "time,kind,name,key.0,key.1,value.low,value.high,value.count\r\n" + head +
                                 "map,@h,sh,5,,1,3\r\n" + head + "map,@h,sh,5,8,16,4\r\n");
}

TEST_F(CsvFile, a_rotated_file_begins_with_its_header_and_never_exceeds_its_size) {
    LoadedSink sink(PLUGIN_FILE, host, with({{"rotate.size", "400"}, {"rotate.keep", "50"}, {"buffer", "1000"}}));
    for (int i = 0; i < 20; ++i) {
        events.values = {number(i), text("x,y")};
        sink.consume(events.batch());
    }
    EXPECT_EQ(sink.close(), 0u);
    std::string all;
    ASSERT_GT(scratch.names().size(), 3u);
    for (const auto& name : scratch.names()) {
        const std::string one = content(scratch / name);
        EXPECT_LE(one.size(), 400u) << name;
        EXPECT_TRUE(one.starts_with("time,kind,name,pid,what\r\n")) << one;
        EXPECT_EQ(one.find("time,", 1), std::string::npos) << one;
        all += one;
    }
    for (int i = 0; i < 20; ++i) EXPECT_NE(all.find("," + std::to_string(i) + ",\"x,y\"\r\n"), std::string::npos) << i;
}

TEST_F(CsvFile, a_torn_line_is_cut_before_appending) {
    events.values = {number(1), text("whole \"line\"\r\nof two")};
    {
        LoadedSink sink(PLUGIN_FILE, host, with({}));
        sink.consume(events.batch());
        sink.close();
    }
    const std::string whole = content(path);
    std::ofstream(path, std::ios::app) << head << "event,kprobe:x,2,\"torn in a quoted\r\n";
    LoadedSink sink(PLUGIN_FILE, host, with({{"append", "true"}}));
    sink.consume(events.batch());
    sink.close();
    EXPECT_EQ(content(path), whole + whole) << "a header again: the earlier one is another run's";
    EXPECT_EQ(host.reports().size(), 1u);
}

}  // namespace
}  // namespace avocet::testing

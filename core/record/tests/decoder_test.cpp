// SPDX-License-Identifier: Apache-2.0
//
// Samples that fit, samples that do not, and the order of what comes out.
#include <gtest/gtest.h>

#include "record/batch.hpp"
#include "record/tests/fixture.hpp"

namespace avocet::core::testing {
namespace {

constexpr const char* types = R"(
    struct avocet_out_0 { u32 pid; char comm[8] @avocet:string; };
    struct avocet_out_1 { u32 text @avocet:str; u32 bytes @avocet:buf; };
    struct avocet_out_2 { s64 code; };
    struct buffer { u32 length; u8 data[4]; };
    struct avocet_out_3 { struct buffer b @avocet:buffer; };
    struct avocet_out_4 { u32 count; char strings[3][4]; };
    map counts hash u32 u64;
    function probe_0 raw_tp;)";

constexpr const char* manifest = R"({"schema": 1, "tool": "t", "events": true,
    "functions": [{"name": "probe_0", "context": "raw_tracepoint", "clause": 3, "label": "rawtracepoint:x"}],
    "maps": [{"name": "@counts", "symbol": "counts", "keyed": true}],
    "outputs": [{"kind": "printf", "type": "avocet_out_0", "format": "%d %s\n", "clause": 3},
                {"kind": "printf", "type": "avocet_out_1", "format": "%s|%rh\n"},
                {"kind": "exit", "type": "avocet_out_2"},
                {"kind": "value", "type": "avocet_out_3"},
                {"kind": "print_map", "map": 0, "top": 5, "div": 2},
                {"kind": "join", "type": "avocet_out_4", "separator": ","},
                {"kind": "time", "format": "%H:%M:%S\n"}]})";

struct DecoderTest : ::testing::Test {
    Harness h{types, manifest};
};

TEST_F(DecoderTest, RowsOfOneSchemaShareABatch) {
    for (int i = 0; i < 3; ++i) h.event(0, bytes_of("u32:7 \"sh\"/8"), 100 + static_cast<uint64_t>(i));
    h.event(1, bytes_of("u32:0 u32:0"));
    h.event(0, bytes_of("u32:8 \"sh\"/8"));
    h.decode();
    ASSERT_EQ(h.batches.size(), 3u);
    const avocet_batch& first = view(h.batches[0]);
    EXPECT_EQ(first.row_count, 3u);
    EXPECT_EQ(first.schema, view(h.batches[2]).schema);
    EXPECT_EQ(first.times_ns[2], 102u);
    EXPECT_EQ(first.wall_ns, wall_ns);
    EXPECT_EQ(view(h.batches[2]).times_ns, nullptr);
    EXPECT_EQ(view(h.batches[2]).sequence, 4u);
    EXPECT_STREQ(first.schema->probe, "rawtracepoint:x");
    EXPECT_STREQ(first.schema->tool, "t");
    EXPECT_EQ(h.text(), "7 sh\n7 sh\n7 sh\n|\n8 sh\n");
}

TEST_F(DecoderTest, ABatchHasALimit) {
    for (int i = 0; i < 1025; ++i) h.event(0, bytes_of("u32:7 \"sh\"/8"));
    h.decode();
    ASSERT_EQ(h.batches.size(), 2u);
    EXPECT_EQ(view(h.batches[0]).row_count, 1024u);
}

TEST_F(DecoderTest, ShortSamplesAreCountedAndSkipped) {
    h.event(0, bytes_of("u32:7 \"sh\"/7"));
    h.event(0, bytes_of("u32:7 \"ok\"/8"));
    h.event(0, "");
    h.event(99, bytes_of("u32:7"));
    h.foreign(1, "short");
    h.foreign(9, "no such channel");
    h.event(2, bytes_of("u32:7"));
    h.event(3, bytes_of("u32:5 x:01020304"));
    h.decode();
    EXPECT_EQ(h.decoder->decode_errors(), 7u);
    EXPECT_EQ(h.text(), "7 ok\n");
    EXPECT_TRUE(h.actions.empty());
}

TEST_F(DecoderTest, ReferencesMustLieInTheSample) {
    h.event(1, bytes_of("u32:0x00030008 u32:0x0002000b \"abc\" x:0aff"));
    h.event(1, bytes_of("u32:0x80030008 u32:0 \"abc\""));
    h.event(1, bytes_of("u32:0x00040008 u32:0 \"abc\""));
    h.event(1, bytes_of("u32:0x0001000c u32:0 \"abc\""));
    h.event(1, bytes_of("u32:0x00030008 u32:0 x:610062"));
    h.decode();
    EXPECT_EQ(h.text(), "abc|0a ff\nabc..|\na|\n");
    EXPECT_EQ(h.decoder->decode_errors(), 2u);
}

TEST_F(DecoderTest, AStringWithoutNulIsTruncated) {
    h.event(0, bytes_of("u32:1 \"12345678\""));
    h.event(0, bytes_of("u32:1 \"1234567\"/8"));
    h.decode();
    EXPECT_EQ(h.text(), "1 12345678..\n1 1234567\n");
}

TEST_F(DecoderTest, ActionsComeInOrder) {
    std::string order;
    h.event(0, bytes_of("u32:7 \"sh\"/8"));
    h.event(4, "");
    h.event(0, bytes_of("u32:7 \"sh\"/8"));
    h.event(2, bytes_of("s64:-3"));
    h.decode();
    ASSERT_EQ(h.batches.size(), 2u);
    ASSERT_EQ(h.actions.size(), 2u);
    EXPECT_EQ(h.actions[0].kind, Action::print_map);
    EXPECT_EQ(h.actions[0].top, 5u);
    EXPECT_EQ(h.actions[0].div, 2u);
    EXPECT_EQ(h.actions[1].kind, Action::exit);
    EXPECT_EQ(h.actions[1].code, -3);
}

TEST_F(DecoderTest, BuffersJoinAndTime) {
    h.event(3, bytes_of("u32:2 x:61ff0000"));
    h.event(5, bytes_of("u32:2 \"ls\"/4 \"-la\"/4"));
    h.event(5, bytes_of("u32:4 \"ls\"/4 \"-la\"/4"));
    h.event(6, "");
    h.decode();
    EXPECT_EQ(h.text(), "a\\xff\nls,-la\n22:13:20\n");
    EXPECT_EQ(h.json(),
              "{\"type\": \"value\", \"data\": [97,-1]}\n{\"type\": \"join\", \"data\": \"ls,-la\"}\n"
              "{\"type\": \"time\", \"data\": \"22:13:20\\n\"}\n");
    EXPECT_EQ(h.decoder->decode_errors(), 1u);
}

TEST(Join, StringsMayLieElsewhere) {
    Harness h("struct out { u32 count; u32 a @avocet:str; u32 b @avocet:str; };",
              R"({"schema": 1, "tool": "t", "events": true, "outputs": [{"kind": "join", "type": "out"}]})");
    h.event(0, bytes_of("u32:2 u32:0x0002000c u32:0x0003000e \"ls-la\""));
    h.event(0, bytes_of("u32:1 u32:0x0002000c u32:0 \"ls\""));
    h.event(0, bytes_of("u32:0 u32:0 u32:0"));
    h.event(0, bytes_of("u32:3 u32:0x0002000c u32:0 \"ls\""));
    h.decode();
    EXPECT_EQ(h.text(), "ls -la\nls\n\n");
    EXPECT_EQ(h.decoder->decode_errors(), 1u);
}

TEST_F(DecoderTest, BatchesOutliveTheDecoder) {
    h.event(0, bytes_of("u32:7 \"sh\"/8"));
    h.decode();
    h.decoder.reset();
    EXPECT_EQ(h.text(), "7 sh\n");
    EXPECT_GT(memory_bytes(h.batches[0]), 0u);
}

TEST_F(DecoderTest, NoticesAreRecordsToo) {
    h.take(h.decoder->lifecycle("attached", 1, 5));
    h.take(h.decoder->lifecycle("attached", 2, 5));
    h.take(h.decoder->lifecycle("ending", 0, 5));
    h.take(h.decoder->lifecycle("end", 0, 5));
    h.take(h.decoder->loss("tracepoint:a:b", "ring full", 7, 5));
    EXPECT_EQ(h.text(), "Attached 1 probe\nAttached 2 probes\n\n\nLost 7 events: ring full (tracepoint:a:b)\n");
    EXPECT_EQ(h.json(),
              "{\"type\": \"attached_probes\", \"count\": 1, \"data\": {\"probes\": 1}}\n"
              "{\"type\": \"attached_probes\", \"count\": 2, \"data\": {\"probes\": 2}}\n"
              "{\"type\": \"lost_events\", \"count\": 7, \"data\": {\"events\": 7, \"cause\": \"ring full\", "
              "\"probe\": \"tracepoint:a:b\"}}\n");
}

TEST(ForeignChannels, PrintByTheirStruct) {
    Harness h(R"(struct event @avocet:table { u32 pid; char comm[4]; s16 delta : 4; s16 rest : 12; };
                 struct other { u64 x; };
                 map ring ringbuf; map named ringbuf @avocet:table=other; map raw perf_event_array;
                 function on_exec tp/sched/sched_process_exec;)",
              "");
    h.foreign(2, bytes_of("u32:7 \"sh\"/4 x:fe00 zero:2"));
    h.foreign(3, bytes_of("u64:9"));
    h.decode();
    EXPECT_EQ(
        h.text(),
        "    PID COMM             DELTA  REST\n      7 sh                  -2    15\n           X\n           9\n");
    EXPECT_EQ(h.json(),
              "{\"type\": \"table\", \"data\": {\"pid\": 7, \"comm\": \"sh\", \"delta\": -2, \"rest\": 15}}\n"
              "{\"type\": \"table\", \"data\": {\"x\": 9}}\n");
    EXPECT_STREQ(view(h.batches[1]).schema->name, "event");
}

TEST(ForeignChannels, WithoutATypeAreBytes) {
    Harness h("map ring ringbuf; function f raw_tp;", "");
    h.foreign(2, "a\n");
    h.decode();
    EXPECT_EQ(h.text(), "data=a\\x0a\n");
}

}  // namespace
}  // namespace avocet::core::testing

// SPDX-License-Identifier: Apache-2.0
//
// sink.trace: the file is JSON, with an instant for each event and a counter for each number of a map.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {
namespace {

struct Trace : ::testing::Test {
    FakeHost host;
    std::string path = ::testing::TempDir() + "avocet-trace." + std::to_string(::getpid());
    void TearDown() override { ::unlink(path.c_str()); }
    nlohmann::json read() const { return nlohmann::json::parse(std::ifstream(path)); }
};

TEST_F(Trace, events_are_instants_on_a_named_line) {
    Records events(AVOCET_RECORD_EVENT);
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    sink.consume(events.rows(2));
    sink.consume(events.text("\"\xff\n"));
    EXPECT_EQ(sink.close(), 0u);
    auto json = read();
    ASSERT_EQ(json.size(), 5u);
    EXPECT_EQ(json[0]["name"], "process_name");
    EXPECT_EQ(json[1]["name"], "thread_name");
    EXPECT_EQ(json[2]["ph"], "i");
    EXPECT_EQ(json[2]["name"], "row 0");
    EXPECT_EQ(json[3]["args"]["serial"], "1");
    EXPECT_EQ(json[4]["args"]["serial"], "\"\xef\xbf\xbd\n");
}

TEST_F(Trace, nothing_is_an_empty_array) {
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(read().size(), 0u);
}

TEST_F(Trace, a_full_disk_is_told_once_and_every_record_is_lost) {
    Records events(AVOCET_RECORD_EVENT);
    LoadedSink sink(PLUGIN_FILE, host, {{"path", "/dev/full"}});
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(events.rows(3));
    EXPECT_EQ(sink.flush(), 3u);
    sink.close();
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "file '/dev/full': cannot be written: No space left on device");
}

TEST_F(Trace, a_wrong_path_is_refused_at_the_start) {
    LoadedSink sink(PLUGIN_FILE, host, {{"path", "/nonexistent/t.json"}});
    EXPECT_EQ(sink.status(), AVOCET_ERR_IO);
}

// Events of a probe with tid and pid, at a time.
struct Timed {
    avocet_type number{}, text{};
    avocet_field fields[3] = {{"pid", &number}, {"tid", &number}, {"comm", &text}};
    avocet_schema schema{};
    avocet_value values[3]{};
    uint64_t time = 0;
    avocet_batch batch{};

    explicit Timed(const char* probe) {
        number.kind = AVOCET_VALUE_UINT;
        text.kind = AVOCET_VALUE_STRING;
        schema.struct_size = sizeof schema;
        schema.kind = AVOCET_RECORD_EVENT;
        schema.field_count = 3;
        schema.fields = fields;
        schema.tool = schema.format = schema.name = "";
        schema.probe = probe;
    }
    const avocet_batch& at(uint64_t ns, uint64_t tid) {
        values[0].kind = values[1].kind = AVOCET_VALUE_UINT;
        values[0].v.u = 100;
        values[1].v.u = tid;
        values[2].kind = AVOCET_VALUE_STRING;
        values[2].v.text = "cat";
        values[2].count = 3;
        time = ns;
        batch.struct_size = sizeof batch;
        batch.schema = &schema;
        batch.row_count = 1;
        batch.rows = values;
        batch.times_ns = &time;
        return batch;
    }
};

TEST_F(Trace, pairs_of_events_are_spans_that_nest_on_their_thread) {
    Timed enter("t:sys_enter_read"), exit("t:sys_exit_read"), other("t:other");
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}, {"spans", "t:sys_enter_* -> t:sys_exit_*"}});
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(enter.at(1000, 7));
    sink.consume(enter.at(2000, 8));
    sink.consume(enter.at(3000, 7));
    sink.consume(other.at(3500, 7));
    sink.consume(exit.at(4000, 7));
    sink.consume(exit.at(6000, 7));
    sink.consume(exit.at(9000, 7));
    EXPECT_EQ(sink.close(), 0u);
    std::vector<std::tuple<std::string, double, double, int>> seen;
    for (const auto& e : read())
        if (e["ph"] != "M") seen.emplace_back(e["ph"], e["ts"], e.value("dur", 0.0), e["tid"]);
    using T = std::tuple<std::string, double, double, int>;
    EXPECT_EQ(seen, (std::vector<T>{{"i", 3.5, 0, 7}, {"X", 3, 1, 7}, {"X", 1, 5, 7}, {"i", 9, 0, 7}, {"B", 2, 0, 8}}));
}

// Events have boot times, maps the wall clock's: both are on one line of time, and spans are exact to the nanosecond
// although the machine has run for months.
TEST_F(Trace, one_clock_for_all_and_no_rounding) {
    constexpr uint64_t boot = 100ull * 24 * 3600 * 1'000'000'000, since_1970 = 1'700'000'000'000'000'000;
    Timed enter("t:enter"), exit("t:exit");
    Records map(AVOCET_RECORD_MAP, "@m");
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}, {"spans", "t:enter -> t:exit"}});
    sink.consume(enter.at(boot, 7));
    sink.consume(exit.at(boot + 333, 7));
    avocet_type none{};
    avocet_field fields[2] = {{"key", &none}, {"value", &none}};
    avocet_schema schema = *map.rows(1).schema;
    schema.fields = fields;
    schema.field_count = 2;
    avocet_value values[2]{};
    values[1].kind = AVOCET_VALUE_UINT;
    values[1].v.u = 42;
    avocet_batch snapshot = map.rows(1);
    snapshot.schema = &schema;
    snapshot.rows = values;
    snapshot.wall_ns = boot + since_1970 + 1001;
    snapshot.wall_minus_boot_ns = since_1970;
    sink.consume(snapshot);
    EXPECT_EQ(sink.close(), 0u);
    std::map<std::string, nlohmann::json> by_phase;
    for (const auto& e : read()) by_phase[e["ph"]] = e;
    EXPECT_EQ(by_phase["X"]["dur"], 0.333);
    EXPECT_EQ(by_phase["X"]["ts"], boot / 1e3);
    EXPECT_EQ(by_phase["C"]["ts"], (boot + 1001) / 1e3);
    EXPECT_EQ(by_phase["C"]["args"]["value"], 42);
}

// A limit of the file's size stands for a full disk. What is in the file and what is counted as lost are all there was.
TEST_F(Trace, what_does_not_fit_is_cut_off_and_writing_goes_on) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    Records events(AVOCET_RECORD_EVENT);
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}});
    sink.consume(events.rows(3));
    EXPECT_EQ(sink.flush(), 0u);
    const rlimit small{1000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    sink.consume(events.rows(2000));
    EXPECT_EQ(sink.flush(), 2000u);
    ::setrlimit(RLIMIT_FSIZE, &before);
    sink.consume(events.rows(4));
    EXPECT_EQ(sink.close(), 0u);
    std::vector<std::string> names;
    bool named = false;
    for (const auto& e : read()) {
        if (e["ph"] == "i") names.push_back(e["name"]);
        named |= e["ph"] == "M" && names.size() == 3;
    }
    EXPECT_EQ(names,
              (std::vector<std::string>{"row 0", "row 1", "row 2", "row 2003", "row 2004", "row 2005", "row 2006"}));
    EXPECT_TRUE(named) << "what was cut off may have named the line";
    EXPECT_EQ(host.reports().size(), 1u);
}

TEST_F(Trace, what_is_no_pair_is_refused) {
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path}, {"spans", "t:a"}});
    EXPECT_LT(sink.status(), 0);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_NE(host.reports()[0].find("span 't:a': is not a pair of probes"), std::string::npos);
}

}  // namespace
}  // namespace avocet::testing

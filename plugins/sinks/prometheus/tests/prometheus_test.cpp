// SPDX-License-Identifier: Apache-2.0
//
// sink.prometheus: what an HTTP client gets, and what Prometheus' own promtool says of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {
namespace {

using ::testing::HasSubstr;

// A port that was free a moment ago.
int free_port() {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

// One snapshot of one map: rows [key, value].
struct Snapshot {
    explicit Snapshot(const char* name) {
        type.struct_size = sizeof type;
        type.name = "";
        schema.struct_size = sizeof schema;
        schema.kind = AVOCET_RECORD_MAP;
        schema.field_count = 2;
        schema.fields = fields.data();
        schema.tool = schema.format = schema.probe = "";
        schema.name = name;
    }
    static avocet_value text(const char* s) {
        avocet_value v{};
        v.kind = AVOCET_VALUE_STRING;
        v.count = static_cast<uint32_t>(std::strlen(s));
        v.v.text = s;
        return v;
    }
    static avocet_value number(int64_t n) {
        avocet_value v{};
        v.kind = AVOCET_VALUE_INT;
        v.width = 8;
        v.v.i = n;
        return v;
    }
    Snapshot& add(avocet_value key, avocet_value value) {
        values.insert(values.end(), {key, value});
        return *this;
    }
    const avocet_batch& batch() {
        out = {};
        out.struct_size = sizeof out;
        out.row_count = static_cast<uint32_t>(values.size() / 2);
        out.schema = &schema;
        out.rows = values.data();
        return out;
    }
    avocet_type type{};
    std::array<avocet_field, 2> fields{avocet_field{"key", &type}, avocet_field{"value", &type}};
    avocet_schema schema{};
    std::vector<avocet_value> values;
    avocet_batch out{};
};

struct Prometheus : ::testing::Test {
    FakeHost host;
    int port = free_port();

    LoadedSink::Settings settings() const { return {{"port", std::to_string(port)}}; }
    std::string get(const char* path = "/metrics") const {
        httplib::Client client("127.0.0.1", port);
        auto answer = client.Get(path);
        return !answer ? "no answer" : answer->status == 200 ? answer->body : std::to_string(answer->status);
    }
    // "" if promtool finds nothing wrong.
    static std::string promtool(const std::string& metrics) {
        std::string file = ::testing::TempDir() + "avocet-metrics." + std::to_string(::getpid()), out;
        std::FILE* in = std::fopen(file.c_str(), "w");
        std::fwrite(metrics.data(), 1, metrics.size(), in);
        std::fclose(in);
        std::FILE* tool = ::popen(("promtool check metrics < " + file + " 2>&1").c_str(), "r");
        for (int c; (c = std::fgetc(tool)) != EOF;) out += static_cast<char>(c);
        if (::pclose(tool) != 0 && out.empty()) out = "failed";
        ::unlink(file.c_str());
        return out;
    }
};

TEST_F(Prometheus, maps_with_their_keys_as_labels) {
    Snapshot calls("@calls");
    calls.add(Snapshot::text("a\"b\\c\nd\xff"), Snapshot::number(5)).add(Snapshot::text("x"), Snapshot::number(-1));
    LoadedSink sink(PLUGIN_FILE, host, settings());
    ASSERT_EQ(sink.status(), AVOCET_OK) << ::testing::PrintToString(host.reports());
    sink.consume(calls.batch());
    const std::string metrics = get();
    EXPECT_THAT(metrics, HasSubstr("# TYPE avocet_map_calls gauge\n"
                                   "avocet_map_calls{key=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\"} 5\n"
                                   "avocet_map_calls{key=\"x\"} -1\n"));
    EXPECT_THAT(metrics, HasSubstr("avocet_records_total{kind=\"map\"} 2\n"));
    EXPECT_EQ(get("/other"), "404");
}

TEST_F(Prometheus, a_snapshot_replaces_the_one_before) {
    Snapshot map("@m");
    LoadedSink sink(PLUGIN_FILE, host, settings());
    sink.consume(map.add({}, Snapshot::number(1)).batch());
    map.values.clear();
    sink.consume(map.add({}, Snapshot::number(2)).batch());
    EXPECT_THAT(get(), HasSubstr("avocet_map_m 2\n"));
    EXPECT_EQ(get().find("avocet_map_m 1\n"), std::string::npos);
}

TEST_F(Prometheus, promtool_accepts_counters_gauges_histograms_and_summaries) {
    if (::access("/usr/bin/promtool", X_OK) != 0) GTEST_SKIP() << "promtool is not installed (package prometheus)";
    const avocet_bucket buckets[] = {{INT64_MIN, 0, 1, 1, 0}, {0, 8, 2, 0, 0}, {8, INT64_MAX, 3, 2, 0}};
    avocet_value hist{}, stats{};
    hist.kind = AVOCET_VALUE_HIST;
    hist.count = 3;
    hist.v.buckets = buckets;
    const avocet_value items[] = {Snapshot::number(4), Snapshot::number(2), Snapshot::number(8)};
    stats.kind = AVOCET_VALUE_STATS;
    stats.count = 3;
    stats.v.items = items;
    Snapshot gauge("@open"), counter("@calls"), histogram("@latency"), summary("@size");
    auto with_counter = settings();
    with_counter["counter_maps"] = "@calls";
    LoadedSink sink(PLUGIN_FILE, host, with_counter);
    sink.consume(gauge.add(Snapshot::text("k"), Snapshot::number(1)).batch());
    sink.consume(counter.add(Snapshot::text("k"), Snapshot::number(1)).batch());
    sink.consume(histogram.add(Snapshot::text("k"), hist).batch());
    sink.consume(summary.add({}, stats).batch());
    const std::string metrics = get();
    EXPECT_THAT(metrics, HasSubstr("avocet_map_calls_total{key=\"k\"} 1\n"));
    EXPECT_THAT(
        metrics,
        HasSubstr("avocet_map_latency_bucket{key=\"k\",le=\"-1\"} 1\n"
                  "avocet_map_latency_bucket{key=\"k\",le=\"7\"} 3\n"
                  "avocet_map_latency_bucket{key=\"k\",le=\"+Inf\"} 6\navocet_map_latency_count{key=\"k\"} 6\n"));
    EXPECT_THAT(metrics, HasSubstr("avocet_map_size_sum 8\navocet_map_size_count 4\n"));
    EXPECT_EQ(promtool(metrics), "") << metrics;
    EXPECT_NE(promtool("avocet_x{key=\"\"} nonsense\n"), "") << "promtool finds nothing wrong with anything";
}

TEST_F(Prometheus, series_over_the_limit_are_counted_as_lost) {
    auto limited = settings();
    limited["limit_series"] = "1";
    Snapshot map("@m");
    map.add(Snapshot::text("a"), Snapshot::number(1)).add(Snapshot::text("b"), Snapshot::number(1));
    LoadedSink sink(PLUGIN_FILE, host, limited);
    sink.consume(map.batch());
    EXPECT_EQ(sink.flush(), 1u);
    EXPECT_THAT(get(), HasSubstr("avocet_series_left_out_total 1\n"));
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "sink 'test': map '@m' has more than 1 series");
}

// Half a request each. With few threads and long patience the scrape would wait behind them for longer than its client
// does.
TEST_F(Prometheus, clients_that_hang_do_not_keep_others_from_being_served) {
    LoadedSink sink(PLUGIN_FILE, host, settings());
    std::vector<int> hanging;
    for (int i = 0; i < 30; ++i) {
        int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<uint16_t>(port));
        ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        ASSERT_EQ(::send(fd, "GET /metrics HT", 15, 0), 15);
        hanging.push_back(fd);
    }
    EXPECT_THAT(get(), HasSubstr("avocet_records_total"));
    for (int fd : hanging) ::close(fd);
}

TEST_F(Prometheus, a_port_in_use_is_refused_at_the_start) {
    LoadedSink first(PLUGIN_FILE, host, settings());
    ASSERT_EQ(first.status(), AVOCET_OK);
    LoadedSink second(PLUGIN_FILE, host, settings());
    EXPECT_EQ(second.status(), AVOCET_ERR_IO);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_THAT(host.reports()[0], HasSubstr("address '127.0.0.1:" + std::to_string(port) + "': cannot listen there"));
}

}  // namespace
}  // namespace avocet::testing

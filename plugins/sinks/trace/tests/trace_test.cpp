// SPDX-License-Identifier: Apache-2.0
//
// sink.trace: the file is JSON, with an instant for each event and a counter for each number of a map.
#include <gtest/gtest.h>
#include <unistd.h>

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

}  // namespace
}  // namespace avocet::testing

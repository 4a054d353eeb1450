// SPDX-License-Identifier: Apache-2.0
//
// sink.null: everything taken, counted by kind, told once.
#include <gtest/gtest.h>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {
namespace {

TEST(Null, everything_is_taken_and_counted_by_kind) {
    ::testing::internal::CaptureStderr();
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT), maps(AVOCET_RECORD_MAP, "@m"), life(AVOCET_RECORD_LIFECYCLE);
    LoadedSink sink(PLUGIN_FILE, host, {});
    EXPECT_EQ(sink.consume(life.text("attached")), 0u);
    EXPECT_EQ(sink.consume(events.rows(1000)), 0u);
    EXPECT_EQ(sink.consume(maps.rows(7)), 0u);
    EXPECT_EQ(sink.flush(), 0u);
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(),
              "sink 'test': took 1008 records (event 1000, map 7, lifecycle 1)\n");
}

TEST(Null, a_kind_of_a_newer_host_is_counted_too) {
    ::testing::internal::CaptureStderr();
    FakeHost host;
    Records future(static_cast<avocet_record_kind>(77));
    LoadedSink sink(PLUGIN_FILE, host, {});
    sink.consume(future.rows(1));
    sink.close();
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "sink 'test': took 1 record (other 1)\n");
}

TEST(Null, silent_on_demand) {
    ::testing::internal::CaptureStderr();
    FakeHost host;
    Records events(AVOCET_RECORD_EVENT);
    LoadedSink sink(PLUGIN_FILE, host, {{"report", "false"}});
    sink.consume(events.rows(3));
    sink.close();
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace avocet::testing

// SPDX-License-Identifier: Apache-2.0
//
// sink.perfdata against perf itself: every row a sample, names and stacks as they were, a file that can be read at any
// time, and what cannot be written counted.
#include <gtest/gtest.h>
#include <algorithm>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {

extern "C" __attribute__((noinline, used)) void a_function_that_perf_can_name() { asm volatile("nop; nop; nop; nop"); }

namespace {

// Rows (pid, comm, user stack) of events, or (user stack) -> count of a map.
class StackRows {
public:
    explicit StackRows(bool map) : map_(map) {
        for (auto* type : {&number_, &text_, &stack_}) {
            type->struct_size = sizeof *type;
            type->name = "";
        }
        fields_ = map ? std::vector<avocet_field>{{"key", &stack_}, {"value", &number_}}
                      : std::vector<avocet_field>{{"pid", &number_}, {"comm", &text_}, {"stack", &stack_}};
        schema_.struct_size = sizeof schema_;
        schema_.kind = map ? AVOCET_RECORD_MAP : AVOCET_RECORD_EVENT;
        schema_.field_count = static_cast<uint32_t>(fields_.size());
        schema_.fields = fields_.data();
        schema_.tool = schema_.format = "";
        schema_.name = map ? "@stacks" : "";
        schema_.probe = "profile:hz:99";
        frame_ = {reinterpret_cast<uintptr_t>(&a_function_that_perf_can_name) + 1, static_cast<uint32_t>(getpid()), 0};
    }
    const avocet_batch& rows(uint32_t count, uint64_t weight = 1) {
        values_.clear();
        times_.clear();
        for (uint32_t i = 0; i < count; ++i) {
            avocet_value pid{AVOCET_VALUE_UINT, 4, 0, 0, {}}, comm{AVOCET_VALUE_STRING, 0, 0, 5, {}},
                stack{AVOCET_VALUE_STACK, 0, 0, 1, {}};
            pid.v.u = map_ ? weight : static_cast<uint64_t>(getpid());
            comm.v.text = "named";
            stack.v.frames = &frame_;
            if (map_)
                values_.insert(values_.end(), {stack, pid});
            else
                values_.insert(values_.end(), {pid, comm, stack});
            times_.push_back(1'000'000'000 + i);
        }
        batch_ = {};
        batch_.struct_size = sizeof batch_;
        batch_.row_count = count;
        batch_.schema = &schema_;
        batch_.rows = values_.data();
        batch_.times_ns = times_.data();
        return batch_;
    }

private:
    bool map_;
    avocet_type number_{}, text_{}, stack_{};
    std::vector<avocet_field> fields_;
    avocet_schema schema_{};
    avocet_frame frame_{};
    std::vector<avocet_value> values_;
    std::vector<uint64_t> times_;
    avocet_batch batch_{};
};

class Perfdata : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/avocet_perfdata_XXXXXX";
        directory_ = mkdtemp(name);
        path_ = directory_ + "/perf.data";
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }
    std::string perf(const std::string& arguments) const {
        const std::string command = "perf " + arguments + " -i " + path_ + " 2>/dev/null";
        std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
        std::string out;
        char buffer[4096];
        for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe.get())) > 0;) out.append(buffer, n);
        // Columns are padded: one blank is enough.
        out.erase(std::unique(out.begin(), out.end(), [](char a, char b) { return a == ' ' && b == ' '; }), out.end());
        return out;
    }
    static size_t count(const std::string& text, const std::string& what) {
        size_t n = 0;
        for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
        return n;
    }
    bool has_perf() const { return std::system("perf version >/dev/null 2>&1") == 0; }
    std::string directory_, path_;
};

TEST_F(Perfdata, every_event_is_a_sample_with_its_name_and_stack) {
    if (!has_perf()) GTEST_SKIP() << "perf is not installed (package linux-perf)";
    FakeHost host;
    StackRows events(false);
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path_}});
    EXPECT_EQ(sink.consume(events.rows(1000)), 0u);
    EXPECT_EQ(sink.close(), 0u);
    const std::string script = perf("script");
    EXPECT_EQ(count(script, "named " + std::to_string(getpid())), 1000u);
    EXPECT_EQ(count(script, "avocet:profile:hz:99"), 1000u);
    EXPECT_EQ(count(script, "a_function_that_perf_can_name+0x1"), 1000u);
    EXPECT_NE(perf("buildid-list").find(std::filesystem::read_symlink("/proc/self/exe").string()), std::string::npos);
    EXPECT_TRUE(host.reports().empty());
}

TEST_F(Perfdata, a_row_of_a_map_is_as_many_samples_and_its_periods_are_its_number) {
    if (!has_perf()) GTEST_SKIP() << "perf is not installed (package linux-perf)";
    FakeHost host;
    StackRows map(true);
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path_}, {"samples_per_row", "100"}});
    EXPECT_EQ(sink.consume(map.rows(1, 30)), 0u);
    EXPECT_EQ(sink.consume(map.rows(1, 12345)), 0u);
    EXPECT_EQ(sink.close(), 0u);
    const std::string periods = perf("script -F period");
    uint64_t sum = 0;
    for (size_t at = 0; at < periods.size();) {
        sum += std::strtoull(periods.c_str() + at, nullptr, 10);
        at = std::min(periods.size(), periods.find('\n', at)) + 1;
    }
    EXPECT_EQ(count(periods, "\n"), 130u);
    EXPECT_EQ(sum, 12375u);
}

TEST_F(Perfdata, what_was_flushed_can_be_read_before_the_end) {
    if (!has_perf()) GTEST_SKIP() << "perf is not installed (package linux-perf)";
    FakeHost host;
    StackRows events(false);
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path_}});
    sink.consume(events.rows(70));
    EXPECT_EQ(sink.flush(), 0u);
    EXPECT_EQ(count(perf("script"), "a_function_that_perf_can_name"), 70u);
}

TEST_F(Perfdata, what_does_not_fit_is_counted_and_the_rest_can_be_read) {
    FakeHost host;
    StackRows events(false);
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path_}});
    sink.consume(events.rows(100));
    EXPECT_EQ(sink.flush(), 0u);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit tight{std::filesystem::file_size(path_) + 1000, before.rlim_max};
    auto* handler = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    sink.consume(events.rows(500));
    const uint64_t lost = sink.flush();
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(lost, 500u);
    EXPECT_EQ(sink.close(), 0u);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_NE(host.reports()[0].find("File too large"), std::string::npos);
    if (has_perf()) { EXPECT_EQ(count(perf("script"), "avocet:profile"), 100u); }
}

TEST_F(Perfdata, an_older_file_is_kept) {
    FakeHost host;
    std::ofstream(path_) << "older";
    LoadedSink sink(PLUGIN_FILE, host, {{"path", path_}});
    sink.close();
    std::string text;
    std::ifstream(path_ + ".old") >> text;
    EXPECT_EQ(text, "older");
}

}  // namespace
}  // namespace avocet::testing

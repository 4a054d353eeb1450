// SPDX-License-Identifier: Apache-2.0
//
// sink.flamegraph: from rows with stacks to folded text and to an SVG that an XML parser reads and whose widths add up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <deque>
#include <filesystem>
#include <fstream>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {
namespace {

using ::testing::HasSubstr;

// Addresses have the names of a table; what is not there has none.
struct Symbols {
    std::map<uint64_t, std::string> names;
    avocet_host_symbols table{sizeof(avocet_host_symbols), 0, this, resolve};
    static avocet_status resolve(void* ctx, const avocet_frame* frame, avocet_symbol* out) {
        auto& names = static_cast<Symbols*>(ctx)->names;
        auto found = names.find(frame->address);
        out->found = found != names.end();
        if (out->found) out->name = to_abi(found->second);
        return AVOCET_OK;
    }
};

// Rows [stack or (label, stack), count]; `event`: rows [stack].
class StackRows {
public:
    explicit StackRows(avocet_record_kind kind = AVOCET_RECORD_MAP, const char* name = "@s") {
        type_.struct_size = sizeof type_;
        type_.name = "";
        schema_.struct_size = sizeof schema_;
        schema_.kind = kind;
        schema_.field_count = kind == AVOCET_RECORD_MAP ? 2 : 1;
        schema_.fields = fields_.data();
        schema_.tool = schema_.format = schema_.probe = "";
        schema_.name = name;
    }
    // Leaf first, as the kernel gives them.
    StackRows& add(std::vector<uint64_t> addresses, uint64_t count, uint32_t pid = 7, const char* label = nullptr) {
        auto& frames = frames_.emplace_back();
        for (uint64_t address : addresses) frames.push_back({address, pid, 0});
        avocet_value stack{};
        stack.kind = AVOCET_VALUE_STACK;
        stack.count = static_cast<uint32_t>(frames.size());
        stack.v.frames = frames.data();
        if (label) {
            auto& items = items_.emplace_back();
            items[0].kind = AVOCET_VALUE_STRING;
            items[0].count = static_cast<uint32_t>(std::strlen(label));
            items[0].v.text = label;
            items[1] = stack;
            stack = {};
            stack.kind = AVOCET_VALUE_TUPLE;
            stack.count = 2;
            stack.v.items = items.data();
        }
        values_.push_back(stack);
        if (schema_.kind == AVOCET_RECORD_MAP) {
            avocet_value number{};
            number.kind = AVOCET_VALUE_UINT;
            number.width = 8;
            number.v.u = count;
            values_.push_back(number);
        }
        return *this;
    }
    const avocet_batch& batch() {
        batch_ = {};
        batch_.struct_size = sizeof batch_;
        batch_.row_count = static_cast<uint32_t>(values_.size() / schema_.field_count);
        batch_.schema = &schema_;
        batch_.rows = values_.data();
        return batch_;
    }
    void clear() { values_.clear(); }

private:
    avocet_type type_{};
    std::array<avocet_field, 2> fields_{avocet_field{"key", &type_}, avocet_field{"value", &type_}};
    avocet_schema schema_{};
    std::deque<std::vector<avocet_frame>> frames_;
    std::deque<std::array<avocet_value, 2>> items_;
    std::vector<avocet_value> values_;
    avocet_batch batch_{};
};

struct Flamegraph : ::testing::Test {
    FakeHost host;
    Symbols symbols{{{1, "main"}, {2, "work"}, {3, "leaf"}, {9, "evil<script>&\"';\n\xff]]>"}}};
    std::string directory = ::testing::TempDir() + "avocet-flame-XXXXXX";

    void SetUp() override {
        host.extensions[AVOCET_HOST_SYMBOLS_1] = &symbols.table;
        ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    }
    void TearDown() override { std::filesystem::remove_all(directory); }
    std::string svg() const { return directory + "/graph.svg"; }
    std::string text() const { return directory + "/stacks"; }
    LoadedSink::Settings both() const { return {{"path", svg()}, {"folded_path", text()}}; }
    static std::string content(const std::string& path) {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    // What the checker, an XML parser of its own, found; empty if it refused.
    std::string checked() const {
        std::string out = directory + "/checked";
        int status = std::system(("python3 " TEST_DIR "/check_svg.py " + svg() + " > " + out).c_str());
        return status == 0 ? content(out) : "";
    }
};

TEST_F(Flamegraph, of_a_map_keyed_by_stacks) {
    StackRows rows;
    rows.add({3, 2, 1}, 5).add({2, 1}, 3).add({0x1234}, 2, 0, "cat");
    LoadedSink sink(PLUGIN_FILE, host, both());
    ASSERT_EQ(sink.status(), AVOCET_OK);
    EXPECT_EQ(sink.consume(rows.batch()), 0u);
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(text()), "cat;0x1234_[k] 2\nmain;work 3\nmain;work;leaf 5\n");
    EXPECT_EQ(checked(), "0 0 10 all\n1 0 2 cat\n2 0 2 0x1234_[k]\n1 2 8 main\n2 2 8 work\n3 2 5 leaf\n");
    EXPECT_TRUE(host.reports().empty());
}

TEST_F(Flamegraph, of_events_each_counts_once) {
    StackRows rows(AVOCET_RECORD_EVENT, "");
    rows.add({2, 1}, 0).add({2, 1}, 0).add({1}, 0);
    LoadedSink sink(PLUGIN_FILE, host, both());
    sink.consume(rows.batch());
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(text()), "main 1\nmain;work 2\n");
}

TEST_F(Flamegraph, names_from_outside_are_escaped) {
    StackRows rows;
    rows.add({9, 1}, 4, 7, "a;b");
    LoadedSink sink(PLUGIN_FILE, host, both());
    sink.consume(rows.batch());
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(text()), "a:b;main;evil<script>&\"': \xff]]> 4\n");
    EXPECT_THAT(checked(), HasSubstr("3 0 4 evil<script>&\"': \xef\xbf\xbd]]>\n"));
    EXPECT_EQ(content(svg()).find("evil<script>"), std::string::npos);
}

TEST_F(Flamegraph, of_snapshots_the_last_counts_or_their_sum) {
    for (const char* choice : {"last", "sum"}) {
        auto settings = both();
        settings["snapshots"] = choice;
        LoadedSink sink(PLUGIN_FILE, host, settings);
        StackRows rows;
        rows.add({1}, 5);
        sink.consume(rows.batch());
        rows.clear();
        rows.add({1}, 2);
        sink.consume(rows.batch());
        EXPECT_EQ(sink.close(), 0u);
        EXPECT_EQ(content(text()), choice == std::string("last") ? "main 2\n" : "main 7\n");
    }
}

TEST_F(Flamegraph, one_map_by_name) {
    auto settings = both();
    settings["map"] = "@wanted";
    StackRows wanted(AVOCET_RECORD_MAP, "@wanted"), other(AVOCET_RECORD_MAP, "@other");
    LoadedSink sink(PLUGIN_FILE, host, settings);
    sink.consume(wanted.add({1}, 5).batch());
    sink.consume(other.add({2}, 5).batch());
    sink.close();
    EXPECT_EQ(content(text()), "main 5\n");
}

TEST_F(Flamegraph, stacks_over_the_limit_are_counted_as_lost) {
    auto settings = both();
    settings["limit_stacks"] = "1";
    StackRows rows;
    rows.add({1}, 5).add({2}, 5).add({3}, 5);
    LoadedSink sink(PLUGIN_FILE, host, settings);
    sink.consume(rows.batch());
    EXPECT_EQ(sink.close(), 2u);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "sink 'test': more than 1 different stacks");
}

TEST_F(Flamegraph, nothing_is_a_valid_graph_and_is_told) {
    Records events(AVOCET_RECORD_EVENT);
    LoadedSink sink(PLUGIN_FILE, host, both());
    sink.consume(events.rows(3));
    EXPECT_EQ(sink.close(), 0u);
    EXPECT_EQ(content(text()), "");
    EXPECT_THAT(content(svg()), HasSubstr("</svg>"));
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "sink 'test': no stack came");
}

TEST_F(Flamegraph, a_path_that_cannot_be_is_refused_at_the_start) {
    LoadedSink sink(PLUGIN_FILE, host, {{"path", "/nonexistent/graph.svg"}});
    EXPECT_EQ(sink.status(), AVOCET_ERR_IO);
    LoadedSink none(PLUGIN_FILE, host, {});
    EXPECT_EQ(none.status(), AVOCET_ERR_INVALID);
    ASSERT_EQ(host.reports().size(), 2u);
    EXPECT_EQ(host.reports()[0], "file '/nonexistent/graph.svg': cannot be made: No such file or directory");
    EXPECT_EQ(host.reports()[1], "sink 'test': has neither 'path' nor 'folded_path'");
}

TEST_F(Flamegraph, a_file_that_cannot_take_its_place_costs_every_row) {
    StackRows rows;
    LoadedSink sink(PLUGIN_FILE, host, {{"path", svg()}});
    std::filesystem::create_directory(svg());
    sink.consume(rows.add({1}, 5).add({2}, 1).batch());
    EXPECT_EQ(sink.close(), 2u);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_THAT(host.reports()[0], HasSubstr("cannot be written: Is a directory"));
}

}  // namespace
}  // namespace avocet::testing

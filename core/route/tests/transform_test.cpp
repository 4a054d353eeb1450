// SPDX-License-Identifier: Apache-2.0
//
// Renaming, dropping, redacting, labels: in the schema, in the rows, in the text and in the JSON.
#include "route/transform.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "avocet/abi/label.h"
#include "rows.hpp"

namespace avocet::core {
namespace {

using testing::HasSubstr;
using testing::Not;

struct TransformTest : testing::Test {
    EventRows rows{AVOCET_OUTPUT_PRINTF, "%d %s wrote %d: %s\n"};
    Renderer renderer{avocet_host_symbols{}};

    BatchPtr apply(TransformConfig config, std::vector<uint32_t> keep = {0}) {
        Transform transform(std::move(config), &renderer);
        return transform.apply(rows.batch(), keep);
    }
    std::string text(const BatchPtr& batch) {
        std::string out;
        renderer.text(view(batch), 0, view(batch).row_count, out);
        return out;
    }
    std::string json(const BatchPtr& batch) {
        std::string out;
        renderer.json(view(batch), 0, view(batch).row_count, out);
        return out;
    }
    static std::vector<std::string> names(const BatchPtr& batch) {
        std::vector<std::string> out;
        for (uint32_t i = 0; i < view(batch).schema->field_count; ++i)
            out.emplace_back(view(batch).schema->fields[i].name);
        return out;
    }
};

TEST_F(TransformTest, a_dropped_field_is_gone_from_the_row_and_the_text) {
    rows.add(12, "bash", 5, 7, "x");
    auto out = apply({{}, {"comm", "pair"}, {}, {}, {}});
    EXPECT_THAT(names(out), testing::ElementsAre("pid", "size"));
    EXPECT_EQ(text(out), "12  wrote 5: \n");
}

TEST_F(TransformTest, renamed_fields_and_rows_that_are_kept) {
    rows.add(1, "a", 1);
    rows.add(2, "b", 2);
    rows.add(3, "c", 3);
    auto out = apply({{{"pid", "process"}}, {}, {}, {}, {}}, {0, 2});
    EXPECT_THAT(names(out), testing::ElementsAre("process", "comm", "size", "pair"));
    EXPECT_EQ(text(out), "1 a wrote 1: (0, )\n3 c wrote 3: (0, )\n");
    EXPECT_NE(view(out).schema->id, rows.schema.id);
}

TEST_F(TransformTest, labels_are_in_the_json_and_not_in_the_text) {
    rows.add(1, "a", 1);
    auto out = apply({{}, {}, {{"host", "{host}"}, {"tool", "t-{tool}"}, {"env", "prod \"x\" {{}}"}}, {}, {}});
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    EXPECT_EQ(text(out), "1 a wrote 1: (0, )\n");
    EXPECT_EQ(json(out), "{\"type\": \"printf\", \"data\": \"1 a wrote 1: (0, )\\n\", \"labels\": {\"host\": \"" +
                             std::string(host) + "\", \"tool\": \"t-opens\", \"env\": \"prod \\\"x\\\" {}\"}}\n");
    EXPECT_EQ(avocet_own_field_count(view(out).schema), 4u);
}

TEST_F(TransformTest, a_label_of_the_process) {
    rows.add(getpid(), "a", 1);
    rows.add(0, "a", 1);
    auto out = apply({{}, {}, {{"cgroup", "<{cgroup}>"}}, {}, {}}, {0, 1});
    EXPECT_THAT(json(out), HasSubstr("\"cgroup\": \"</"));
    EXPECT_THAT(json(out), HasSubstr("\"cgroup\": \"<>\""));
}

TEST_F(TransformTest, redaction_by_pattern) {
    rows.add(12, "/home/ann/x /home/bob/y", 5);
    auto out =
        apply({{}, {}, {}, {{"comm", false, "/home/([a-z])[^/]*", "/home/\\1..."}, {"pid", false, "[0-9]", "#"}}, {}});
    EXPECT_EQ(text(out), "## /home/a.../x /home/b.../y wrote 5: (0, )\n");
}

TEST_F(TransformTest, redaction_by_hash_is_stable_and_keyed) {
    rows.add(12, "secret", 5);
    rows.add(13, "secret", 5);
    rows.add(14, "other", 5);
    TransformConfig config{{}, {}, {}, {{"comm", true, {}, {}}}, "key"};
    auto out = apply(config, {0, 1, 2});
    auto hash = [](const BatchPtr& batch, uint32_t row) {
        const avocet_value& v = view(batch).rows[row * 4 + 1];
        return std::string(v.v.text, v.count);
    };
    EXPECT_THAT(text(out), Not(HasSubstr("secret")));
    EXPECT_EQ(hash(out, 0).size(), 16u);
    EXPECT_EQ(hash(out, 0), hash(out, 1));
    EXPECT_NE(hash(out, 0), hash(out, 2));
    EXPECT_EQ(hash(apply(config), 0), hash(out, 0)) << "the same key, the same hash, in another session";
    config.hash_key = "other key";
    EXPECT_NE(hash(apply(config), 0), hash(out, 0));
    config.hash_key.clear();
    EXPECT_NE(hash(apply(config), 0), hash(apply(config), 0)) << "without a key, each session has its own";
}

TEST_F(TransformTest, maps_keep_key_and_value_and_their_json_has_labels) {
    avocet_field fields[2] = {{"key", &rows.text}, {"value", &rows.number}};
    avocet_schema map = rows.schema;
    map.kind = AVOCET_RECORD_MAP;
    map.output = AVOCET_OUTPUT_NONE;
    map.name = "@x";
    map.fields = fields;
    map.field_count = 2;
    const avocet_value values[4] = {text_value("/home/ann"), number_value(1), text_value("/tmp"), number_value(2)};
    auto batch = std::make_shared<OwnedBatch>();
    batch->batch.schema = &map;
    batch->batch.row_count = 2;
    batch->batch.rows = values;
    Transform transform({{}, {"*"}, {{"env", "prod"}}, {{"key", false, "ann", "*"}}, {}}, &renderer);
    auto out = transform.apply(batch, {0, 1});
    EXPECT_EQ(text(out), "@x[/home/*]: 1\n@x[/tmp]: 2\n");
    EXPECT_EQ(
        json(out),
        "{\"type\": \"map\", \"data\": {\"@x\": {\"/home/*\": 1, \"/tmp\": 2}}, \"labels\": {\"env\": \"prod\"}}\n");
}

TEST_F(TransformTest, a_changed_batch_outlives_its_transform_and_counts_what_it_holds) {
    rows.add(12, "bash", 5);
    BatchPtr out, base = rows.batch();
    {
        Transform transform({{{"pid", "process"}}, {}, {{"env", "prod"}}, {}, {}}, &renderer);
        out = transform.apply(base, {0});
    }
    EXPECT_STREQ(view(out).schema->fields[0].name, "process");
    EXPECT_THAT(json(out), HasSubstr("\"env\": \"prod\""));
    EXPECT_GT(memory_bytes(out), memory_bytes(base));
}

}  // namespace
}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// Tables of C programs as a sidecar asks for them: columns that are reckoned, left out by options, conditions, several
// structs in one buffer, maps as tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program/tests/object_builder.hpp"
#include "record/tests/fixture.hpp"
#include "route/row_language.hpp"

namespace avocet::core::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* types =
    "struct event @avocet:table { u64 start; u64 end; u32 kind; s32 code; char name[8]; };"
    "struct other { u32 kind; u32 size; };"
    "struct pair { u32 id; u32 cpu; }; struct sums { u64 count; u64 bytes; };"
    "map events ringbuf; map totals hash pair sums; map names hash u32 u64; function f raw_tp/x;";

struct Table {
    Renderer renderer{fixed_symbols()};
    std::unique_ptr<Harness> h;

    explicit Table(const std::string& tool, const std::vector<std::pair<std::string, std::string>>& options = {}) {
        DecoderContext context = fixed_context();
        context.language = row_language(&renderer);
        context.map_value = [](std::string_view map, const std::string& key, std::string& value) {
            if (map != "names" || key != bytes_of("u32:7")) return false;
            value = bytes_of("u64:77");
            return true;
        };
        h = std::make_unique<Harness>(build_object(types, {}, tool), std::move(context), options);
    }
    std::string errors() {
        std::string out;
        for (const auto& d : h->diagnostics.take()) out += d.message + " | " + d.hint + "\n";
        return out;
    }
    void event(std::string_view bytes) { h->foreign(2, bytes_of(bytes)); }
    std::string text() {
        h->decode();
        return h->text();
    }
};

std::string with_columns(const std::string& columns, const std::string& more = {}) {
    return R"J({"events": [{"map": "events", "columns": [)J" + columns + "]" + more + "}]}";
}

constexpr const char* first = "u64:1000 u64:4000 u32:1 s32:-2 \"sh\"/8";
constexpr const char* second = "u64:5000 u64:5500 u32:2 s32:3 \"cat\"/8";

TEST(Tables, ColumnsAreReckonedFromMembersThatNoneShows) {
    Table t(with_columns(R"J({"head": "LAT", "value": "(end - start) / 1000", "format": "%5d"},
                            {"head": "RW", "value": "kind == 1 ? \"R\" : \"W\"", "format": "%-3s"},
                            {"head": "TOOK", "value": "end - start", "as": "duration", "format": "%.1{us}f"},
                            {"head": "BAD", "value": "end / (kind - 1)", "format": "%4d"},
                            {"field": "name", "format": "%s"})J"));
    t.event(first);
    t.event(second);
    EXPECT_EQ(t.text(), "  LAT RW  TOOK  BAD NAME\n    3 R   3.0      sh\n    0 W   0.5 5500 cat\n");
    EXPECT_THAT(t.h->json(), HasSubstr(R"J({"LAT": 3, "RW": "R", "TOOK": 3000, "BAD": null, "name": "sh"})J"));
    EXPECT_EQ(t.errors(), "");
}

TEST(Tables, ConditionsNameMembersThatNoColumnShows) {
    Table t(with_columns(R"J({"field": "start", "as": "delta", "format": "%d"})J",
                         R"J(, "where": "end - start > 400 && name != \"sh\"")J"));
    t.event(second);
    t.event("u64:6000 u64:9000 u32:1 s32:0 \"sh\"/8");  // left out, also of what the next is counted from
    t.event("u64:7000 u64:9000 u32:1 s32:0 \"ls\"/8");
    EXPECT_EQ(t.text(), "START\n0\n2000\n");
}

TEST(Tables, FormsOfNumbers) {
    Table t(with_columns(R"J({"field": "end", "as": "size"}, {"field": "end", "as": "uptime"},
                            {"field": "kind", "as": "dict:{1=read, 2=write}"}, {"field": "kind", "as": "gid"},
                            {"head": "C", "value": "kind", "as": "dict:{1=one}", "width": 5},
                            {"head": "U", "value": "kind - 1", "as": "uid"})J"));
    t.event("u64:1 u64:1610612736 u32:1 s32:0 \"sh\"/8");
    t.event("u64:1 u64:812 u32:2 s32:0 \"sh\"/8");
    const std::string text = t.text();
    EXPECT_THAT(text, HasSubstr("1.5GiB       1.610613       read"));
    EXPECT_THAT(text, HasSubstr("812B "));
    EXPECT_THAT(text, HasSubstr("daemon       one   root"));
    EXPECT_THAT(t.h->json(), HasSubstr(R"J("end": 1610612736, )J"));
}

TEST(Tables, MistakesAreRefusedWithWhatIsNear) {
    struct Case {
        const char *column, *said;
    };
    for (const auto& [column, said] :
         {Case{R"J({"field": "nam"})J", "column 'nam': type 'struct event' has no member 'nam'; there is 'name'"},
          Case{R"J({"field": "kind", "as": "sise"})J", "'sise' is no way to show a column; did you mean 'size'?"},
          Case{R"J({"field": "name", "as": "size"})J", "which cannot be shown as 'size'"},
          Case{R"J({"head": "X", "value": "strat - 1"})J", "no column or member is called 'strat'; there is 'start'"},
          Case{R"J({"head": "X", "value": "name + 1"})J", "column 'X': reckons with what is no number"},
          Case{R"J({"head": "X", "value": "kind +"})J", "column 'X': ends too early"},
          Case{R"J({"head": "X", "value": "name", "as": "size"})J", "is a text, which cannot be shown as 'size'"},
          Case{R"J({"head": "X", "value": "kind", "as": "ipv4"})J", "which cannot be shown as 'ipv4'"},
          Case{R"J({"field": "name", "format": "%5d"})J", "format '%5d' is of a number, which this is not"},
          Case{R"J({"head": "X", "value": "kind", "as": "ip:family=kind"})J", "the value has 8 bytes"},
          Case{R"J({"field": "kind", "format": "%q"})J", "format '%q' must be one specifier"}}) {
        Table t(with_columns(column));
        EXPECT_TRUE(t.h->decoder->refused()) << column;
        EXPECT_THAT(t.errors(), HasSubstr(said));
    }
    Table t(with_columns(R"J({"field": "kind"})J", R"J(, "where": "nmae == 1")J"));
    EXPECT_TRUE(t.h->decoder->refused());
    EXPECT_THAT(t.errors(), HasSubstr("there is 'name'"));
}

TEST(Tables, OptionsLeaveColumnsOut) {
    const std::string tool = R"J({"options": [{"name": "timestamp", "type": "bool"}, {"name": "unit", "default": "ms"}],
        "events": [{"map": "events", "columns": [
            {"field": "start", "format": "%d", "when": [{"option": "timestamp"}]},
            {"field": "kind", "format": "%d", "when": [{"option": "timestamp", "not": true}]},
            {"field": "name", "format": "%s", "when": [{"option": "unit", "is": "us"}]},
            {"field": "code", "format": "%d"}]}]})J";
    Table off(tool), on(tool, {{"timestamp", "true"}, {"unit", "us"}});
    for (Table* t : {&off, &on}) t->event(first);
    EXPECT_EQ(off.text(), "KIND CODE\n1 -2\n");
    EXPECT_EQ(on.text(), "START NAME CODE\n1000 sh -2\n");
}

TEST(Tables, StructsOfOneBufferAreToldByAConditionOrBySize) {
    const std::string told = R"J({"events": [
        {"map": "events", "type": "other", "when": "kind == 9", "columns": [{"field": "size", "format": "size %d"}]},
        {"map": "events", "type": "event", "columns": [{"field": "name", "format": "%s"}]}]})J";
    Table t(told);
    EXPECT_THAT(t.errors(), HasSubstr("format 'size %d'"));
    Table good(R"J({"events": [
        {"map": "events", "type": "other", "id": "sizes", "when": "kind == 9", "columns": [{"field": "size", "format": "%d"}]},
        {"map": "events", "type": "event", "columns": [{"field": "name", "format": "%s"}]}]})J");
    good.event("u32:9 u32:4096");
    good.event(first);
    good.event("u32:8 u32:1");  // neither
    EXPECT_EQ(good.text(), "SIZE\n4096\nNAME\nsh\n");
    EXPECT_EQ(good.h->decoder->decode_errors(), 1u);
    EXPECT_THAT(good.h->records(), HasSubstr(R"J("table":"sizes")J"));
}

TEST(Tables, MapsAreTablesInTheirOwnOrder) {
    const std::string tool =
        R"J({"maps": [{"map": "totals", "top": 2, "sort": "-bytes / count", "total": ["count", "AVG"],
        "join": "names", "on": "id", "columns": [
            {"field": "id", "format": "%-6d"}, {"field": "names", "head": "N", "format": "%4d"},
            {"field": "count", "format": "%5d"}, {"head": "AVG", "value": "bytes / count", "format": "%5d"}]}]})J";
    Table t(tool);
    ASSERT_EQ(t.errors(), "");
    const auto row = [](const char* key, const char* value) {
        return Harness::MapRow{bytes_of(key), {bytes_of(value)}};
    };
    const std::vector<Harness::MapRow> rows = {row("u32:7 u32:0", "u64:2 u64:20"), row("u32:8 u32:1", "u64:1 u64:90"),
                                               row("u32:9 u32:1", "u64:1 u64:1")};
    t.h->map(0, rows, 2);
    EXPECT_EQ(t.h->text(),
              "ID        N COUNT   AVG\n8         0     1    90\n7        77     2    10\nTOTAL           3   100\n");
    EXPECT_THAT(t.h->records(), HasSubstr(R"J("table":"totals")J"));
    for (const auto& [more, said] :
         {std::pair(R"J("sort": "-byts")J", "there is 'bytes'"),
          std::pair(R"J("total": ["cont"])J", "names 'cont', which is no column"),
          std::pair(R"J("join": "nams", "on": "key.id")J", "is joined with 'nams', which is no map"),
          std::pair(R"J("join": "names")J", "by 8 bytes with 'names', whose key has 4")}) {
        Table wrong(R"J({"maps": [{"map": "totals", "columns": [{"field": "count"}], )J" + std::string(more) + "}]}");
        EXPECT_TRUE(wrong.h->decoder->refused());
        EXPECT_THAT(wrong.errors(), HasSubstr(said));
    }
}

}  // namespace
}  // namespace avocet::core::testing

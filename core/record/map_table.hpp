// SPDX-License-Identifier: Apache-2.0
//
// One map on its way from raw rows to a snapshot: per-CPU slots are combined as they arrive, histogram rows are
// gathered under their key, then everything is decoded, put into display order and cut to what was asked for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "program/program.hpp"
#include "record/batch.hpp"
#include "record/layout.hpp"
#include "record/lookups.hpp"
#include "record/table_plan.hpp"

namespace avocet::core {

enum class Aggregate : uint8_t { none, count, sum, min, max, avg, stats, hist, lhist, tseries };
inline bool is_histogram(Aggregate a) { return a == Aggregate::hist || a == Aggregate::lhist; }
// Whether an element of the map is one bucket or interval of what is shown.
inline bool has_buckets(Aggregate a) { return is_histogram(a) || a == Aggregate::tseries; }

struct MapPlan;

// A foreign map that is shown as a table (record/map_rows.cpp).
struct MapColumns {
    TablePlan table;
    std::optional<RowLanguage::Value> order;
    std::vector<size_t> totals;  // columns
    uint32_t join_offset = 0, join_size = 0, joined_size = 0;
    const avocet_schema* schema = nullptr;
    bool failed = false;

    // false: reported.
    bool compile(const MapPlan& plan, const Program& program, const BtfView& types, TypeStore& store,
                 const RowLanguage* language, Diagnostics& diagnostics);
};

// What a map's bytes mean. Compiled once.
struct MapPlan {
    const ManifestMap* map = nullptr;
    Aggregate aggregate = Aggregate::none;
    bool usable = false;
    bool per_cpu = false;
    bool sum_slots = false;   // per-CPU integers of a foreign map: shown as their sum
    bool skip_zeros = false;  // arrays of a foreign program: every index is there, those never written to say nothing
    uint32_t key_size = 0, value_size = 0;
    Layout key, value;                   // key: empty for scalar maps; value: only for Aggregate::none
    std::optional<uint32_t> set_offset;  // of the presence flag of a scalar value
    uint32_t bucket_offset = 0;          // in a histogram's key
    // Histograms of foreign programs: an element is one bucket (log2, linear: its key has the number) or a whole one
    // (slots: an array in its value).
    enum class Foreign : uint8_t { none, log2, linear, slots } foreign = Foreign::none;
    uint32_t slot_offset = 0, slot_size = 0, slot_count = 0;
    const avocet_schema* schema = nullptr;
    std::shared_ptr<MapColumns> columns;  // null: it is no table
    std::shared_ptr<MapColumns> shown;    // of one column, which is shown instead of the value; null: the value is
    bool refused = false;                 // what is said of it makes no sense; reported
};

// Reports and returns an unusable plan if the map's types do not fit its manifest entry.
MapPlan compile_map(const Program& program, const ManifestMap& map, const BtfView& types, TypeStore& store,
                    const RowLanguage* language, Diagnostics& diagnostics);

class MapTable {
public:
    explicit MapTable(const MapPlan& plan) : plan_(plan) {}
    bool is_table() const { return plan_.columns != nullptr; }
    const std::string& heading() const { return plan_.columns->table.heading; }
    const avocet_schema* schema() const { return is_table() ? plan_.columns->schema : plan_.schema; }
    // false: the rows do not have the sizes of the plan.
    bool add(const avocet_map_rows& rows);
    // Decoded, sorted, cut. Fills batch.rows and row_count; false: nothing to show. `errors` counts rows left out.
    bool finish(OwnedBatch& batch, Lookups& lookups, uint64_t top, uint64_t div, bool final, uint64_t& errors) const;
    // The same as rows of its table. `total`: the line below them, if there is one. `join` reads a value of another
    // map.
    using JoinFn = std::function<bool(std::string_view map, const std::string& key, std::string& value)>;
    bool finish_rows(OwnedBatch& batch, Lookups& lookups, uint64_t top, const JoinFn& join, uint64_t& errors,
                     std::string& total) const;

private:
    std::string reduced(OwnedBatch& batch, Lookups& lookups, const std::string& bytes) const;
    const avocet_value* row_of(const MapColumns& columns, OwnedBatch& batch, Lookups& lookups, const std::string& key,
                               const std::string& value, const JoinFn& join, avocet_value* order) const;
    std::string total_line(const OwnedBatch& batch) const;
    struct Combined {
        uint64_t a = 0, b = 0;
    };  // value and presence, or total and count
    struct Moment {
        uint64_t value = 0, mark = 0;
    };  // of an interval: see "tseries" in sdk/docs/program.md
    struct Row {
        avocet_value key{}, value{};
        bool by_number = false, number_signed = false;
        uint64_t number = 0;
    };

    bool add_variable(const avocet_map_rows& rows);
    avocet_map_rows with_whole_keys(const avocet_map_rows& rows);
    void add_foreign(const uint8_t* key, const uint8_t* slots, uint32_t slot_size, uint32_t cpus);
    void add_slots(const uint8_t* key, const uint8_t* slots, uint32_t slot_size, uint32_t cpus);
    bool decode(OwnedBatch& batch, Lookups& lookups, uint64_t div, std::vector<Row>& rows, uint64_t& errors) const;
    bool decode_value(OwnedBatch& batch, Lookups& lookups, const std::string& bytes, Row& row) const;
    void aggregate_value(OwnedBatch& batch, const Combined& c, uint64_t div, Row& row) const;
    void histogram(OwnedBatch& batch, const std::map<uint32_t, uint64_t>& buckets, uint64_t div, Row& row) const;
    void add_moment(Moment& moment, uint64_t value, uint64_t mark) const;
    void series(OwnedBatch& batch, Lookups& lookups, const std::map<uint32_t, std::map<uint64_t, Moment>>& slots,
                uint64_t newest, Row& row) const;
    uint64_t newest_interval() const;
    void sort(std::vector<Row>& rows) const;
    uint64_t divide(uint64_t number, uint64_t div) const;

    const MapPlan& plan_;
    std::vector<uint8_t> whole_keys_;
    std::map<std::string, std::string> plain_;  // key bytes -> value bytes
    std::map<std::string, Combined> combined_;
    std::map<std::string, std::map<uint32_t, uint64_t>> buckets_;                   // key bytes -> bucket -> count
    std::map<std::string, std::map<uint32_t, std::map<uint64_t, Moment>>> series_;  // key bytes -> slot -> epoch
};

// Orders two decoded keys as the language does: integers as signed numbers of their size, strings bytewise, composites
// part by part.
int compare_keys(const avocet_value& a, const avocet_value& b);

}  // namespace avocet::core

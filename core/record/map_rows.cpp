// SPDX-License-Identifier: Apache-2.0
//
// A foreign map as a table of columns: an element's key, value and, if they are joined, another map's value lie one
// behind the other and are decoded as one struct would be.
#include <algorithm>

#include <fmt/format.h>

#include "record/foreign_histogram.hpp"
#include "record/map_table.hpp"
#include "record/row_decode.hpp"
#include "record/table_format.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t code_map = 321;

bool refuse(MapColumns& out, Diagnostics& diagnostics, const std::string& map, const std::string& why,
            const std::string& hint, const Place& place) {
    diagnostics.error("core.record", fmt::format("map '{}': {}", map, why), hint, code_map, place);
    out.failed = true;
    return false;
}

// Texts before numbers before nothing.
bool comes_before(const avocet_value& a, const avocet_value& b) {
    const bool number = a.kind == AVOCET_VALUE_INT && b.kind == AVOCET_VALUE_INT;
    if (number) return a.v.i < b.v.i;
    if (a.kind != b.kind) return a.kind > b.kind;
    return a.kind == AVOCET_VALUE_STRING && std::string_view(a.v.text, a.count) < std::string_view(b.v.text, b.count);
}

// Of a line for each stack: what stands before a frame is part of the frame, so that stacks without one leave no gap.
void fold(MapColumns& out, TypeStore& store, uint32_t value_field) {
    out.table.format.clear();
    for (avocet_field& field : out.table.fields) {
        const bool stack = field.type->kind == AVOCET_VALUE_STACK;
        if (stack) const_cast<avocet_type*>(field.type)->format = "folded";
        out.table.format += stack || &field == &out.table.fields.front() ? "%s" : ";%s";
    }
    ShownColumn count;
    count.from = value_field;
    out.table.fields.push_back({store.text("value"), out.table.layout.fields[value_field].type});
    out.table.shown.push_back(std::move(count));
    out.table.format += " %d";
    out.table.heading.clear();
}

}  // namespace

bool MapColumns::compile(const MapPlan& plan, const Program& program, const BtfView& types, TypeStore& store,
                         const RowLanguage* language, Diagnostics& diagnostics) {
    const ManifestMap& map = *plan.map;
    const Program::MapTypes ids = program.map_types(map);
    const Place& place = map.columns.empty() ? map.value_place : map.columns.front().place;
    if (plan.aggregate != Aggregate::none)
        return refuse(*this, diagnostics, map.symbol, "a histogram has no columns", "say as = \"table\" in the sidecar",
                      place);
    if (plan.per_cpu && !plan.sum_slots)
        return refuse(*this, diagnostics, map.symbol, "a value for each processor is no table, unless it is one number",
                      "sum it in the program, or leave 'columns' out", place);
    std::vector<TableRoot> roots = {{ids.key, 0, "key"}, {ids.value, plan.key_size, "value"}};
    uint32_t size = plan.key_size + plan.value_size;
    if (!map.join.empty()) {
        const Program::MapTypes other = program.map_types(map.join);
        joined_size = types.size(other.value).value_or(0);
        if (!other.value || !joined_size)
            return refuse(*this, diagnostics, map.symbol, fmt::format("is joined with '{}', which is no map", map.join),
                          "name a map of the program", map.join_place);
        roots.push_back({other.value, size, map.join});
        size += joined_size;
        Layout on;
        on.size = plan.key_size;
        std::string why;
        LayoutCompiler members(types, store);
        std::string member = map.join_on == "key" ? std::string() : map.join_on;
        if (member.starts_with("key.")) member.erase(0, 4);
        if (!members.compile_column(ids.key, member, "", on, why))
            return refuse(*this, diagnostics, map.symbol, why, "'on' is a member of the key, or the key itself",
                          map.join_place);
        join_offset = on.fields[0].offset;
        join_size = on.fields[0].size;
        if (join_size != types.size(other.key).value_or(0))
            return refuse(*this, diagnostics, map.symbol,
                          fmt::format("is joined by {} bytes with '{}', whose key has {}", join_size, map.join,
                                      types.size(other.key).value_or(0)),
                          "'on' names the member of the key that is the other map's key", map.join_place);
    }
    TableCompiler compiler(types, store, language, only_stack_map(types), diagnostics);
    std::vector<ManifestColumn> columns;
    if (map.columns.empty()) {  // one stands for the value
        columns.emplace_back().head = "value";
        columns.back().value = map.value;
        columns.back().place = map.value_place;
    }
    for (const ManifestColumn& column : map.columns)
        if (std::all_of(column.when.begin(), column.when.end(),
                        [&](const auto& q) { return program.manifest().answers(q); }))
            columns.push_back(column);
    table = compiler.compile(std::move(roots), size, columns, true);
    if (map.folded && !table.fields.empty()) {
        if (table.fields.front().type->kind == AVOCET_VALUE_STACK)
            return refuse(*this, diagnostics, map.symbol, "a folded line begins with a name, not with a stack",
                          "put a column such as { field = \"name\" } first", place);
        const auto field = compiler.decoded(table, "value");
        if (!field) return refuse(*this, diagnostics, map.symbol, "its value is no count", {}, {});
        fold(*this, store, *field);
    }
    if (!map.sort.empty()) order = compiler.value(table, map.sort, map.sort_place, fmt::format("map '{}'", map.symbol));
    if (map.skip_zero) compiler.skip_zero(table, place, fmt::format("map '{}'", map.symbol));
    failed = compiler.failed();
    for (const std::string& name : map.total) {
        const auto found = std::find_if(table.fields.begin(), table.fields.end(),
                                        [&](const avocet_field& f) { return name == f.name; });
        if (found == table.fields.end() && !failed)
            return refuse(*this, diagnostics, map.symbol, fmt::format("'total' names '{}', which is no column", name),
                          "it is a list of fields, or of heads of columns with 'value'", place);
        totals.push_back(static_cast<size_t>(found - table.fields.begin()));
    }
    avocet_schema& made = store.add_schema(AVOCET_RECORD_EVENT, AVOCET_OUTPUT_TABLE, table.fields);
    made.name = store.text(map.name);
    made.tool = store.text(program.manifest().tool);
    made.format = store.text(table.format);
    made.format_size = static_cast<uint32_t>(table.format.size());
    if (!map.header) table.heading.clear();
    schema = &made;
    return !failed;
}

// One number of several processors stands where the map's own would.
std::string MapTable::reduced(OwnedBatch& batch, Lookups& lookups, const std::string& bytes) const {
    Row row;
    if (!plan_.per_cpu || !plan_.sum_slots || !decode_value(batch, lookups, bytes, row))
        return bytes.substr(0, plan_.value_size);
    return {reinterpret_cast<const char*>(&row.value.v.u), std::min<size_t>(plan_.value_size, sizeof row.value.v.u)};
}

// What the columns make of one element; nullptr: its bytes are none.
const avocet_value* MapTable::row_of(const MapColumns& columns, OwnedBatch& batch, Lookups& lookups,
                                     const std::string& key, const std::string& value, const JoinFn& join,
                                     avocet_value* order) const {
    const TablePlan& table = columns.table;
    std::string bytes = key + reduced(batch, lookups, value);
    if (columns.joined_size) {
        std::string other;
        if (join) join(plan_.map->join, key.substr(columns.join_offset, columns.join_size), other);
        other.resize(columns.joined_size);
        bytes += other;
    }
    auto* decoded = batch.allocate_array<avocet_value>(table.layout.fields.size());
    if (!RowDecoder(batch, lookups)
             .decode(table.layout, reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<uint32_t>(bytes.size()),
                     decoded))
        return nullptr;
    auto* shown = batch.allocate_array<avocet_value>(table.fields.size());
    table.make_row(decoded, shown, batch, lookups);
    if (order && columns.order) *order = columns.order->of(decoded, batch);
    return shown;
}

bool MapTable::finish_rows(OwnedBatch& batch, Lookups& lookups, uint64_t top, const JoinFn& join, uint64_t& errors,
                           std::string& total) const {
    const MapColumns& columns = *plan_.columns;
    const TablePlan& table = columns.table;
    struct One {
        avocet_value order{};
        const avocet_value* values = nullptr;
    };
    std::vector<One> rows;
    for (const auto& [key, value] : plain_) {
        One one;
        one.values = row_of(columns, batch, lookups, key, value, join, &one.order);
        if (!one.values)
            ++errors;
        else if (!table.leaves_out(one.values))
            rows.push_back(one);
    }
    if (rows.empty()) return false;
    if (columns.order)
        std::stable_sort(rows.begin(), rows.end(),
                         [](const One& a, const One& b) { return comes_before(a.order, b.order); });
    if (top && rows.size() > top) rows.resize(top);
    auto* out = batch.allocate_array<avocet_value>(rows.size() * table.fields.size());
    batch.batch.rows = out;
    batch.batch.row_count = static_cast<uint32_t>(rows.size());
    for (const One& row : rows) out = std::copy_n(row.values, table.fields.size(), out);
    if (!columns.totals.empty()) total = total_line(batch);
    return true;
}

// The sums of the rows that stand above it.
std::string MapTable::total_line(const OwnedBatch& batch) const {
    const TablePlan& table = plan_.columns->table;
    std::vector<avocet_value> sums(table.fields.size());
    for (size_t column : plan_.columns->totals) {
        avocet_value& sum = sums[column];
        sum.kind = AVOCET_VALUE_INT;
        sum.width = 8;
        for (uint32_t i = 0; i < batch.batch.row_count; ++i)
            sum.v.i += number_of(batch.batch.rows[size_t{i} * table.fields.size() + column]);
    }
    static constexpr std::string_view word = "TOTAL";
    if (sums[0].kind == AVOCET_VALUE_NONE) {
        sums[0].kind = AVOCET_VALUE_STRING;
        sums[0].count = word.size();
        sums[0].v.text = word.data();
    }
    std::string out;
    TableFormat(table.format).append(table.fields, sums.data(), ValueText({}, {}), out);
    return out;
}

}  // namespace avocet::core

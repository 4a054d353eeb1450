// SPDX-License-Identifier: Apache-2.0
#include "record/table_plan.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "avocet/column_form.hpp"
#include "record/table_format.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t code_column = 323;

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

bool is_time(std::string_view as) { return as == "elapsed" || as == "duration" || as == "uptime" || as == "delta"; }

bool tells_when(std::string_view as) { return is_time(as) && as != "duration"; }

// "%5d" of what is no number would show it as text, in a column made for digits.
std::string format_mistake(const std::string& format, const avocet_type& type) {
    const bool number = type.kind == AVOCET_VALUE_INT || type.kind == AVOCET_VALUE_UINT ||
                        type.kind == AVOCET_VALUE_BOOL || type.kind == AVOCET_VALUE_POINTER ||
                        type.kind == AVOCET_VALUE_ENUM;
    if (format.empty() || format.ends_with('s') || number) return {};
    return fmt::format("format '{}' is of a number, which this is not; write %s", format);
}

}  // namespace

// "%-16.3{ms}f": the width with its sign, to put a head of the same width above.
std::string head_text(std::string_view head, std::string_view format) {
    const bool left =
        format.find('-') != std::string_view::npos && format.find('-') < format.find_first_of("123456789.");
    size_t at = format.find_first_of("123456789."), width = 0;
    for (; at < format.size() && std::isdigit(static_cast<unsigned char>(format[at])); ++at)
        width = std::min<size_t>(width * 10 + static_cast<size_t>(format[at] - '0'), 1024);
    const std::string blanks(width > head.size() ? width - head.size() : 0, ' ');
    return left ? std::string(head) + blanks : blanks + std::string(head);
}

void TablePlan::make_row(const avocet_value* decoded, avocet_value* row, OwnedBatch& batch, Lookups& lookups) const {
    for (const ShownColumn& column : shown) {
        avocet_value& out = *row++;
        if (!column.value.of) {
            out = decoded[column.from];
            continue;
        }
        out = column.value.of(decoded, batch);
        if (out.kind != AVOCET_VALUE_INT) continue;
        const int64_t number = out.v.i;
        RowDecoder(batch, lookups).decode(column.form, reinterpret_cast<const uint8_t*>(&number), sizeof number, &out);
    }
}

bool TablePlan::leaves_out(const avocet_value* row) const {
    return skip_zero && std::all_of(counted.begin(), counted.end(), [&](uint32_t field) {
               return row[field].kind == AVOCET_VALUE_NONE || row[field].v.u == 0;
           });
}

bool TableCompiler::add_member(TablePlan& plan, const std::string& path, const std::string& as, std::string& why) {
    for (const TableRoot& root : roots_) {
        std::string inner = path;
        if (!root.name.empty() && path == root.name)
            inner.clear();
        else if (!root.name.empty() && path.starts_with(root.name + "."))
            inner = path.substr(root.name.size() + 1);
        if (!members_.compile_column(root.type, inner, as, plan.layout, why)) {
            if (members_.has(root.type, inner)) return false;
            continue;
        }
        Step& step = plan.layout.fields.back();
        step.offset += root.base;
        step.beside += root.base;
        plan.layout.names.back() = store_.text(path);
        forms_.push_back(as);
        return true;
    }
    if (const std::string near = nearest_member(path); !near.empty()) why += "; there is '" + near + "'";
    return false;
}

std::string TableCompiler::nearest_member(const std::string& name) const {
    std::vector<std::string> known;
    for (const TableRoot& root : roots_)
        for (const Leaf& leaf : members_.leaves(root.type)) known.push_back(leaf.path);
    return avocet::nearest(name, known);
}

// What an expression names is decoded too. A condition sees what columns show, a value the members themselves.
bool TableCompiler::add_named(TablePlan& plan, const std::string& text, bool of_value, std::string& why) {
    if (!language_) return why = "expressions are not known here", false;
    const auto paths = language_->names(text, of_value, why);
    if (!paths) return false;
    for (const RowLanguage::Path& path : *paths) {
        bool found = false;
        for (size_t used = path.size(); used > 0 && !found; --used) {
            std::string name = path[0];
            for (size_t i = 1; i < used; ++i) name += "." + path[i];
            for (size_t i = 0; i < forms_.size() && !found; ++i)
                found = name == plan.layout.names[i] && (!of_value || forms_[i].empty());
            std::string ignored;
            found = found || add_member(plan, name, "", ignored);
        }
        if (found) continue;
        why = "no column or member is called '" + path[0] + "'";
        if (const std::string near = nearest_member(path[0]); !near.empty()) why += "; there is '" + near + "'";
        return false;
    }
    return true;
}

const avocet_schema& TableCompiler::names_of(const TablePlan& plan, bool of_value) {
    std::vector<avocet_field> fields;
    for (size_t i = 0; i < plan.layout.fields.size(); ++i)
        fields.push_back({of_value && !forms_[i].empty() ? "" : plan.layout.names[i], plan.layout.fields[i].type});
    return store_.add_schema(AVOCET_RECORD_EVENT, AVOCET_OUTPUT_TABLE, fields);
}

bool TableCompiler::compile_value(TablePlan& plan, const ManifestColumn& column, ShownColumn& shown, std::string& why) {
    if (!add_named(plan, column.value, true, why)) return false;
    auto value = language_->value(column.value, names_of(plan, true), why);
    if (!value) return false;
    shown.value = std::move(*value);
    if (!shown.value.is_text) return members_.compile_number(column.as, shown.form, why);
    if (!column.as.empty()) return why = "is a text, which cannot be shown as '" + column.as + "'", false;
    return true;
}

void TableCompiler::complain(const ManifestColumn& column, const std::string& why, bool strict) {
    failed_ |= strict;
    diagnostics_.report(
        Diagnostic{strict ? AVOCET_ERROR : AVOCET_WARNING,
                   code_column,
                   "core.record",
                   fmt::format("column '{}': {}", column.head.empty() ? column.field : column.head, why),
                   strict ? "sdk/docs/c-tools.md, \"Columns\", says what there is" : "it is left out",
                   {},
                   column.place,
                   {},
                   {}});
}

const avocet_type* TableCompiler::type_of(const TablePlan& plan, const ManifestColumn& column,
                                          const ShownColumn& shown) {
    if (column.value.empty()) return plan.layout.fields[shown.from].type;
    return shown.value.is_text ? &store_.add(AVOCET_VALUE_STRING, 0, "string") : shown.form.fields[0].type;
}

TablePlan TableCompiler::compile(std::vector<TableRoot> roots, uint32_t size,
                                 const std::vector<ManifestColumn>& columns, bool strict) {
    roots_ = std::move(roots);
    TablePlan plan;
    plan.layout.size = size;
    for (const ManifestColumn& column : columns) {
        std::string why;
        ShownColumn shown;
        shown.from = static_cast<uint32_t>(plan.layout.fields.size());
        if (!column.format.empty()) why = column_format_error(column.format);
        if (const auto mistake = column_form_mistake(column.as); !why.empty())
            why = fmt::format("format '{}' {}", column.format, why);
        else if (mistake)
            why = mistake->fact + "; " + mistake->hint;
        const bool good = why.empty() && (column.value.empty() ? add_member(plan, column.field, column.as, why)
                                                               : compile_value(plan, column, shown, why));
        const avocet_type* type = good ? type_of(plan, column, shown) : nullptr;
        if (type) why = format_mistake(column.format, *type);
        if (!why.empty()) {
            complain(column, why, strict);
            continue;
        }
        const std::string head = column.head.empty() ? upper(column.field) : column.head;
        std::string format = column.format;
        if (format.empty() && is_time(column.as)) format = fmt::format("%-{}.6f", column.width ? column.width : 14);
        if (format.empty())
            format = fmt::format("%-{}s", column.width ? column.width : std::max<size_t>(head.size(), 12));
        plan.format += (plan.format.empty() ? "" : " ") + format;
        plan.heading += (plan.heading.empty() ? "" : " ") + head_text(head, format);
        const std::string& name = column.field.empty() ? head : column.field;
        const bool number = type->kind == AVOCET_VALUE_INT || type->kind == AVOCET_VALUE_UINT;
        if (number && !tells_when(column.as)) plan.counted.push_back(static_cast<uint32_t>(plan.fields.size()));
        plan.fields.push_back({store_.text(name), type});
        plan.shown.push_back(std::move(shown));
    }
    return plan;
}

void TableCompiler::skip_zero(TablePlan& plan, const Place& place, const std::string& what) {
    plan.skip_zero = true;
    if (failed_ || !plan.counted.empty()) return;
    failed_ = true;
    diagnostics_.error("core.record", fmt::format("{}: 'skip_zero' needs a column that is a number", what),
                       "a time of day, or since the first event, is none", code_column, place);
}

bool TableCompiler::can_ask(TablePlan& plan, const std::string& text) {
    std::string why;
    // One that cannot be read is told where it is compiled.
    return !language_ || !language_->names(text, false, why) || add_named(plan, text, false, why);
}

std::optional<RowLanguage::Value> TableCompiler::value(TablePlan& plan, const std::string& text, const Place& place,
                                                       const std::string& what) {
    std::string why;
    std::optional<RowLanguage::Value> out;
    if (add_named(plan, text, true, why)) out = language_->value(text, names_of(plan, true), why);
    if (out) return out;
    failed_ = true;
    diagnostics_.error("core.record", fmt::format("{}: '{}': {}", what, text, why),
                       "a value is a member, or reckoned from members: -count, bytes / calls", code_column, place);
    return out;
}

std::optional<uint32_t> TableCompiler::decoded(TablePlan& plan, const std::string& member) {
    std::string why;
    if (!add_member(plan, member, "", why)) return std::nullopt;
    const auto kind = plan.layout.fields.back().type->kind;
    if (kind != AVOCET_VALUE_INT && kind != AVOCET_VALUE_UINT) return std::nullopt;
    return static_cast<uint32_t>(plan.layout.fields.size() - 1);
}

RowLanguage::Condition TableCompiler::condition(TablePlan& plan, const std::string& text, const Place& place,
                                                const std::string& what) {
    std::string why;
    RowLanguage::Condition out;
    if (add_named(plan, text, false, why)) out = language_->condition(text, names_of(plan, false), why);
    if (out) return out;
    failed_ = true;
    diagnostics_.report(Diagnostic{AVOCET_ERROR,
                                   code_column,
                                   "core.record",
                                   fmt::format("{}: condition '{}': {}", what, text, why),
                                   "a condition is like that of a route: pid == 1 && comm ~ \"ba*\"",
                                   {},
                                   place,
                                   {},
                                   {}});
    return out;
}

}  // namespace avocet::core

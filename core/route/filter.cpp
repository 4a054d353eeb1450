// SPDX-License-Identifier: Apache-2.0
//
// Expressions to nodes with resolved fields. Constant parts fold when the node is made, so that a route whose condition
// names another map costs nothing for each record.
#include "route/filter.hpp"

#include <re2/re2.h>

#include <charconv>
#include <optional>
#include <vector>

#include "avocet/record.hpp"
#include "record/renderer.hpp"
#include "record/value_text.hpp"
#include "route/match.hpp"

namespace avocet::core {

namespace {

enum class Special { none, severity, hist_count };

// Where an operand's value is: a constant, or a way into the row.
struct Source {
    enum Kind { missing, number, text, field } kind = missing;
    __int128 value = 0;
    std::string literal;
    std::vector<uint32_t> path;  // field: index of the field, then of elements
    const avocet_type* type = nullptr;
    Special special = Special::none;
};

struct Resolver {
    const avocet_schema& schema;

    Source resolve(const Operand& operand) const {
        Source out;
        if (operand.kind == Operand::number) {
            out.kind = Source::number;
            out.value = operand.value;
        } else if (operand.kind == Operand::text) {
            out.kind = Source::text;
            out.literal = operand.literal;
        } else if (!find_field(operand.path, out)) {
            word(operand.path, out);
        }
        return out;
    }

private:
    static std::string_view text_or_empty(const char* text) { return text ? text : ""; }

    void word(const std::vector<std::string>& path, Source& out) const {
        if (path.size() != 1) return;
        const std::string& name = path[0];
        auto constant = [&](std::string_view text) { out.kind = Source::text, out.literal = text; };
        if (name == "kind") constant(record_kind_name(schema.kind));
        if (name == "tool") constant(text_or_empty(schema.tool));
        if (name == "probe") constant(text_or_empty(schema.probe));
        if (name == "map") constant(schema.kind == AVOCET_RECORD_MAP ? text_or_empty(schema.name) : "");
        if (name != "severity") return;
        if (schema.kind != AVOCET_RECORD_ERROR && schema.kind != AVOCET_RECORD_LOSS)
            return constant(severity_of(schema, nullptr));
        out.kind = Source::field;
        out.special = Special::severity;
    }

    // A field's name may hold dots itself.
    bool find_field(const std::vector<std::string>& path, Source& out) const {
        for (size_t used = path.size(); used > 0; --used) {
            std::string name = path[0];
            for (size_t i = 1; i < used; ++i) name += "." + path[i];
            for (uint32_t f = 0; f < schema.field_count; ++f) {
                if (!schema.fields[f].name || name != schema.fields[f].name) continue;
                out.kind = Source::field;
                out.path = {f};
                out.type = schema.fields[f].type;
                for (size_t i = used; i < path.size(); ++i)
                    if (!step(path[i], out)) return out = {}, false;
                return true;
            }
        }
        return false;
    }

    static bool step(const std::string& name, Source& out) {
        const avocet_type& type = *out.type;
        uint32_t number = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
        const bool is_number = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
        switch (type.kind) {
            case AVOCET_VALUE_TUPLE:
            case AVOCET_VALUE_ARRAY: {
                if (!is_number || !type.members || !type.member_count) return false;
                const uint32_t member = type.kind == AVOCET_VALUE_ARRAY ? 0 : number;
                if (member >= type.member_count) return false;
                out.path.push_back(number);
                out.type = type.members[member];
                return true;
            }
            case AVOCET_VALUE_RECORD:
                for (uint32_t i = 0; i < type.member_count && type.member_names; ++i) {
                    if (name != type.member_names[i]) continue;
                    out.path.push_back(i);
                    out.type = type.members[i];
                    return true;
                }
                return false;
            case AVOCET_VALUE_STATS: {
                constexpr std::string_view parts[] = {"count", "average", "total"};
                static const avocet_type part_type{sizeof(avocet_type),
                                                   AVOCET_VALUE_INT,
                                                   8,
                                                   0,
                                                   "int64",
                                                   {},
                                                   {},
                                                   0,
                                                   0,
                                                   nullptr,
                                                   nullptr,
                                                   0,
                                                   0,
                                                   0,
                                                   0,
                                                   0};
                for (uint32_t i = 0; i < 3; ++i) {
                    if (name != parts[i]) continue;
                    out.path.push_back(i);
                    out.type = &part_type;
                    return true;
                }
                return false;
            }
            case AVOCET_VALUE_HIST: out.special = Special::hist_count; return name == "count";
            default: return false;
        }
    }
};

const avocet_value* walk(const Source& source, const avocet_value* row) {
    const avocet_value* value = row + source.path[0];
    for (size_t i = 1; i < source.path.size(); ++i) {
        const bool composite = value->kind == AVOCET_VALUE_TUPLE || value->kind == AVOCET_VALUE_ARRAY ||
                               value->kind == AVOCET_VALUE_RECORD || value->kind == AVOCET_VALUE_STATS;
        if (!composite || source.path[i] >= value->count) return nullptr;
        value = value->v.items + source.path[i];
    }
    return value;
}

std::optional<__int128> number_in(const avocet_value& value, Special special) {
    switch (value.kind) {
        case AVOCET_VALUE_INT: return value.v.i;
        case AVOCET_VALUE_UINT:
        case AVOCET_VALUE_BOOL:
        case AVOCET_VALUE_POINTER: return value.v.u;
        case AVOCET_VALUE_ENUM: return number_of(value);
        case AVOCET_VALUE_HIST: {
            if (special != Special::hist_count) return std::nullopt;
            __int128 sum = 0;
            for (uint32_t i = 0; i < value.count; ++i) sum += value.v.buckets[i].count;
            return sum;
        }
        default: return std::nullopt;
    }
}

bool in_order(int order, Expression::Comparison comparison) {
    switch (comparison) {
        case Expression::equal: return order == 0;
        case Expression::not_equal: return order != 0;
        case Expression::less: return order < 0;
        case Expression::less_equal: return order <= 0;
        case Expression::greater: return order > 0;
        case Expression::greater_equal: return order >= 0;
        default: return false;
    }
}

}  // namespace

std::string_view severity_of(const avocet_schema& schema, const avocet_value* row) {
    if (schema.kind == AVOCET_RECORD_ERROR && row && schema.field_count >= error_field_count)
        return text_of(row[error_severity]) == "warning" ? "warning" : "error";
    constexpr uint32_t record_lost = 3;
    if (schema.kind == AVOCET_RECORD_LOSS && row && schema.field_count > record_lost)
        return row[record_lost].v.u ? "warning" : "info";
    return "info";
}

bool has_name(const std::vector<std::string>& path, const avocet_schema& schema) {
    Operand operand;
    operand.path = path;
    return Resolver{schema}.resolve(operand).kind != Source::missing;
}

struct RowFilter::Node {
    Expression::Kind kind = Expression::truth;
    std::optional<bool> constant;
    Expression::Comparison comparison = Expression::equal;
    Source left, right;
    std::unique_ptr<re2::RE2> pattern;
    std::vector<std::unique_ptr<Node>> parts;
    const avocet_schema* schema = nullptr;
    const Renderer* renderer = nullptr;

    static std::unique_ptr<Node> make(const Expression& e, const avocet_schema& schema, const Renderer* renderer) {
        auto node = std::make_unique<Node>();
        node->kind = e.kind;
        node->comparison = e.comparison;
        node->schema = &schema;
        node->renderer = renderer;
        for (const auto& part : e.parts) node->parts.push_back(make(part, schema, renderer));
        if (e.kind == Expression::truth || e.kind == Expression::compare) {
            Resolver resolver{schema};
            node->left = resolver.resolve(e.left);
            node->right = resolver.resolve(e.right);
            if (e.kind == Expression::compare && e.comparison == Expression::regex)
                node->pattern = std::make_unique<re2::RE2>(e.right.literal, re2::RE2::Quiet);
        }
        node->fold();
        return node;
    }

    void fold() {
        if (kind == Expression::negation) {
            if (parts[0]->constant) constant = !*parts[0]->constant;
        } else if (kind == Expression::both || kind == Expression::either) {
            const bool decides = kind == Expression::either;
            size_t known = 0;
            for (const auto& part : parts) {
                if (part->constant == decides) constant = decides;
                known += part->constant.has_value();
            }
            if (!constant && known == parts.size()) constant = !decides;
        } else {
            const bool compares = kind == Expression::compare;
            if (left.kind == Source::missing || (compares && right.kind == Source::missing))
                constant = false;
            else if (left.kind != Source::field && (!compares || right.kind != Source::field))
                constant = holds(nullptr);
        }
    }

    bool eval(const avocet_value* row) const {
        if (constant) return *constant;
        switch (kind) {
            case Expression::negation: return !parts[0]->eval(row);
            case Expression::both:
                for (const auto& part : parts)
                    if (!part->eval(row)) return false;
                return true;
            case Expression::either:
                for (const auto& part : parts)
                    if (part->eval(row)) return true;
                return false;
            default: return holds(row);
        }
    }

    // One side, as far as this row has it.
    struct Side {
        std::optional<__int128> number;
        std::string_view text;
        bool there = false;
    };

    bool holds(const avocet_value* row) const {
        std::string left_text, right_text;
        const bool as_text = wants_text();
        const Side a = side(left, row, as_text, left_text);
        if (!a.there) return false;
        if (kind == Expression::truth) return a.number ? *a.number != 0 : !a.text.empty();
        const Side b = side(right, row, as_text, right_text);
        if (!b.there) return false;
        if (comparison == Expression::regex) return re2::RE2::PartialMatch({a.text.data(), a.text.size()}, *pattern);
        if (comparison == Expression::glob) return matches_pattern(b.text, a.text);
        if (comparison == Expression::not_glob) return !matches_pattern(b.text, a.text);
        if (!as_text) {
            if (!a.number || !b.number) return false;
            return in_order(*a.number < *b.number ? -1 : *a.number > *b.number ? 1 : 0, comparison);
        }
        return in_order(a.text.compare(b.text), comparison);
    }

    // Two sides are numbers if both can be.
    bool wants_text() const {
        if (kind == Expression::truth) return !numeric(left);
        if (left.kind == Source::number || right.kind == Source::number) return false;
        return !numeric(left) || !numeric(right) || comparison >= Expression::glob;
    }
    static bool numeric(const Source& s) {
        if (s.kind == Source::number) return true;
        if (s.kind != Source::field || !s.type) return false;
        if (s.special == Special::hist_count) return true;
        return s.type->kind == AVOCET_VALUE_INT || s.type->kind == AVOCET_VALUE_UINT ||
               s.type->kind == AVOCET_VALUE_BOOL || s.type->kind == AVOCET_VALUE_POINTER ||
               s.type->kind == AVOCET_VALUE_ENUM;
    }

    Side side(const Source& source, const avocet_value* row, bool as_text, std::string& storage) const {
        if (source.kind == Source::number) return {source.value, {}, true};
        if (source.kind == Source::text) return {std::nullopt, source.literal, true};
        if (source.special == Special::severity) return {std::nullopt, severity_of(*schema, row), true};
        const avocet_value* value = walk(source, row);
        if (!value || value->kind == AVOCET_VALUE_NONE) return {};
        if (!as_text) return {number_in(*value, source.special), {}, true};
        if (value->kind == AVOCET_VALUE_STRING || value->kind == AVOCET_VALUE_TEXT)
            return {std::nullopt, text_of(*value), true};
        if (renderer) renderer->value(*source.type, *value, storage);
        return {std::nullopt, storage, true};
    }
};

RowFilter::RowFilter(const Expression& expression, const avocet_schema& schema, const Renderer* renderer)
    : root_(Node::make(expression, schema, renderer)) {}
RowFilter::~RowFilter() = default;
RowFilter::RowFilter(RowFilter&&) noexcept = default;

RowFilter::Verdict RowFilter::verdict() const {
    if (!root_->constant) return Verdict::some;
    return *root_->constant ? Verdict::all : Verdict::none;
}

bool RowFilter::passes(const avocet_value* row) const { return root_->eval(row); }

}  // namespace avocet::core

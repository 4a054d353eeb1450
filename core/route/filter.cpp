// SPDX-License-Identifier: Apache-2.0
//
// Expressions to nodes with resolved fields. Constant parts fold when the node is made, so that a route whose condition
// names another map costs nothing for each record.
#include "route/filter.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <optional>
#include <vector>

#include "avocet/record.hpp"
#include "record/renderer.hpp"
#include "record/value_text.hpp"
#include "route/match.hpp"
#include "route/source.hpp"

namespace avocet::core {

namespace {

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
    return find_source(operand, schema, nullptr).kind != Source::missing;
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
            node->left = find_source(e.left, schema, renderer);
            node->right = find_source(e.right, schema, renderer);
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
            else if (!left.of_row() && (!compares || !right.of_row()))
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
        if (kind == Expression::truth) return !left.is_number();
        if (left.kind == Source::number || right.kind == Source::number) return false;
        return !left.is_number() || !right.is_number() || comparison >= Expression::glob;
    }
    Side side(const Source& all, const avocet_value* row, bool as_text, std::string& storage) const {
        const Source& source = chosen(all, row);
        if (source.kind == Source::number || source.kind == Source::arithmetic) {
            const auto number = number_of(source, row);
            if (as_text && number) storage = fmt::format("{}", *number);
            return {number, storage, number.has_value()};
        }
        if (source.kind == Source::text) return {std::nullopt, source.literal, true};
        if (source.special == Source::severity) return {std::nullopt, severity_of(*schema, row), true};
        const avocet_value* value = walk(source, row);
        if (!value || value->kind == AVOCET_VALUE_NONE) return {};
        if (!as_text) return {number_of(source, row), {}, true};
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

// SPDX-License-Identifier: Apache-2.0
//
// Aggregations: the right side of an assignment to a map. Their parameters become those of the map.
#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

// The type given here is that of one value; the Typer merges it into the map (assign_aggregate).
Type infer_count(Typer&, CallExpr&) { return Type::integer(8, false); }

Type infer_value(Typer& t, CallExpr& e) {
    if (!t.expect_number(e, 0)) return {};
    Type type = as_integer(e.args[0]->type);
    type.size = 8;
    type.space = Space::none;
    return type;
}

Type infer_hist(Typer& t, CallExpr& e) {
    if (!t.expect_number(e, 0)) return {};
    if (e.args.size() > 1) {
        const auto bits = literal_int(*e.args[1]);
        if (t.is_refused(*e.args[1])) return {};
        if (!bits)
            t.error(e.args[1]->span, "hist(): the bits must be a literal");
        else if (*bits < 0 || *bits > 5)
            t.error(e.args[1]->span, "hist(): bits must be 0 to 5, " + std::to_string(*bits) + " given");
    }
    return Type::integer(8, true);
}

constexpr int64_t max_lhist_buckets = 1000;

Type infer_lhist(Typer& t, CallExpr& e) {
    const Type type = Type::integer(8, true);
    if (!t.expect_number(e, 0)) return {};
    static constexpr const char* names[] = {"min", "max", "step"};
    int64_t values[3] = {};
    bool known = true;
    for (size_t i = 0; i < 3; ++i) {
        const auto value = literal_int(*e.args[i + 1]);
        if (t.is_refused(*e.args[i + 1])) {
            known = false;
        } else if (!value || *value < 0) {
            t.error(e.args[i + 1]->span, std::string("lhist(): ") + names[i] + " must be a literal, not negative");
            known = false;
        } else {
            values[i] = *value;
        }
    }
    if (!known) return type;
    const auto [low, high, step] = values;
    if (step < 1)
        t.error(e.args[3]->span, "lhist(): step must be at least 1, " + std::to_string(step) + " given");
    else if (low >= high)
        t.error(e.args[1]->span, "lhist(): min " + std::to_string(low) + " must be below max " + std::to_string(high));
    else if (step > high - low)
        t.error(e.args[3]->span,
                "lhist(): step " + std::to_string(step) + " is larger than the range of " + std::to_string(high - low));
    else if ((high - low) / step > max_lhist_buckets)
        t.error(e.span, "lhist(): at most " + std::to_string(max_lhist_buckets) + " buckets, these bounds need " +
                            std::to_string((high - low) / step));
    return type;
}

constexpr int64_t max_series_intervals = 1000000;

Type infer_tseries(Typer& t, CallExpr& e) {
    t.use_unstable("tseries", e.span);
    const Type type = infer_value(t, e);
    if (type.kind == TypeKind::none) return type;
    const auto check = [&](size_t index, const char* what, int64_t most) {
        const auto value = literal_int(*e.args[index]);
        if (t.is_refused(*e.args[index])) return;
        if (!value)
            t.error(e.args[index]->span, std::string("tseries(): ") + what + " must be a literal");
        else if (*value < 1 || *value > most)
            t.error(e.args[index]->span, std::string("tseries(): ") + what + " must be " +
                                             (most == INT64_MAX ? "at least 1" : "1 to " + std::to_string(most)) +
                                             ", " + std::to_string(*value) + " given");
    };
    check(1, "the interval", INT64_MAX);
    check(2, "the number of intervals", max_series_intervals);
    if (e.args.size() < 4 || t.is_refused(*e.args[3])) return type;
    const std::string* way = literal_string(*e.args[3]);
    if (!way || (*way != "avg" && *way != "max" && *way != "min" && *way != "sum"))
        t.error(e.args[3]->span, "tseries(): values of one interval combine by \"avg\", \"max\", \"min\" or \"sum\"")
            .with_hint("without the argument the last value stays");
    return type;
}

// The argument gets the map's number type where the assignment is converted (Converter::convert_assign).
constexpr BuiltinInfo table[] = {
    {"count", Builtin::count, builtin_aggregate, 0, 0, infer_count, nullptr},
    {"sum", Builtin::sum, builtin_aggregate, 1, 1, infer_value, nullptr},
    {"min", Builtin::min, builtin_aggregate, 1, 1, infer_value, nullptr},
    {"max", Builtin::max, builtin_aggregate, 1, 1, infer_value, nullptr},
    {"avg", Builtin::avg, builtin_aggregate, 1, 1, infer_value, nullptr},
    {"stats", Builtin::stats, builtin_aggregate, 1, 1, infer_value, nullptr},
    {"hist", Builtin::hist, builtin_aggregate, 1, 2, infer_hist, nullptr},
    {"lhist", Builtin::lhist, builtin_aggregate, 4, 4, infer_lhist, nullptr},
    {"tseries", Builtin::tseries, builtin_aggregate, 3, 4, infer_tseries, nullptr},
};

}  // namespace

std::span<const BuiltinInfo> aggregate_builtins() { return table; }

}  // namespace avocet::dsl

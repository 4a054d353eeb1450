// SPDX-License-Identifier: Apache-2.0
#include "route/row_language.hpp"

#include <fmt/format.h>

#include "route/computed.hpp"
#include "route/filter.hpp"

namespace avocet::core {

namespace {

std::string said(const ExpressionError& error, const std::string& text) {
    std::string out = error.message;
    if (error.at < text.size()) out = fmt::format("'{}': {}", text.substr(error.at, error.length), out);
    return error.hint.empty() ? out : out + "; " + error.hint;
}

// Whether every side of every comparison has a value: all names are known, what is reckoned with is a number.
bool has_values(const Expression& e, const avocet_schema& schema) {
    for (const Expression& part : e.parts)
        if (!has_values(part, schema)) return false;
    if (e.kind != Expression::truth && e.kind != Expression::compare) return true;
    const auto found = [&](const Operand& side) {
        return find_source(side, schema, nullptr).kind != Source::missing &&
               (!side.condition || has_values(*side.condition, schema));
    };
    return found(e.left) && (e.kind == Expression::truth || found(e.right));
}

constexpr const char* no_number = "reckons with what is no number";

class Language final : public RowLanguage {
public:
    explicit Language(const Renderer* renderer) : renderer_(renderer) {}

    std::optional<std::vector<Path>> names(const std::string& text, bool of_value, std::string& why) const override {
        std::vector<Path> out;
        const auto add = [&](const Operand& field) { out.push_back(field.path); };
        ExpressionError error;
        bool good = false;
        if (of_value) {
            if (const auto value = parse_value(text, error)) each_field(*value, add), good = true;
        } else {
            if (const auto condition = parse_expression(text, error)) each_field(*condition, add), good = true;
        }
        if (good) return out;
        why = said(error, text);
        return std::nullopt;
    }

    Condition condition(const std::string& text, const avocet_schema& schema, std::string& why) const override {
        ExpressionError error;
        const auto parsed = parse_expression(text, error);
        if (!parsed) return why = said(error, text), nullptr;
        if (!has_values(*parsed, schema)) return why = no_number, nullptr;
        auto filter = std::make_shared<RowFilter>(*parsed, schema, renderer_);
        return [filter](const avocet_value* row) { return filter->passes(row); };
    }

    std::optional<Value> value(const std::string& text, const avocet_schema& schema, std::string& why) const override {
        ExpressionError error;
        const auto parsed = parse_value(text, error);
        if (!parsed) return why = said(error, text), std::nullopt;
        auto made = RowValue::make(*parsed, schema, renderer_);
        if (!made || (parsed->condition && !has_values(*parsed->condition, schema)))
            return why = no_number, std::nullopt;
        auto shared = std::make_shared<RowValue>(std::move(*made));
        return Value{shared->is_text(),
                     [shared](const avocet_value* row, OwnedBatch& batch) { return shared->of(row, batch); }};
    }

private:
    const Renderer* renderer_;
};

}  // namespace

std::shared_ptr<const RowLanguage> row_language(const Renderer* renderer) {
    return std::make_shared<Language>(renderer);
}

}  // namespace avocet::core

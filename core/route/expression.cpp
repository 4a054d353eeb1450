// SPDX-License-Identifier: Apache-2.0
//
// Recursive descent over bytes. Depth is bounded: a configuration may be anybody's text.
#include "route/expression.hpp"

#include <re2/re2.h>

#include <array>

#include <fmt/format.h>

#include "host/quantity.hpp"

namespace avocet::core {

namespace {

constexpr int deepest = 64;

struct Failed {};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number's text to its value: an integer, or a quantity with a unit.
std::optional<__int128> number_of_text(std::string_view text) {
    bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    __int128 value = 0;
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) {
        if (text.size() < 3 || text.size() > 18) return std::nullopt;
        for (char c : text.substr(2)) {
            const int digit = is_digit(c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 99;
            if (digit > 15) return std::nullopt;
            value = value * 16 + digit;
        }
    } else if (text.find_first_not_of("0123456789") == std::string_view::npos) {
        if (text.empty() || text.size() > 20) return std::nullopt;
        for (char c : text) value = value * 10 + (c - '0');
    } else {
        if (text.ends_with('m')) return std::nullopt;
        auto quantity = parse_duration_ns(text);
        if (!quantity) quantity = parse_size(text);
        if (!quantity) return std::nullopt;
        value = *quantity;
    }
    return negative ? -value : value;
}

class Parser {
public:
    Parser(std::string_view text, ExpressionError& error) : text_(text), error_(error) {}

    std::optional<Expression> parse() {
        try {
            auto out = either();
            if (!at_end()) fail(at_, 1, "does not go on like this", "join conditions with && or ||");
            return out;
        } catch (const Failed&) { return std::nullopt; }
    }

    std::optional<Operand> parse_one_value() {
        try {
            of_value_ = true;
            auto out = value();
            if (!at_end()) fail(at_, 1, "does not go on like this", "reckon with + - * / %, choose with ? and :");
            return out;
        } catch (const Failed&) { return std::nullopt; }
    }

private:
    [[noreturn]] void fail(size_t at, size_t length, std::string message, std::string hint) {
        error_ = {at, std::max<size_t>(length, 1), std::move(message), std::move(hint)};
        throw Failed{};
    }

    bool at_end() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
        return at_ == text_.size();
    }
    bool take(std::string_view word) {
        if (at_end() || !text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    template <class Part>
    Expression chain(Expression::Kind kind, std::string_view word, Part part) {
        Expression first = part();
        if (!take(word)) return first;
        Expression out;
        out.kind = kind;
        out.parts.push_back(std::move(first));
        do out.parts.push_back(part());
        while (take(word));
        return out;
    }
    Expression either() {
        return chain(Expression::either, "||", [this] { return both(); });
    }
    Expression both() {
        return chain(Expression::both, "&&", [this] { return unary(); });
    }

    Expression unary() {
        if (++depth_ > deepest) fail(at_, 1, "is nested too deeply", "write it flatter");
        Expression out;
        if (!at_end() && text_[at_] == '!' && !text_.substr(at_).starts_with("!=") &&
            !text_.substr(at_).starts_with("!~")) {
            ++at_;
            out.kind = Expression::negation;
            out.parts.push_back(unary());
        } else if (take("(")) {
            const size_t open = at_ - 1;
            out = in_condition_brackets(open);
        } else {
            out = comparison((at_end(), at_));
        }
        --depth_;
        return out;
    }

    // What the brackets hold may be a condition, or a value that is reckoned and compared with.
    Expression in_condition_brackets(size_t open) {
        Expression inner;
        if (of_value_) {
            Operand held = value();
            inner = held.kind == Operand::choice && !held.chosen ? *held.condition : truth_of(std::move(held));
        } else {
            inner = either();
        }
        if (!take(")")) fail(open, 1, "this bracket is not closed", "write ) where it ends");
        if (inner.kind != Expression::truth || !sees_sign()) return inner;
        return comparison(open, &inner.left);
    }
    static Expression truth_of(Operand operand) {
        Expression out;
        out.left = std::move(operand);
        return out;
    }

    // `first`: what has been read of it already.
    Expression comparison(size_t start, Operand* first = nullptr) {
        Expression out;
        out.left = sum(first);
        if (!comparison_word(out)) {
            if (!of_value_ && (out.left.kind == Operand::number || out.left.kind == Operand::text))
                fail(start, at_ - start, "is not a condition", "compare it with a field, as in pid == 12");
            return out;
        }
        at_end();
        const size_t right = at_;
        out.right = sum();
        check_pattern(out, right);
        return out;
    }

    // Of arithmetic or of a comparison.
    bool sees_sign() { return !at_end() && std::string_view("+-*/%=!<>~").find(text_[at_]) != std::string_view::npos; }

    // A condition stands for 1 or 0 if nothing is chosen by it.
    Operand value() {
        Expression condition = either();
        const bool chooses = take("?");
        if (!chooses && condition.kind == Expression::truth) return std::move(condition.left);
        Operand out;
        out.kind = Operand::choice;
        out.condition = std::make_shared<Expression>(std::move(condition));
        out.chosen = chooses;
        if (chooses) {
            if (++depth_ > deepest) fail(at_, 1, "is nested too deeply", "write it flatter");
            out.parts.push_back(value());
            if (!take(":")) fail(at_, 1, "':' is missing here", "as in write ? \"W\" : \"R\"");
            out.parts.push_back(value());
            --depth_;
        } else {
            out.parts.resize(2);
            out.parts[0].kind = out.parts[1].kind = Operand::number;
            out.parts[0].value = 1;
        }
        return out;
    }

    template <class Part>
    Operand reckon(std::string_view signs, Operand* first, const Part& part) {
        at_end();
        size_t start = at_;
        Operand out = part(first);
        while (!at_end() && signs.find(text_[at_]) != std::string_view::npos) {
            Operand both;
            both.kind = Operand::arithmetic;
            both.sign = text_[at_++];
            at_end();
            const size_t right = at_;
            both.parts.push_back(std::move(out));
            both.parts.push_back(part(nullptr));
            for (const auto& [operand, from] : {std::pair(&both.parts[0], start), std::pair(&both.parts[1], right)})
                if (operand->kind == Operand::text)
                    fail(from, operand->literal.size() + 2, "a text cannot be reckoned with", "numbers and fields can");
            out = std::move(both);
        }
        return out;
    }
    Operand sum(Operand* first = nullptr) {
        return reckon("+-", first, [this](Operand* read) { return product(read); });
    }
    Operand product(Operand* first) {
        return reckon("*/%", first, [this](Operand* read) { return read ? std::move(*read) : operand(); });
    }
    // "-" in front of what is no number.
    Operand negative() {
        Operand out;
        out.kind = Operand::arithmetic;
        out.sign = '-';
        out.parts.resize(1);
        out.parts[0].kind = Operand::number;
        out.parts.push_back(operand());
        return out;
    }
    Operand in_brackets() {
        const size_t open = at_ - 1;
        Operand out = of_value_ ? value() : sum();
        if (!take(")")) fail(open, 1, "this bracket is not closed", "write ) where it ends");
        return out;
    }

    bool comparison_word(Expression& out) {
        using E = Expression;
        static constexpr std::array<std::pair<std::string_view, E::Comparison>, 9> words{{{"==", E::equal},
                                                                                          {"=~", E::regex},
                                                                                          {"!=", E::not_equal},
                                                                                          {"!~", E::not_glob},
                                                                                          {"<=", E::less_equal},
                                                                                          {">=", E::greater_equal},
                                                                                          {"<", E::less},
                                                                                          {">", E::greater},
                                                                                          {"~", E::glob}}};
        for (const auto& [word, comparison] : words) {
            if (!take(word)) continue;
            out.kind = E::compare;
            out.comparison = comparison;
            return true;
        }
        if (!at_end() && text_[at_] == '=') fail(at_, 1, "'=' is no comparison", "write ==");
        return false;
    }

    void check_pattern(const Expression& e, size_t at) {
        const bool pattern = e.comparison == Expression::glob || e.comparison == Expression::not_glob;
        if (!pattern && e.comparison != Expression::regex) return;
        if (e.right.kind != Operand::text) fail(at, at_ - at, "a pattern is text in quotes", "as in comm ~ \"nginx*\"");
        if (pattern) return;
        RE2::Options options;
        options.set_log_errors(false);
        RE2 compiled(e.right.literal, options);
        if (!compiled.ok())
            fail(at, at_ - at, fmt::format("the regular expression does not parse: {}", compiled.error()),
                 "the syntax is RE2's");
    }

    Operand operand() {
        if (at_end()) fail(at_, 1, "ends too early", "a field, a number or a text is missing");
        const char c = text_[at_];
        if (c == '"' || c == '\'') return text();
        if (is_digit(c) || (c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return number();
        if (is_letter(c) || c == '`') return field();
        if (c == '(' || c == '-') {
            if (++depth_ > deepest) fail(at_, 1, "is nested too deeply", "write it flatter");
            ++at_;
            Operand out = c == '(' ? in_brackets() : negative();
            --depth_;
            return out;
        }
        if (text_.substr(at_).starts_with("&&") || text_.substr(at_).starts_with("||") || c == ')')
            fail(at_, 1, "a condition is missing here", {});
        fail(at_, 1, fmt::format("'{}' is unexpected", static_cast<unsigned char>(c) < 0x20 ? '?' : c),
             "a field, a number, a text in quotes, ! or ( comes here");
    }

    Operand text() {
        const size_t start = at_;
        const char quote = text_[at_++];
        Operand out;
        out.kind = Operand::text;
        for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
            // A backslash takes the meaning of a quote only: regular expressions are full of them.
            const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
            if (text_[at_] == '\\' && next == quote) ++at_;
            out.literal += text_[at_];
        }
        if (at_ == text_.size())
            fail(start, 1, "this quote is not closed", fmt::format("write {} where it ends", quote));
        ++at_;
        return out;
    }

    Operand number() {
        const size_t start = at_++;
        while (at_ < text_.size() && (is_digit(text_[at_]) || is_letter(text_[at_]) || text_[at_] == '.')) ++at_;
        const auto word = text_.substr(start, at_ - start);
        Operand out;
        out.kind = Operand::number;
        auto value = number_of_text(word);
        if (!value)
            fail(start, word.size(), fmt::format("'{}' is not a number", word),
                 word.ends_with('m') ? "write min for minutes, MiB for mebibytes" : "as in 10, 0x1f, 64KiB, 250ms");
        out.value = *value;
        return out;
    }

    std::string name() {
        if (at_ < text_.size() && text_[at_] == '`') {
            const size_t start = at_++;
            const size_t end = text_.find('`', at_);
            if (end == std::string_view::npos) fail(start, 1, "this quote is not closed", "write ` where it ends");
            std::string out(text_.substr(at_, end - at_));
            at_ = end + 1;
            return out;
        }
        const size_t start = at_;
        while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
        if (at_ == start) fail(start, 1, "a name is missing here", "a field's name or an element's number");
        return std::string(text_.substr(start, at_ - start));
    }

    Operand field() {
        Operand out;
        out.path.push_back(name());
        while (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '[')) {
            const size_t open = at_;
            const bool bracket = text_[at_++] == '[';
            out.path.push_back(name());
            if (!bracket) continue;
            if (at_ == text_.size() || text_[at_] != ']') fail(open, 1, "this bracket is not closed", "write ]");
            ++at_;
        }
        return out;
    }

    std::string_view text_;
    ExpressionError& error_;
    size_t at_ = 0;
    int depth_ = 0;
    bool of_value_ = false;  // a value is wanted, not a condition
};

}  // namespace

std::optional<Expression> parse_expression(std::string_view text, ExpressionError& error) {
    return Parser(text, error).parse();
}

std::optional<Operand> parse_value(std::string_view text, ExpressionError& error) {
    return Parser(text, error).parse_one_value();
}

void each_field(const Operand& operand, const std::function<void(const Operand&)>& found) {
    if (operand.kind == Operand::field) found(operand);
    for (const auto& part : operand.parts) each_field(part, found);
    if (operand.condition) each_field(*operand.condition, found);
}

void each_field(const Expression& e, const std::function<void(const Operand&)>& found) {
    for (const auto& part : e.parts) each_field(part, found);
    if (e.kind == Expression::truth || e.kind == Expression::compare) each_field(e.left, found);
    if (e.kind == Expression::compare) each_field(e.right, found);
}

}  // namespace avocet::core

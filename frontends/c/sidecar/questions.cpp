// SPDX-License-Identifier: Apache-2.0
//
// Questions to the kernel and to the options: field("task_struct", "__state") && !option("brief").
#include <cctype>

#include "sidecar/read_tables.hpp"

namespace avocet::c {

namespace {

struct Predicate {
    std::string_view name;
    size_t least, most;        // arguments
    std::string_view is = {};  // another word for this one
};
constexpr Predicate predicates[] = {
    {"field", 2, 2},      {"type", 1, 1},   {"enumerator", 1, 2}, {"enum_value", 1, 2, "enumerator"},
    {"tracepoint", 1, 1}, {"symbol", 1, 1}, {"kernel", 1, 1},     {"kconfig", 1, 2},
    {"feature", 1, 1},    {"option", 1, 2}};

constexpr const char* forms =
    "it is made of field(\"STRUCT\", \"MEMBER\"), type(\"NAME\"), enumerator(\"NAME\"), symbol(\"NAME\"), "
    "tracepoint(\"CATEGORY:EVENT\"), kernel(\"5.11\"), kconfig(\"CONFIG_NAME\"), feature(\"NAME\") and "
    "option(\"NAME\"), with ! and &&";

// Reads on from `at`; false: it is no question.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool read(std::vector<Question>& out, std::string& unknown) {
        do {
            Question q;
            q.negated = take("!");
            blanks();
            while (at_ < text_.size() && (std::isalpha(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
                q.predicate += text_[at_++];
            const auto* found = std::find_if(std::begin(predicates), std::end(predicates),
                                             [&](const Predicate& p) { return p.name == q.predicate; });
            if (found == std::end(predicates)) return unknown = q.predicate, false;
            if (!found->is.empty()) q.predicate = found->is;
            if (!(q.predicate == "kernel" && comparison(q)) && !arguments(q, *found)) return false;
            out.push_back(std::move(q));
        } while (take("&&"));
        blanks();
        return at_ == text_.size();
    }

private:
    void blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool take(std::string_view word) {
        blanks();
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    // kernel >= "5.11", kernel < "5.11".
    bool comparison(Question& q) {
        const bool older = !take(">=");
        if (older && !take("<")) return false;
        q.negated ^= older;
        return argument(q);
    }
    bool arguments(Question& q, const Predicate& predicate) {
        if (!take("(")) return false;
        do
            if (!argument(q)) return false;
        while (take(","));
        return take(")") && q.arguments.size() >= predicate.least && q.arguments.size() <= predicate.most;
    }
    bool argument(Question& q) {
        if (!take("\"")) return false;
        const size_t end = text_.find('"', at_);
        if (end == std::string_view::npos) return false;
        q.arguments.emplace_back(text_.substr(at_, end - at_));
        at_ = end + 1;
        return true;
    }

    std::string_view text_;
    size_t at_ = 0;
};

}  // namespace

void read_questions(Table& table, const char* key, std::vector<Question>& out) {
    std::string text;
    table.read(key, text);
    if (text.empty()) return;
    std::string unknown;
    if (Reader(text).read(out, unknown)) {
        for (Question& q : out) {
            q.place = table.place(key);
            if (q.predicate == "kconfig" && !q.arguments[0].starts_with("CONFIG_"))
                table.wrong(key, fmt::format("'{}' is no option of the kernel's configuration", q.arguments[0]),
                            fmt::format("kconfig(\"CONFIG_{}\")", q.arguments[0]));
        }
        return;
    }
    std::vector<std::string> names;
    for (const Predicate& p : predicates) names.emplace_back(p.name);
    const std::string near = unknown.empty() ? std::string() : avocet::nearest_hint(unknown, names);
    table.wrong(key, fmt::format("'{}' is not a question that can be answered", text), near.empty() ? forms : near);
}

}  // namespace avocet::c

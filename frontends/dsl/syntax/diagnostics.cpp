// SPDX-License-Identifier: Apache-2.0
//
// Messages of the compiler, on their way to the host: errors before warnings, each group in order of discovery, equal
// messages once. A message inside a macro's text is followed by the places it was expanded from, innermost first.
#include "syntax/diagnostics.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace avocet::dsl {
namespace {

avocet_span to_abi(const Span& span, const Sources& sources) {
    if (span.line == 0) return {};
    return {avocet::to_abi(sources.name(span.file)), span.line, span.column, span.end_line, span.end_column};
}

auto identity(const Message& m) {
    const Span& s = m.span;
    return std::tuple(m.severity, s.file, s.line, s.column, s.end_line, s.end_column, m.text);
}

}  // namespace

uint32_t Sources::add(std::string name, std::string text) {
    files_.emplace_back(std::move(name), std::move(text));
    return static_cast<uint32_t>(files_.size() - 1);
}

Message& DiagnosticList::error(Span span, std::string text, uint32_t code) {
    errors_++;
    Message message;
    message.code = code;
    message.span = span;
    message.text = std::move(text);
    messages_.push_back(std::move(message));
    return messages_.back();
}

Message& DiagnosticList::warning(Span span, std::string text, uint32_t code) {
    Message& message = error(span, std::move(text), code);
    errors_--;
    message.severity = AVOCET_WARNING;
    return message;
}

bool DiagnosticList::has_error_within(const Span& span) const {
    const auto begin = std::pair(span.line, span.column), end = std::pair(span.end_line, span.end_column);
    return std::any_of(messages_.begin(), messages_.end(), [&](const Message& m) {
        return m.severity == AVOCET_ERROR && m.span.file == span.file &&
               std::pair(m.span.line, m.span.column) >= begin && std::pair(m.span.end_line, m.span.end_column) <= end;
    });
}

std::vector<const Message*> DiagnosticList::take_new() {
    std::set<decltype(identity(messages_[0]))> seen;
    for (size_t i = 0; i < handed_; i++) seen.insert(identity(messages_[i]));
    std::vector<const Message*> fresh;
    for (; handed_ < messages_.size(); handed_++)
        if (seen.insert(identity(messages_[handed_])).second) fresh.push_back(&messages_[handed_]);
    std::stable_sort(fresh.begin(), fresh.end(), [](auto* a, auto* b) { return a->severity > b->severity; });
    return fresh;
}

std::vector<Span> expansion_chain(const Span& span, const std::vector<Expansion>& expansions) {
    std::vector<Span> chain;
    // An expansion is recorded before what it contains, so the indices fall; anything else would be a loop.
    for (uint32_t at = span.expansion; at > 0 && at <= expansions.size();) {
        const Span& call = expansions[at - 1].call;
        chain.push_back(call);
        if (call.expansion >= at) break;
        at = call.expansion;
    }
    return chain;
}

void DiagnosticList::hand_over(const Host& host, const Sources& sources, const std::vector<Expansion>& expansions) {
    if (!host.raw() || !host.raw()->report) {
        handed_ = messages_.size();
        return;
    }
    for (const Message* m : take_new()) {
        std::vector<Span> chain = expansion_chain(m->span, expansions);
        avocet_diagnostic d{};
        d.struct_size = sizeof d;
        d.severity = m->severity;
        d.code = m->code;
        d.message = avocet::to_abi(m->text);
        d.hint = avocet::to_abi(m->hint);
        d.span = to_abi(m->span, sources);
        d.context = avocet::to_abi(m->context);
        d.context_span = to_abi(m->context_span, sources);
        size_t next = 0;
        if (m->context.empty() && !chain.empty()) {
            d.context = avocet::to_abi("expanded from");
            d.context_span = to_abi(chain[next++], sources);
        }
        host.raw()->report(host.raw()->ctx, &d);
        for (; next < chain.size(); next++)
            host.report(m->severity, "expanded from", {}, 0, to_abi(chain[next], sources));
    }
}

}  // namespace avocet::dsl

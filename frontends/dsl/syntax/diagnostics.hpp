// SPDX-License-Identifier: Apache-2.0
//
// Source files and the messages about them. Passes report; the frontend hands everything to the host at the end of the
// pass, errors first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "avocet/error.hpp"
#include "syntax/ast.hpp"

namespace avocet::dsl {

class Sources {
public:
    uint32_t add(std::string name, std::string text);  // returns the file index of Span::file
    const std::string& name(uint32_t file) const { return files_[file].first; }
    const std::string& text(uint32_t file) const { return files_[file].second; }

private:
    std::vector<std::pair<std::string, std::string>> files_;
};

struct Message {
    avocet_severity severity = AVOCET_ERROR;
    uint32_t code = 0;
    Span span;
    std::string text, hint;
    std::string context;  // "this is the initial declaration"
    Span context_span;
    Message& with_hint(std::string h) {
        hint = std::move(h);
        return *this;
    }
    Message& with_context(Span s, std::string c) {
        context_span = s;
        context = std::move(c);
        return *this;
    }
};

class DiagnosticList {
public:
    Message& error(Span span, std::string text, uint32_t code = 0);
    Message& warning(Span span, std::string text, uint32_t code = 0);
    bool has_errors() const { return errors_ > 0; }
    size_t error_count() const { return errors_; }
    bool has_error_within(const Span& span) const;
    const std::vector<Message>& messages() const { return messages_; }
    // Reports all messages not yet handed over to the host, errors first, duplicates once. With `expansions` (of the
    // script) a message inside a macro's text is followed by "expanded from" and the calls, innermost first.
    void hand_over(const Host& host, const Sources& sources, const std::vector<Expansion>& expansions = {});
    // The same without a host: the messages in that order. [valid until the next message]
    std::vector<const Message*> take_new();

private:
    std::vector<Message> messages_;
    size_t errors_ = 0, handed_ = 0;
};

// The calls a span was expanded from, innermost first.
std::vector<Span> expansion_chain(const Span& span, const std::vector<Expansion>& expansions);

}  // namespace avocet::dsl

// SPDX-License-Identifier: Apache-2.0
//
// The top level: C definitions, then config and imports, then macros, functions, map declarations and clauses. An item
// out of order is reported and read all the same.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "syntax/literals.hpp"
#include "syntax/parser_class.hpp"

namespace avocet::dsl {
namespace {

constexpr std::array map_kinds{"percpulruhash", "percpuhash", "lruhash", "hash"};

}  // namespace

template <class Read>
void Parser::one_item(Read read) {
    size_t begin = token_.begin;
    try {
        read();
    } catch (const SyntaxError&) {
        if (end_reported_) token_.kind = Tok::end;
        skip_item();
        if (token_.begin == begin && !at(Tok::end)) advance();
    }
}

Script Parser::script() {
    while (!at(Tok::end)) one_item([&] { item(); });
    script_.comments = lexer_.take_comments();
    return std::move(script_);
}

void Parser::item() {
    if (at(Tok::hash)) return c_item();
    if (at(Tok::word)) {
        std::string_view word = token_.text;
        Tok next = peek().kind;
        if (word == "struct" || word == "union" || word == "enum") {
            begin_raw();
            bool definition = lexer_.at_c_definition();
            if (definition) return c_item();
            token_ = lexer_.next();
        }
        if (word == "config" && next == Tok::assign) return config_block();
        if (word == "import" && next != Tok::colon) return root_import();
        items_seen_ = true;
        if (word == "macro" && next == Tok::word) return macro_definition();
        if (word == "fn" && next == Tok::word) return function_definition();
        if (word == "let") return map_declaration();
    }
    items_seen_ = true;
    clause();
}

void Parser::c_item() {
    if (items_seen_ || middle_seen_)
        report(here(), "syntax: C definitions must appear before probes and functions")
            .with_hint("move it to the beginning of the script, before config and imports");
    Lexer::Position begin = begin_raw();
    bool closed = true;
    std::string_view text = at(Tok::hash) ? lexer_.rest_of_line() : lexer_.c_definition(closed);
    Span span = lexer_.span_from(begin);
    if (!closed) report(span_of(token_), "syntax: C definition is not closed").with_hint("its '}' is missing");
    script_.items.emplace_back(Script::Item::c_definition, script_.c_definitions.size());
    script_.c_definitions.emplace_back(text);
    script_.c_definition_spans.push_back(span);
    end_raw(begin);
}

void Parser::config_block() {
    Span begin = here();
    if (imported_)
        report(begin, "syntax: invalid `config` within import");
    else if (config_seen_)
        report(begin, "syntax: duplicate config block").with_context(script_.config_span, "this is the first one");
    else if (items_seen_)
        report(begin, "syntax: config must appear before probes and functions");
    middle_seen_ = true;
    advance();
    advance();
    Span open = here();
    expect(Tok::l_brace, "'{' after 'config ='");
    while (!at(Tok::r_brace)) {
        try {
            config_setting();
        } catch (const SyntaxError&) {
            while (!at(Tok::semicolon) && !at(Tok::r_brace) && !at(Tok::end)) advance();
        }
        if (!accept(Tok::semicolon)) break;
    }
    if (!at(Tok::r_brace) && at(Tok::comma)) fail("syntax: expected ';' between settings");
    expect_close(Tok::r_brace, "';' or '}' after a setting", open);
    if (config_seen_) return;
    config_seen_ = true;
    script_.config_span = since(begin);
    script_.items.emplace_back(Script::Item::config, 0);
}

void Parser::config_setting() {
    if (!at(Tok::word)) fail("syntax: expected the name of a setting");
    ConfigSetting setting;
    setting.span = here();
    setting.key = token_.text;
    advance();
    expect(Tok::assign, "'=' after the name of a setting");
    setting.value_span = here();
    if (at(Tok::string)) {
        setting.value = string_value();
    } else if (at(Tok::word) || at(Tok::integer)) {
        setting.value = token_.text;
        advance();
    } else {
        fail("syntax: expected a string, integer, boolean or word as the value of a setting");
    }
    setting.span = since(setting.span);
    if (!config_seen_) script_.config.push_back(std::move(setting));
}

void Parser::root_import() {
    Span begin = here();
    if (items_seen_) report(begin, "syntax: root imports must appear before probes and functions");
    middle_seen_ = true;
    advance();
    if (!at(Tok::string)) fail("syntax: expected a path in quotes after 'import'");
    std::string path = string_value();
    script_.items.emplace_back(Script::Item::import, script_.imports.size());
    script_.imports.emplace_back(std::move(path), since(begin));
    if (!accept(Tok::semicolon))
        report(after_previous(), fmt::format("syntax: expected ';' after import, found {}", found()));
}

void Parser::macro_definition() {
    Macro macro;
    macro.span = here();
    advance();
    macro.name = token_.text;
    if (is_parser_builtin(macro.name))
        report(here(), fmt::format("syntax: builtin '{}' can't be redefined as a macro", macro.name));
    advance();
    Span open = here();
    expect(Tok::l_paren, "'(' after the macro's name");
    if (!at(Tok::r_paren)) {
        do macro.params.push_back(macro_parameter());
        while (accept(Tok::comma));
    }
    expect_close(Tok::r_paren, "')' or ',' after a macro parameter", open);
    macro.body = block(BlockValue::kept, "the macro's parameters");
    macro.span = since(macro.span);
    script_.items.emplace_back(Script::Item::macro, script_.macros.size());
    script_.macros.push_back(std::move(macro));
}

Macro::Param Parser::macro_parameter() {
    Macro::Param param{Macro::Param::expression, std::string(token_.text), here()};
    if (at(Tok::variable)) {
        param.kind = Macro::Param::variable;
        param.name.erase(0, 1);
    } else if (at(Tok::map)) {
        param.kind = Macro::Param::map;
    } else if (!at(Tok::word)) {
        fail("syntax: expected macro parameter ($variable, @map or word)");
    } else if (is_parser_builtin(param.name)) {
        report(here(), fmt::format("syntax: builtin '{}' can't be used as a macro argument", param.name));
    }
    advance();
    return param;
}

void Parser::function_definition() {
    Function function;
    function.span = here();
    advance();
    function.name = token_.text;
    advance();
    Span open = here();
    expect(Tok::l_paren, "'(' after the function's name");
    if (!at(Tok::r_paren)) {
        do {
            Function::Param param;
            param.span = here();
            if (!at(Tok::variable)) fail("syntax: expected function parameter: $name : type");
            param.name = token_.text.substr(1);
            advance();
            expect(Tok::colon, "':' and a type after the parameter");
            param.type = type_name();
            function.params.push_back(std::move(param));
        } while (accept(Tok::comma));
    }
    expect_close(Tok::r_paren, "')' or ',' after a parameter", open);
    expect(Tok::colon, "':' and the result's type");
    function.result = type_name();
    function.body = block(BlockValue::dropped, "the function's result type");
    function.span = since(function.span);
    script_.items.emplace_back(Script::Item::function, script_.functions.size());
    script_.functions.push_back(std::move(function));
}

void Parser::map_declaration() {
    MapDeclaration declaration;
    declaration.span = here();
    advance();
    if (at(Tok::variable))
        fail_at(since(declaration.span),
                "syntax: root-level let statements need to be map declarations, e.g. let @a = hash(2);");
    if (!at(Tok::map)) fail("syntax: expected map name after 'let'");
    declaration.name = token_.text;
    advance();
    expect(Tok::assign, "'=' in the map declaration");
    if (!at(Tok::word)) fail("syntax: expected map type");
    declaration.kind = token_.text;
    Span kind_span = here();
    advance();
    Span open = here();
    expect(Tok::l_paren, "'(' and the number of entries");
    if (!at(Tok::integer)) fail("syntax: expected the number of entries");
    declaration.entries = integer_value().value_or(0);
    expect_close(Tok::r_paren, "')' after the number of entries", open);
    accept(Tok::semicolon);
    declaration.span = since(declaration.span);
    if (std::find(map_kinds.begin(), map_kinds.end(), declaration.kind) == map_kinds.end()) {
        report(kind_span, fmt::format("invalid bpf map type: {}", declaration.kind))
            .with_hint("valid map types: percpulruhash, percpuhash, lruhash, hash");
        return;
    }
    script_.items.emplace_back(Script::Item::map_declaration, script_.map_declarations.size());
    script_.map_declarations.push_back(std::move(declaration));
}

void Parser::clause() {
    Clause result;
    result.span = here();
    attach_points(result);
    if (at(Tok::slash)) predicate(result);
    result.body = block(BlockValue::dropped, "the attach point");
    result.span = since(result.span);
    script_.items.emplace_back(Script::Item::clause, script_.clauses.size());
    script_.clauses.push_back(std::move(result));
}

void Parser::attach_points(Clause& clause) {
    do {
        if (!clause.attach_points.empty() && (at(Tok::l_brace) || at(Tok::slash))) return;  // trailing comma
        clause.attach_points.push_back(attach_point());
    } while (accept(Tok::comma));
}

AttachPoint Parser::attach_point() {
    if (at(Tok::semicolon) || at(Tok::r_brace) || at(Tok::l_brace) || at(Tok::r_paren) || at(Tok::end) ||
        at(Tok::comma) || at(Tok::slash)) {
        Message& message = error_here("syntax: expected attach point");
        if (at(Tok::semicolon)) message.with_hint("no ';' stands behind a clause, macro or function");
        if (at(Tok::r_brace)) message.with_hint("this '}' closes nothing");
        if (at(Tok::l_brace)) message.with_hint("a clause begins with what it is attached to, e.g. begin { ... }");
        throw SyntaxError{};
    }
    AttachPoint point;
    Lexer::Position begin = begin_raw();
    bool unterminated = false;
    std::string_view text = lexer_.attach_point(unterminated);
    point.span = lexer_.span_from(begin);
    end_raw(begin);
    if (unterminated) fail_at(point.span, "syntax: unterminated string");
    size_t equals = text.find_first_of("=:\"@");
    if (equals != std::string_view::npos && equals > 0 && text[equals] == '=') {
        point.label = text.substr(0, equals);
        text.remove_prefix(equals + 1);
    }
    point.text = text;
    return point;
}

void Parser::predicate(Clause& clause) {
    Span open = here();
    advance();
    clause.predicate = expression();
    if (accept(Tok::slash)) return;
    Message& message = error_here("syntax: expected '/' to close predicate").with_context(open, "this '/' opens it");
    if (at(Tok::assign)) message.with_hint("'=' assigns and is a statement; to compare, use '=='");
    throw SyntaxError{};
}

}  // namespace avocet::dsl

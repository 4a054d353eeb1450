// SPDX-License-Identifier: Apache-2.0
//
// Collecting what the user is told. Identical diagnostics are kept once, however often they are reported (a failing
// sink may say the same for every batch of a long run), and shown once. Formatting is in diagnostic_format.cpp.
#include "host/diagnostics.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>

#include "host/codes.hpp"

namespace avocet::core {
namespace {

std::string copy(avocet_str text) { return text.data ? std::string(text.data, text.size) : std::string(); }

Place copy(const avocet_span& span) {
    return {copy(span.file), span.line, span.column, span.end_line, span.end_column};
}

// What the caller filled in; what its struct lacks is zero.
avocet_diagnostic known_part(const avocet_diagnostic& d) {
    avocet_diagnostic known{};
    std::memcpy(&known, &d, std::min<size_t>(d.struct_size, sizeof known));
    return known;
}

bool has_unknown_tail(const avocet_diagnostic& d) {
    constexpr size_t largest_plausible = 4096;
    if (d.struct_size <= sizeof d) return false;
    auto* bytes = reinterpret_cast<const unsigned char*>(&d);
    return std::any_of(bytes + sizeof d, bytes + std::min<size_t>(d.struct_size, largest_plausible),
                       [](unsigned char byte) { return byte != 0; });
}

void append(std::string& key, const Place& place) {
    key += place.file;
    for (uint32_t number : {place.line, place.column, place.end_line, place.end_column})
        key += ':' + std::to_string(number);
    key += '\n';
}

constexpr std::string_view expansion_message = "expanded from";

size_t identity(const Diagnostic& d) {
    std::string key = std::to_string(d.severity) + ' ' + std::to_string(d.code) + ' ';
    for (const auto* text : {&d.component, &d.message, &d.hint, &d.context}) key += *text + '\n';
    append(key, d.place);
    append(key, d.context_place);
    for (const auto& cause : d.causes) key += cause + '\n';
    return std::hash<std::string>()(key);
}

// The text of a file that nobody has handed in: what a script imports or includes.
std::optional<std::string> text_of_file(const std::string& name) {
    constexpr uintmax_t largest = 1 << 20;
    if (name.find_first_of("./") == std::string::npos) return std::nullopt;  // "stdin", a macro's name
    std::error_code error;
    const std::filesystem::path path(name);
    if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > largest || error)
        return std::nullopt;
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    return in.bad() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

void Diagnostics::report(std::string_view component, const avocet_diagnostic& raw) {
    avocet_diagnostic d = known_part(raw);
    report(Diagnostic{std::clamp<avocet_severity>(d.severity, AVOCET_DEBUG, AVOCET_ERROR),
                      d.code,
                      std::string(component),
                      copy(d.message),
                      copy(d.hint),
                      copy(d.context),
                      copy(d.span),
                      copy(d.context_span),
                      {}});
    if (has_unknown_tail(raw))
        warning(component,
                "plugin '" + std::string(component) + "': its diagnostic holds fields this host does not know",
                "update avocet", code::diagnostic_tail);
}

void Diagnostics::report(Diagnostic d) {
    std::lock_guard lock(mutex_);
    if (d.severity >= AVOCET_ERROR && d.message != expansion_message) ++errors_;
    if (d.severity < minimum_) return;
    // What an expansion adds belongs to the message before it.
    if (d.message == expansion_message) {
        if (last_was_kept_ && !pending_.empty()) pending_.back().expanded_from.push_back(std::move(d.place));
        return;
    }
    ++reports_;
    for (const Place* place : {&d.place, &d.context_place}) {
        const bool known =
            std::any_of(sources_.begin(), sources_.end(), [&](auto& s) { return s.first == place->file; });
        if (place->line == 0 || known) continue;
        if (auto text = text_of_file(place->file)) sources_.emplace_back(place->file, std::move(*text));
    }
    last_was_kept_ = kept_.insert(identity(d)).second;
    if (last_was_kept_) pending_.push_back(std::move(d));
}

void Diagnostics::error(std::string_view component, std::string message, std::string hint, uint32_t code, Place place) {
    report(Diagnostic{
        AVOCET_ERROR, code, std::string(component), std::move(message), std::move(hint), {}, std::move(place), {}, {}});
}

void Diagnostics::warning(std::string_view component, std::string message, std::string hint, uint32_t code,
                          Place place) {
    report(Diagnostic{AVOCET_WARNING,
                      code,
                      std::string(component),
                      std::move(message),
                      std::move(hint),
                      {},
                      std::move(place),
                      {},
                      {}});
}

void Diagnostics::add_source(std::string name, std::string text) {
    std::lock_guard lock(mutex_);
    for (auto& [known, content] : sources_) {
        if (known != name) continue;
        content = std::move(text);
        return;
    }
    sources_.emplace_back(std::move(name), std::move(text));
}

size_t Diagnostics::error_count() const {
    std::lock_guard lock(mutex_);
    return errors_;
}

size_t Diagnostics::mark() const {
    std::lock_guard lock(mutex_);
    return pending_.size();
}

void Diagnostics::take_back(size_t mark) {
    std::lock_guard lock(mutex_);
    while (pending_.size() > mark) {
        const Diagnostic& d = pending_.back();
        if (d.severity >= AVOCET_ERROR) --errors_;
        --reports_;
        kept_.erase(identity(d));
        pending_.pop_back();
    }
}

std::string Diagnostics::hint_since(size_t mark) const {
    std::lock_guard lock(mutex_);
    for (size_t i = mark; i < pending_.size(); ++i)
        if (!pending_[i].hint.empty()) return pending_[i].hint;
    return {};
}

size_t Diagnostics::report_count() const {
    std::lock_guard lock(mutex_);
    return reports_;
}

std::vector<Diagnostic> Diagnostics::take() {
    std::lock_guard lock(mutex_);
    kept_.clear();
    return std::exchange(pending_, {});
}

void Diagnostics::flush(FILE* out, bool colour) {
    std::lock_guard lock(mutex_);
    std::stable_sort(pending_.begin(), pending_.end(),
                     [](const Diagnostic& a, const Diagnostic& b) { return a.severity > b.severity; });
    std::string text;
    for (const auto& d : pending_)
        if (shown_.insert(identity(d)).second) text += format_locked(d, colour);
    pending_.clear();
    kept_.clear();
    std::fwrite(text.data(), 1, text.size(), out);
    std::fflush(out);
}

std::string Diagnostics::format(const Diagnostic& d, bool colour) const {
    std::lock_guard lock(mutex_);
    return format_locked(d, colour);
}

void Diagnostics::set_minimum(avocet_severity severity) {
    std::lock_guard lock(mutex_);
    minimum_ = severity;
}

void Diagnostics::set_style(DiagnosticStyle style) {
    std::lock_guard lock(mutex_);
    style_ = style;
}

}  // namespace avocet::core

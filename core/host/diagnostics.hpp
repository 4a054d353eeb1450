// SPDX-License-Identifier: Apache-2.0
//
// Everything the user is told passes here: collected, deduplicated, printed with the source line and an underline.
// [thread: any]
#pragma once

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "avocet/abi/base.h"

namespace avocet::core {

struct Place {
    std::string file;
    uint32_t line = 0, column = 0, end_line = 0, end_column = 0;
};

struct Diagnostic {
    avocet_severity severity = AVOCET_ERROR;
    uint32_t code = 0;
    std::string component;  // "probe.example", "core.config": who says it
    std::string message, hint, context;
    Place place, context_place;
    std::vector<std::string> causes;        // outermost first
    std::vector<Place> expanded_from = {};  // calls around what `place` is in, innermost first
};

// `avocet`: "error:", codes shown, a plugin's id before what has no place. `bpftrace`: "ERROR:", as that tool prints.
enum class DiagnosticStyle { avocet, bpftrace };

class Diagnostics {
public:
    // `report` from a plugin instance: component is its id.
    // A larger struct than this host knows is read up to what is known; a non-zero rest is a warning of its own.
    void report(std::string_view component, const avocet_diagnostic& d);
    void report(Diagnostic d);
    void error(std::string_view component, std::string message, std::string hint = {}, uint32_t code = 0,
               Place place = {});
    void warning(std::string_view component, std::string message, std::string hint = {}, uint32_t code = 0,
                 Place place = {});

    // Source text by file name, for the lines under messages.
    void add_source(std::string name, std::string text);

    size_t error_count() const;  // every report, also of what was told before
    // For questions whose answer may be "no" (a missing probe that the script tolerates): what was reported since
    // `mark` and not yet shown is taken back. [thread: control]
    size_t mark() const;
    void take_back(size_t mark);
    std::string hint_since(size_t mark) const;  // of the first of them that has one
    size_t report_count() const;                // everything ever reported that was not below the minimum
    std::vector<Diagnostic> take();             // everything reported and not yet taken or printed
    // Everything not yet printed, errors first, in avocet's style, to stderr (or `out`). Colour only when asked.
    void flush(FILE* out, bool colour);
    std::string format(const Diagnostic& d, bool colour) const;
    void set_minimum(avocet_severity severity);  // default: AVOCET_WARNING; what is below is not kept
    void set_style(DiagnosticStyle style);       // default: avocet

private:
    mutable std::mutex mutex_;
    std::string format_locked(const Diagnostic& d, bool colour) const;
    std::vector<Diagnostic> pending_;
    // Hashes of what is pending and of what flush has shown: identical diagnostics are kept, and shown, once.
    std::unordered_set<size_t> kept_, shown_;
    bool last_was_kept_ = false;
    std::vector<std::pair<std::string, std::string>> sources_;
    size_t errors_ = 0, reports_ = 0;
    avocet_severity minimum_ = AVOCET_WARNING;
    DiagnosticStyle style_ = DiagnosticStyle::avocet;
};

// The closest of `candidates` to `word` by edit distance, empty if none is close enough to suggest.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// Everything the user is told passes here: collected, deduplicated, printed with the source line and an underline.
// [thread: any]
#pragma once

#include <functional>
#include <mutex>
#include <string>
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
    std::string component;  // "probe.kprobe", "core.config": who says it
    std::string message, hint, context;
    Place place, context_place;
    std::vector<std::string> causes;  // outermost first
};

class Diagnostics {
public:
    // `report` from a plugin instance: component is its id.
    void report(std::string_view component, const avocet_diagnostic& d);
    void report(Diagnostic d);
    void error(std::string_view component, std::string message, std::string hint = {}, uint32_t code = 0, Place place = {});
    void warning(std::string_view component, std::string message, std::string hint = {}, uint32_t code = 0, Place place = {});

    // Source text by file name, for the lines under messages.
    void add_source(std::string name, std::string text);

    size_t error_count() const;
    std::vector<Diagnostic> take();  // everything reported since the last take
    // Everything not yet printed, errors first, in avocet's style, to stderr (or `out`). Colour only when asked.
    void flush(FILE* out, bool colour);
    std::string format(const Diagnostic& d, bool colour) const;
    void set_minimum(avocet_severity severity);  // default: AVOCET_WARNING

private:
    mutable std::mutex mutex_;
    std::vector<Diagnostic> pending_;
    std::vector<std::pair<std::string, std::string>> sources_;
    size_t errors_ = 0;
    avocet_severity minimum_ = AVOCET_WARNING;
};

// The closest of `candidates` to `word` by edit distance, empty if none is close enough to suggest.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// What is said of a run that has ended: what was lost, what did not arrive, the exit status.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/exit_codes.hpp"
#include "cli/tracing.hpp"

namespace avocet::core {

namespace {

int code_of(SessionEnd end) {
    switch (end) {
        case SessionEnd::normal: return kExitOk;
        case SessionEnd::failed_privilege: return kExitPrivilege;
        case SessionEnd::failed_command: return kExitCommand;
        case SessionEnd::failed_load:
        case SessionEnd::failed_attach: return kExitKernel;
    }
    return kExitInternal;
}

}  // namespace

void Tracing::report_undelivered(Router& router) {
    std::vector<std::string> told;
    for (const auto& c : router.counts()) {
        const bool again = std::find(told.begin(), told.end(), c.route) != told.end();
        if (again || !options_.explain || (!c.filtered && !c.sampled_out)) continue;
        told.push_back(c.route);
        fmt::print(stderr, "route {}: {} records left out by its filter, {} by its sampler\n", c.route, c.filtered,
                   c.sampled_out);
    }
    for (const auto& u : router.unknown_names())
        fmt::print(stderr, "route {}: {} '{}': no record had a field of that name{}{}\n", u.route, u.setting, u.name,
                   u.hint.empty() ? "" : "; ", u.hint);
    for (const auto& letters : router.dead_letters())
        if (letters.written || letters.left_out)
            fmt::print(stderr, "dead letters: {}: {} records written, {} did not fit\n", letters.path, letters.written,
                       letters.left_out);
    for (const auto& c : router.counts()) {
        if ((!c.dropped && !c.failed) || c.ended) continue;
        undelivered_ += c.dropped + c.failed;
        fmt::print(stderr, "lost: {} -> {}: {} records dropped by a full queue, {} failed in the sink\n", c.route,
                   c.sink, c.dropped, c.failed);
    }
}

OutputOptions Tracing::outputs() const {
    OutputOptions out = options_.output;
    out.no_losses = !tells_losses();
    return out;
}

bool Tracing::tells_losses() const { return options_.strict || program_->manifest().report_losses; }

void Tracing::report_losses() const {
    if (!tells_losses()) return;
    for (const auto& e : losses_)
        fmt::print(stderr, "{}: {}: {}: {}{}\n", e.record_lost ? "lost" : "incomplete", e.where, e.cause, e.count,
                   e.record_lost ? " records" : "");
}

int Tracing::conclude(const SessionResult& result) const {
    if (result.end != SessionEnd::normal) return code_of(result.end);
    if (interrupts_ >= 2) return kExitInterrupted;
    if (result.exit_code) return result.exit_code;
    return options_.strict && (undelivered_ || !losses_.empty()) ? static_cast<int>(kExitLoss)
                                                                 : static_cast<int>(kExitOk);
}

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
#include "null_sink.hpp"

#include <unistd.h>

#include "avocet/record.hpp"

namespace avocet::null {

NullSink::NullSink(const Host&, const Options& options)
    : instance_(options.instance()), report_(options.boolean("report")) {}

uint32_t NullSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    const auto kind = static_cast<size_t>(batch.schema->kind);
    rows_[kind < kinds ? kind : 0] += batch.row_count - first;
    return taken = batch.row_count - first;
}

uint64_t NullSink::close() {
    if (!report_) return 0;
    uint64_t total = 0;
    std::string parts;
    for (size_t kind = 0; kind < kinds; ++kind) {
        if (!rows_[kind]) continue;
        total += rows_[kind];
        parts += (parts.empty() ? " (" : ", ") + std::string(record_kind_name(static_cast<uint32_t>(kind))) + " " +
                 std::to_string(rows_[kind]);
    }
    if (!parts.empty()) parts += ")";
    const std::string line = "sink '" + instance_ + "': took " + std::to_string(total) +
                             (total == 1 ? " record" : " records") + parts + "\n";
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return 0;  // nobody is there to be told
    return 0;
}

}  // namespace avocet::null

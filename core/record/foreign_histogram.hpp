// SPDX-License-Identifier: Apache-2.0
//
// Histograms as C programs keep them: BCC's (an element is a bucket, numbered by bpf_log2l or by the program, beside
// the members that name the histogram) and libbpf-tools' (an element is a histogram: an array `slots` of counts).
#pragma once

#include "record/map_table.hpp"

namespace avocet::core {

// false: `why` says what of the map's types does not fit.
bool compile_foreign_histogram(MapPlan& plan, MapPlan::Foreign form, const Program::MapTypes& ids, const BtfView& types,
                               TypeStore& store, const Program& program, std::string& why);

std::string only_stack_map(const BtfView& types);

}  // namespace avocet::core

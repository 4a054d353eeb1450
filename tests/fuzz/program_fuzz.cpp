// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a program object: refused with a diagnostic, or opened and looked into.
#include <bpf/libbpf.h>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "program/program.hpp"
#include "types/btf.hpp"

using namespace avocet::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    libbpf_set_print(nullptr);
    Diagnostics diagnostics;
    auto program = Program::open(std::string(reinterpret_cast<const char*>(data), size), "fuzz", diagnostics);
    if (!program) {
        if (diagnostics.error_count() == 0) std::abort();
        return 0;
    }
    BtfView types(program->btf());
    for (const auto& map : program->manifest().maps) {
        auto ids = program->map_types(map.symbol);
        (void)types.size(ids.key);
        (void)types.spell(ids.value);
    }
    return 0;
}

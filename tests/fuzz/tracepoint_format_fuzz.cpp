// SPDX-License-Identifier: Apache-2.0
//
// The format file of a trace event from any bytes: fields whose sizes and places are plausible, and BTF that can be
// read again.
#include <bpf/btf.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "avocet/error.hpp"
#include "field_types.hpp"
#include "format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace avocet::tracepoint;
    FieldTypes types;
    size_t count = 0;
    for (const Field& field : parse_format({reinterpret_cast<const char*>(data), size})) {
        if (field.name.empty() || (field.is_pointer() && field.is_array)) abort();
        try {
            if (types.of(field) == 0) abort();
        } catch (const avocet::Error&) {}  // a name that BTF cannot hold
        if (++count > 1000) break;
    }
    const auto bytes = types.bytes();
    btf* again = btf__new(bytes.data(), static_cast<uint32_t>(bytes.size()));
    if (!again) abort();
    btf__free(again);
    return 0;
}

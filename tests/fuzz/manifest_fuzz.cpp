// SPDX-License-Identifier: Apache-2.0
//
// The manifest reader: any bytes are a manifest or at least one diagnostic.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "program/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    avocet::core::Diagnostics diagnostics;
    bool good = avocet::core::parse_manifest({reinterpret_cast<const char*>(data), size}, diagnostics).has_value();
    if (good != (diagnostics.error_count() == 0)) std::abort();
    return 0;
}

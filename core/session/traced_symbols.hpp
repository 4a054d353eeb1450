// SPDX-License-Identifier: Apache-2.0
//
// The host extension that finds symbols of traced programs (avocet/abi/traced_symbol.h): the files and places are those
// of the plans that the attach point resolves to.
#pragma once

#include <functional>
#include <string_view>

#include "avocet/abi/traced_symbol.h"
#include "session/spec.hpp"

namespace avocet::core {

class HostServices;

// `depends`: told about the files that were read; may be empty.
avocet_status find_traced_symbol(HostServices& host, const Spec& spec, std::string_view symbol,
                                 const std::function<void(const avocet_dependency&)>& depends,
                                 avocet_traced_symbol_fn emit, void* emit_ctx);

}  // namespace avocet::core

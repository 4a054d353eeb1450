// SPDX-License-Identifier: Apache-2.0
//
// avocet/map_write.hpp: the extension in C++. A backend that writes elements of maps has a method
//     void map_write(const avocet_map_elements&);
// and names backend_map_write<MyBackend, schema>() beside its factory in AVOCET_PLUGIN. Contract:
// avocet/abi/map_write.h
#pragma once

#include "avocet/abi/map_write.h"
#include "avocet/backend.hpp"

namespace avocet {

namespace detail {

template <class Class, const auto& Schema>
avocet_status backend_map_write(avocet_backend* b, const avocet_map_elements* elements) noexcept {
    using Bridge = BackendBridge<Class, Schema>;
    return guarded(Bridge::host(b), [&] { Bridge::of(b).map_write(*elements); });
}

}  // namespace detail

template <class Class, const auto& Schema>
constexpr avocet_backend_map_write backend_map_write() {
    return {{sizeof(avocet_backend_map_write), 0, AVOCET_BACKEND_MAP_WRITE_1, "writes elements of maps", nullptr},
            detail::backend_map_write<Class, Schema>};
}

}  // namespace avocet

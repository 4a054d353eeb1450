// SPDX-License-Identifier: Apache-2.0
//
// avocet/plugin.hpp: the descriptor of a plugin written in C++. A plugin.cpp is:
//
//     AVOCET_PLUGIN("sink.null", "1.0.0", &factory)
//
// where `factory` is a static avocet_*_factory, usually made by avocet::sink_factory<MySink>(...).
#pragma once

#include <cstring>

#include "avocet/abi/plugin.h"
#include "avocet/error.hpp"

// Defines the exported entry (static_registration in a single-binary build: see sdk/docs/static.md).
// Variadic: one or more pointers to factories.
#define AVOCET_PLUGIN(ID, VERSION, ...)                                                                      \
    namespace {                                                                                              \
    avocet_status avocet_plugin_init(const avocet_host*) { return AVOCET_OK; }                               \
    const void* avocet_plugin_get_factory(const char* id) {                                                  \
        const void* const factories[] = {__VA_ARGS__};                                                       \
        for (const void* entry_ : factories)                                                                 \
            if (std::strcmp(static_cast<const avocet_factory*>(entry_)->factory_id, id) == 0) return entry_; \
        return nullptr;                                                                                      \
    }                                                                                                        \
    }                                                                                                        \
    extern "C" AVOCET_EXPORT const avocet_plugin_entry_t avocet_plugin_entry;                                \
    const avocet_plugin_entry_t avocet_plugin_entry = {sizeof(avocet_plugin_entry_t),                        \
                                                       AVOCET_ABI_MAJOR,                                     \
                                                       AVOCET_ABI_MINOR,                                     \
                                                       0,                                                    \
                                                       ID,                                                   \
                                                       VERSION,                                              \
                                                       avocet_plugin_init,                                   \
                                                       nullptr,                                              \
                                                       avocet_plugin_get_factory};

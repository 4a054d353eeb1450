// SPDX-License-Identifier: Apache-2.0
//
// A schema with an option of every type, for the plugin and for the tests that need none.
#pragma once

#include <array>

#include "avocet/options.hpp"

inline constexpr const char* test_formats[] = {"text", "json", "csv", nullptr};
inline constexpr std::array<avocet_option, 10> test_schema{
    avocet::option(AVOCET_OPTION_PATH, "path", nullptr, "file to write", nullptr, 0, 0, AVOCET_OPTION_REQUIRED),
    avocet::enum_option("format", test_formats, "text", "form of a line"),
    avocet::option(AVOCET_OPTION_SIZE, "rotate.size", nullptr, "size at which a new file begins", "bytes", 1024,
                   int64_t{1} << 40),
    avocet::option(AVOCET_OPTION_INT, "rotate.keep", "5", "files to keep", "files", 1, 100),
    avocet::option(AVOCET_OPTION_DURATION, "rotate.every", "1h", "time after which a new file begins", "ns"),
    avocet::option(AVOCET_OPTION_BOOL, "append", "false", "keep what is there"),
    avocet::option(AVOCET_OPTION_STRING, "header", nullptr, "first line"),
    avocet::option(AVOCET_OPTION_LIST, "fields", "a,b", "columns"),
    avocet::option(AVOCET_OPTION_STRING, "key_phrase", nullptr, "unlocks it", nullptr, 0, 0, AVOCET_OPTION_SECRET),
    avocet::option(AVOCET_OPTION_INT, "offset", nullptr, "any number"),
};

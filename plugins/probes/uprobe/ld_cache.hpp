// SPDX-License-Identifier: Apache-2.0
//
// The dynamic linker's cache, /etc/ld.so.cache, in glibc's format ("glibc-ld.so.cache1.1", also behind the older
// "ld.so-1.7.0" table): sorted (name, path) pairs. It is read here because the linker itself would answer for this
// process, not for the root directory of another. The file may be damaged: every offset is checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace avocet::uprobe {

// `name` is a file name ("libssl.so.3") or its start ("libc", meaning "libc.so.6"). The first entry for this machine's
// architecture, nullopt if there is none or the bytes are no cache.
std::optional<std::string> find_in_ld_cache(std::string_view cache, std::string_view name);

}  // namespace avocet::uprobe

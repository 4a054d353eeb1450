// SPDX-License-Identifier: Apache-2.0
//
// Error codes of bundles, 0380 to 0399. A code never changes meaning and is never reused; append only.
#pragma once

#include <cstdint>

namespace avocet::core::code {

inline constexpr uint32_t bundle_description = 380;  // bundle.toml says something that cannot be
inline constexpr uint32_t bundle_file = 381;         // a file that bundle.toml names is missing or not a plain file
inline constexpr uint32_t bundle_tool = 382;         // a tool that is no portable program
inline constexpr uint32_t bundle_plugin = 383;       // a plugin that could not be loaded anywhere
inline constexpr uint32_t bundle_defaults = 384;     // defaults.toml sets what a bundle may not set
inline constexpr uint32_t bundle_archive = 385;      // not an archive, damaged, or holding what a bundle may not hold
inline constexpr uint32_t bundle_limit = 386;        // an archive with too many or too large files
inline constexpr uint32_t bundle_manifest = 387;     // MANIFEST missing or not readable
inline constexpr uint32_t bundle_changed = 388;      // a file that is not what MANIFEST says
inline constexpr uint32_t bundle_unsigned = 389;     // no signature
inline constexpr uint32_t bundle_untrusted = 390;    // signed by a key that is not trusted here
inline constexpr uint32_t bundle_forged = 391;       // a signature that does not fit the files
inline constexpr uint32_t bundle_key = 392;          // a key file that cannot be used
inline constexpr uint32_t bundle_unsafe = 393;       // an installed bundle or a trusted key that others could change
inline constexpr uint32_t bundle_unknown = 394;      // no bundle or no tool of this name
inline constexpr uint32_t bundle_write = 395;        // a file or directory that cannot be written

}  // namespace avocet::core::code

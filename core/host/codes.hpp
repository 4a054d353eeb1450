// SPDX-License-Identifier: Apache-2.0
//
// Error codes of the host, 0300 to 0339. A code never changes meaning and is never reused; append only.
#pragma once

#include <cstdint>

namespace avocet::core::code {

inline constexpr uint32_t toml_syntax = 300;           // a TOML file that does not parse
inline constexpr uint32_t toml_unknown_key = 301;      // a key nobody reads
inline constexpr uint32_t toml_wrong_type = 302;       // a string where a number is expected, ...
inline constexpr uint32_t toml_missing_key = 303;      // a key that must be there
inline constexpr uint32_t file_unreadable = 304;       // exists, but cannot be read
inline constexpr uint32_t plugin_unsafe = 305;         // directory or file that others could change
inline constexpr uint32_t plugin_sidecar = 306;        // plugin.toml cannot be used
inline constexpr uint32_t plugin_conflict = 307;       // two plugins provide one name
inline constexpr uint32_t plugin_not_elf = 308;        // the library is not an ELF shared object for this machine
inline constexpr uint32_t plugin_truncated = 309;      // the library is shorter than its headers say
inline constexpr uint32_t plugin_unmappable = 310;     // the dynamic loader refused it
inline constexpr uint32_t plugin_no_entry = 311;       // no avocet_plugin_entry
inline constexpr uint32_t plugin_abi_major = 312;      // built for another major ABI
inline constexpr uint32_t plugin_abi_minor = 313;      // needs a newer host
inline constexpr uint32_t plugin_entry_short = 314;    // descriptor smaller than revision 1.0
inline constexpr uint32_t plugin_entry_tail = 315;     // descriptor with a non-zero part this host does not know
inline constexpr uint32_t plugin_disagrees = 316;      // descriptor and sidecar say different things
inline constexpr uint32_t plugin_init = 317;           // init returned a failure
inline constexpr uint32_t plugin_get_factory = 318;    // descriptor without get_factory
inline constexpr uint32_t plugin_no_factory = 319;     // get_factory has none of the sidecar's kind
inline constexpr uint32_t plugin_factory_short = 320;  // factory table smaller than its revision
inline constexpr uint32_t plugin_factory_id = 321;     // factory says another id than was asked for
inline constexpr uint32_t plugin_factory_tail = 322;   // factory with a non-zero part this host does not know
inline constexpr uint32_t plugin_factory_null = 323;   // factory lacks a function it must have
inline constexpr uint32_t plugin_schema = 324;         // malformed option schema
inline constexpr uint32_t plugin_crashed = 325;        // a signal during mapping, init or get_factory; exit status 70
inline constexpr uint32_t plugin_unknown = 326;        // load of something that was never discovered
inline constexpr uint32_t diagnostic_tail = 327;       // a plugin's diagnostic has a part this host does not know
inline constexpr uint32_t crashed = 328;               // a signal afterwards, in a plugin or not

}  // namespace avocet::core::code

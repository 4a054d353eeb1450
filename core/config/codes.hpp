// SPDX-License-Identifier: Apache-2.0
//
// Error codes of configuration, 0340 to 0379. A code never changes meaning and is never reused; append only.
#pragma once

#include <cstdint>

namespace avocet::core::code {

inline constexpr uint32_t config_missing_file = 340;      // --config FILE that does not exist
inline constexpr uint32_t config_unsafe_file = 341;       // warning: others can change a configuration file
inline constexpr uint32_t config_unknown_variable = 342;  // warning: AVOCET_* that nobody reads
inline constexpr uint32_t config_override = 343;          // key.path=value that does not parse or fit
inline constexpr uint32_t config_unknown_option = 344;    // an option the schema lacks
inline constexpr uint32_t config_option_type = 345;       // a value of the wrong type or malformed
inline constexpr uint32_t config_option_range = 346;      // a number outside the option's limits
inline constexpr uint32_t config_option_choice = 347;     // a word that is none of the choices
inline constexpr uint32_t config_option_required = 348;   // an option that must be given
inline constexpr uint32_t config_placeholder = 349;       // {word} in a path that nothing stands for
inline constexpr uint32_t config_sink = 350;              // a sink without name or type, or a name used twice
inline constexpr uint32_t config_route = 351;             // a route without or with unknown sinks, kinds, policies
inline constexpr uint32_t config_flag = 352;              // --sink or --route text that does not parse
inline constexpr uint32_t config_schema_default = 353;    // a plugin's own default does not fit its schema
inline constexpr uint32_t config_unknown_plugin = 354;    // a type, id or name that no plugin provides
inline constexpr uint32_t config_expression = 355;        // a route's condition that does not parse
inline constexpr uint32_t config_redaction = 356;         // a redaction that does not parse
inline constexpr uint32_t config_label = 357;             // a label without a name or with an unknown placeholder

}  // namespace avocet::core::code

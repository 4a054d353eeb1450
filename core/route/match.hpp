// SPDX-License-Identifier: Apache-2.0
//
// Whether a route wants the records of a schema. Pure; asked once for each schema, never for each record.
//
// `kinds` and `tools` narrow every record they apply to. `probes` picks events and `maps` picks map snapshots; a route
// that names only maps wants no events, and the other way round. Loss, lifecycle and error records belong to the
// session rather than to one probe or map, so for them `kinds` alone decides: whoever gets a part of the data also
// learns what is missing, unless the route's kinds say otherwise.
#pragma once

#include <string_view>

#include "route/router.hpp"

namespace avocet::core {

// `pattern` may hold `*` for any run of characters, the empty one included, and `?` for one.
bool matches_pattern(std::string_view pattern, std::string_view text);
bool matches(const RouteMatch& match, const avocet_schema& schema);

}  // namespace avocet::core

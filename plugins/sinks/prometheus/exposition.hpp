// SPDX-License-Identifier: Apache-2.0
//
// Prometheus' text format 0.0.4, piece by piece. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avocet::prometheus {

using Labels = std::vector<std::pair<std::string, std::string>>;

// "@lat.us" to "lat_us": [a-zA-Z0-9_], what else there is becomes `_`.
std::string metric_name(std::string_view text);
// As a label's name: the same, not beginning with a digit; names that a map's own labels have get `exported_` in front.
std::string label_name(std::string_view text);
// {a="b",c="d"}, empty without labels; values as valid UTF-8, escaped.
std::string label_text(const Labels& labels);
// # HELP and # TYPE.
std::string family_head(const std::string& name, const std::string& help, const std::string& type);

}  // namespace avocet::prometheus

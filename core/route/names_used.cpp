// SPDX-License-Identifier: Apache-2.0
#include "route/names_used.hpp"

#include <algorithm>

#include "avocet/abi/label.h"
#include "avocet/nearest.hpp"
#include "route/filter.hpp"
#include "route/match.hpp"

namespace avocet::core {

namespace {

std::string joined(const std::vector<std::string>& path) {
    std::string out;
    for (const auto& part : path) (out += out.empty() ? "" : ".") += part;
    return out;
}

}  // namespace

NamesUsed::NamesUsed(const RouteConfig& route) : route_(route.name) {
    ExpressionError ignored;  // the configuration has told it
    if (const auto where = parse_expression(route.match.where, ignored))
        each_field(*where, [&](const Operand& operand) {
            names_.push_back({"where", joined(operand.path), operand.path});
        });
    for (const auto& name : route.transform.drop) names_.push_back({"drop", name, {}});
    for (const auto& [from, to] : route.transform.rename) names_.push_back({"rename", from, {}});
    for (const auto& redaction : route.transform.redact) names_.push_back({"redact", redaction.field, {}});
}

void NamesUsed::see(const avocet_schema& schema) {
    const bool data = schema.kind == AVOCET_RECORD_EVENT || schema.kind == AVOCET_RECORD_MAP;
    if (names_.empty() || !data || !seen_.insert(&schema).second) return;
    const uint32_t own = avocet_own_field_count(&schema);
    for (uint32_t i = 0; i < own; ++i) fields_.insert(schema.fields[i].name);
    for (auto& name : names_) {
        if (name.setting == "where") name.known |= has_name(name.path, schema);
        for (uint32_t i = 0; i < own && name.setting != "where"; ++i)
            name.known |= matches_pattern(name.name, schema.fields[i].name);
    }
}

std::vector<UnknownName> NamesUsed::unknown() const {
    std::vector<UnknownName> out;
    for (const auto& name : names_) {
        if (name.known || seen_.empty()) continue;
        std::string hint = nearest_hint(name.name, fields_);
        if (hint.empty()) {
            for (const auto& field : fields_) (hint += hint.empty() ? "there were: " : ", ") += field;
        }
        out.push_back({route_, name.setting, name.name, std::move(hint)});
    }
    return out;
}

}  // namespace avocet::core

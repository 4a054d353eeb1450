// SPDX-License-Identifier: Apache-2.0
#include "route/source.hpp"

#include <algorithm>
#include <charconv>

#include "avocet/record.hpp"
#include "record/value_text.hpp"
#include "route/filter.hpp"

namespace avocet::core {

namespace {

struct Resolver {
    const avocet_schema& schema;

    const Renderer* renderer;

    Source resolve(const Operand& operand) const {
        Source out;
        if (operand.kind == Operand::arithmetic || operand.kind == Operand::choice) {
            combine(operand, out);
        } else if (operand.kind == Operand::number) {
            out.kind = Source::number;
            out.value = operand.value;
        } else if (operand.kind == Operand::text) {
            out.kind = Source::text;
            out.literal = operand.literal;
        } else if (!find_field(operand.path, out)) {
            word(operand.path, out);
        }
        return out;
    }

private:
    void combine(const Operand& operand, Source& out) const {
        const bool reckons = operand.kind == Operand::arithmetic;
        for (const Operand& part : operand.parts) out.parts.push_back(resolve(part));
        for (const Source& part : out.parts)
            if (part.kind == Source::missing || (reckons && !part.is_number())) return;
        out.kind = reckons ? Source::arithmetic : Source::choice;
        out.sign = operand.sign;
        if (!reckons) out.condition = std::make_shared<RowFilter>(*operand.condition, schema, renderer);
    }

    static std::string_view text_or_empty(const char* text) { return text ? text : ""; }

    void word(const std::vector<std::string>& path, Source& out) const {
        if (path.size() != 1) return;
        const std::string& name = path[0];
        auto constant = [&](std::string_view text) { out.kind = Source::text, out.literal = text; };
        if (name == "kind") constant(record_kind_name(schema.kind));
        if (name == "tool") constant(text_or_empty(schema.tool));
        if (name == "probe") constant(text_or_empty(schema.probe));
        if (name == "map") constant(schema.kind == AVOCET_RECORD_MAP ? text_or_empty(schema.name) : "");
        if (name != "severity") return;
        if (schema.kind != AVOCET_RECORD_ERROR && schema.kind != AVOCET_RECORD_LOSS)
            return constant(severity_of(schema, nullptr));
        out.kind = Source::field;
        out.special = Source::severity;
    }

    // A field's name may hold dots itself.
    bool find_field(const std::vector<std::string>& path, Source& out) const {
        for (size_t used = path.size(); used > 0; --used) {
            std::string name = path[0];
            for (size_t i = 1; i < used; ++i) name += "." + path[i];
            for (uint32_t f = 0; f < schema.field_count; ++f) {
                if (!schema.fields[f].name || name != schema.fields[f].name) continue;
                out.kind = Source::field;
                out.path = {f};
                out.type = schema.fields[f].type;
                for (size_t i = used; i < path.size(); ++i)
                    if (!step(path[i], out)) return out = {}, false;
                return true;
            }
        }
        return false;
    }

    static bool step(const std::string& name, Source& out) {
        const avocet_type& type = *out.type;
        uint32_t number = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
        const bool is_number = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
        switch (type.kind) {
            case AVOCET_VALUE_TUPLE:
            case AVOCET_VALUE_ARRAY: {
                if (!is_number || !type.members || !type.member_count) return false;
                const uint32_t member = type.kind == AVOCET_VALUE_ARRAY ? 0 : number;
                if (member >= type.member_count) return false;
                out.path.push_back(number);
                out.type = type.members[member];
                return true;
            }
            case AVOCET_VALUE_RECORD:
                for (uint32_t i = 0; i < type.member_count && type.member_names; ++i) {
                    if (name != type.member_names[i]) continue;
                    out.path.push_back(i);
                    out.type = type.members[i];
                    return true;
                }
                return false;
            case AVOCET_VALUE_STATS: {
                constexpr std::string_view parts[] = {"count", "average", "total"};
                static const avocet_type part_type{sizeof(avocet_type),
                                                   AVOCET_VALUE_INT,
                                                   8,
                                                   0,
                                                   "int64",
                                                   {},
                                                   {},
                                                   0,
                                                   0,
                                                   nullptr,
                                                   nullptr,
                                                   0,
                                                   0,
                                                   0,
                                                   0,
                                                   0};
                for (uint32_t i = 0; i < 3; ++i) {
                    if (name != parts[i]) continue;
                    out.path.push_back(i);
                    out.type = &part_type;
                    return true;
                }
                return false;
            }
            case AVOCET_VALUE_HIST: out.special = Source::hist_count; return name == "count";
            default: return false;
        }
    }
};

std::optional<__int128> number_in(const avocet_value& value, Source::Special special) {
    switch (value.kind) {
        case AVOCET_VALUE_INT: return value.v.i;
        case AVOCET_VALUE_UINT:
        case AVOCET_VALUE_BOOL:
        case AVOCET_VALUE_POINTER: return value.v.u;
        case AVOCET_VALUE_ENUM: return number_of(value);
        case AVOCET_VALUE_HIST: {
            if (special != Source::hist_count) return std::nullopt;
            __int128 sum = 0;
            for (uint32_t i = 0; i < value.count; ++i) sum += value.v.buckets[i].count;
            return sum;
        }
        default: return std::nullopt;
    }
}

// What does not fit, and division by zero, has no value.
std::optional<__int128> reckon(char sign, __int128 a, __int128 b) {
    __int128 out = 0;
    switch (sign) {
        case '+': return __builtin_add_overflow(a, b, &out) ? std::nullopt : std::optional(out);
        case '-': return __builtin_sub_overflow(a, b, &out) ? std::nullopt : std::optional(out);
        case '*': return __builtin_mul_overflow(a, b, &out) ? std::nullopt : std::optional(out);
        default: break;
    }
    if (b == 0 || b == -1) return b ? reckon('*', sign == '/' ? a : 0, b) : std::nullopt;
    return sign == '/' ? a / b : a % b;
}

}  // namespace

bool Source::of_row() const {
    if (kind == field || kind == choice) return true;
    return kind == arithmetic && std::any_of(parts.begin(), parts.end(), [](const Source& s) { return s.of_row(); });
}

bool Source::is_number() const {
    if (kind == number || kind == arithmetic) return true;
    if (kind == choice) return std::all_of(parts.begin(), parts.end(), [](const Source& s) { return s.is_number(); });
    if (kind != field || !type) return false;
    if (special == hist_count) return true;
    return type->kind == AVOCET_VALUE_INT || type->kind == AVOCET_VALUE_UINT || type->kind == AVOCET_VALUE_BOOL ||
           type->kind == AVOCET_VALUE_POINTER || type->kind == AVOCET_VALUE_ENUM;
}

Source find_source(const Operand& operand, const avocet_schema& schema, const Renderer* renderer) {
    return Resolver{schema, renderer}.resolve(operand);
}

const avocet_value* walk(const Source& source, const avocet_value* row) {
    const avocet_value* value = row + source.path[0];
    for (size_t i = 1; i < source.path.size(); ++i) {
        const bool composite = value->kind == AVOCET_VALUE_TUPLE || value->kind == AVOCET_VALUE_ARRAY ||
                               value->kind == AVOCET_VALUE_RECORD || value->kind == AVOCET_VALUE_STATS;
        if (!composite || source.path[i] >= value->count) return nullptr;
        value = value->v.items + source.path[i];
    }
    return value;
}

const Source& chosen(const Source& source, const avocet_value* row) {
    if (source.kind != Source::choice) return source;
    return chosen(source.parts[source.condition->passes(row) ? 0 : 1], row);
}

std::optional<__int128> number_of(const Source& source, const avocet_value* row) {
    switch (source.kind) {
        case Source::number: return source.value;
        case Source::choice: return number_of(chosen(source, row), row);
        case Source::arithmetic: {
            const auto a = number_of(source.parts[0], row), b = number_of(source.parts[1], row);
            return a && b ? reckon(source.sign, *a, *b) : std::nullopt;
        }
        case Source::field: {
            const avocet_value* value = walk(source, row);
            return value ? number_in(*value, source.special) : std::nullopt;
        }
        default: return std::nullopt;
    }
}

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
#include "passes/promotion.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace avocet::dsl {

namespace {

bool fits_signed(int64_t value, uint64_t bytes) {
    if (bytes >= 8) return true;
    const int64_t limit = int64_t{1} << (bytes * 8 - 1);
    return value >= -limit && value < limit;
}

Type promote_integers(const Type& a, const Type& b) {
    const uint64_t size = std::max(a.size, b.size);
    Type result;
    if (a.is_signed == b.is_signed && a.flexible == b.flexible) {
        result = Type::integer(size, a.is_signed);
        result.flexible = a.flexible;
    } else if (a.flexible != b.flexible) {
        result = Type::integer(size, a.flexible ? b.is_signed : a.is_signed);
    } else {
        const Type& negative = a.is_signed ? a : b;
        const Type& positive = a.is_signed ? b : a;
        result = Type::integer(negative.size > positive.size ? negative.size : std::min<uint64_t>(size * 2, 8), true);
    }
    result.space = a.space == b.space ? a.space : Space::none;
    return result;
}

std::optional<Type> promote_pointers(const Type& a, const Type& b) {
    Type result = a;
    result.space = a.space == b.space ? a.space : Space::none;
    result.is_context = a.is_context && b.is_context;
    if (!a.element || !b.element) {
        result.element = nullptr;
        return result;
    }
    const auto element = promote(*a.element, *b.element);
    if (!element) return std::nullopt;
    result.element = std::make_shared<const Type>(settled(*element));
    return result;
}

std::optional<Type> promote_tuples(const Type& a, const Type& b) {
    if (a.members->size() != b.members->size()) return std::nullopt;
    std::vector<Type> elements;
    for (size_t i = 0; i < a.members->size(); ++i) {
        auto element = promote(*(*a.members)[i].type, *(*b.members)[i].type);
        if (!element) return std::nullopt;
        elements.push_back(*element);
    }
    return Type::tuple(elements);
}

std::optional<Type> promote_records(const Type& a, const Type& b) {
    if (a.members->size() != b.members->size()) return std::nullopt;
    std::vector<std::pair<std::string, Type>> elements;
    for (const Member& m : *a.members) {
        auto other =
            std::find_if(b.members->begin(), b.members->end(), [&](const Member& x) { return x.name == m.name; });
        if (other == b.members->end()) return std::nullopt;
        auto element = promote(*m.type, *other->type);
        if (!element) return std::nullopt;
        elements.emplace_back(m.name, *element);
    }
    return Type::record(elements);
}

}  // namespace

Type literal_type(uint64_t value, bool negative) {
    if (!negative && value > uint64_t{INT64_MAX}) return Type::integer(8, false);
    uint64_t bytes = 1;
    while (!fits_signed(static_cast<int64_t>(value), bytes)) bytes *= 2;
    Type type = Type::integer(bytes, true);
    type.flexible = !negative;
    return type;
}

bool is_castable_aggregate(const Type& type) {
    if (type.kind != TypeKind::aggregate) return false;
    for (const char* refused : {"stats_t", "ustats_t", "hist_t", "lhist_t", "tseries_t"})
        if (type.name == refused) return false;
    return true;
}

bool is_number(const Type& type) {
    return type.is_integer() || type.kind == TypeKind::boolean || type.kind == TypeKind::enumeration ||
           is_castable_aggregate(type);
}

Type as_integer(const Type& type) {
    if (type.kind == TypeKind::boolean) return Type::integer(1, false);
    if (type.kind == TypeKind::enumeration) {
        Type result = Type::integer(type.size, type.is_signed);
        result.flexible = type.flexible;
        return result;
    }
    return decayed(type);
}

Type decayed(const Type& type) { return is_castable_aggregate(type) ? Type::integer(8, type.is_signed) : type; }

Type settled(const Type& type) {
    Type result = type;
    result.flexible = false;
    if (type.kind == TypeKind::tuple || type.kind == TypeKind::record) {
        auto members = std::make_shared<std::vector<Member>>(*type.members);
        for (Member& m : *members) m.type = std::make_shared<const Type>(settled(*m.type));
        result.members = std::move(members);
    }
    return result;
}

std::optional<Type> promote(const Type& a, const Type& b) {
    if (a.kind == TypeKind::none) return b;
    if (b.kind == TypeKind::none) return a;
    if (a.kind != b.kind) {
        const bool enums =
            (a.kind == TypeKind::enumeration && b.is_integer()) || (b.kind == TypeKind::enumeration && a.is_integer());
        if (enums) return promote_integers(as_integer(a), as_integer(b));
        return std::nullopt;
    }
    switch (a.kind) {
        case TypeKind::integer: return promote_integers(a, b);
        case TypeKind::enumeration: {
            if (a.name != b.name) return promote_integers(as_integer(a), as_integer(b));
            Type result = a.size >= b.size ? a : b;
            result.flexible = a.flexible && b.flexible;
            return result;
        }
        case TypeKind::string: {
            Type result = a.size >= b.size ? a : b;
            result.maybe_truncated = a.maybe_truncated || b.maybe_truncated;
            return result;
        }
        case TypeKind::buffer: return a.size >= b.size ? a : b;
        case TypeKind::pointer: return promote_pointers(a, b);
        case TypeKind::tuple: return promote_tuples(a, b);
        case TypeKind::record: return promote_records(a, b);
        default:
            if (a == b) return a;
            return std::nullopt;
    }
}

Type arithmetic_type(const Type& left, const Type& right) {
    const Type a = as_integer(left), b = as_integer(right);
    bool is_signed = a.is_signed || b.is_signed;
    if (a.flexible != b.flexible) is_signed = a.flexible ? b.is_signed : a.is_signed;
    Type result = Type::integer(8, is_signed);
    const Space x = space_of(left), y = space_of(right);
    result.space = x == Space::none ? y : y == Space::none || x == y ? x : Space::none;
    return result;
}

bool holds(const Type& to, const Type& from) {
    if (from.is_signed == to.is_signed) return from.size <= to.size;
    return to.is_signed && from.size < to.size;
}

bool holds_literal(const Type& to, uint64_t value, bool negative) {
    if (negative) return to.is_signed && fits_signed(static_cast<int64_t>(value), to.size);
    if (to.size >= 8) return !to.is_signed || value <= uint64_t{INT64_MAX};
    return value < (uint64_t{1} << (to.size * 8 - (to.is_signed ? 1 : 0)));
}

bool storable(const Type& to, const Type& from) {
    if (from.kind == TypeKind::none) return true;
    if (to.is_integer()) return from.is_integer() || from.kind == TypeKind::enumeration || is_castable_aggregate(from);
    if (to.kind == TypeKind::enumeration) return from.kind == TypeKind::enumeration && from.name == to.name;
    if (to.kind != from.kind) return false;
    switch (to.kind) {
        case TypeKind::string:
        case TypeKind::buffer: return from.size <= to.size;
        case TypeKind::pointer: return !to.element || !from.element || promote(*to.element, *from.element).has_value();
        case TypeKind::tuple:
        case TypeKind::record: {
            const auto common = promote(to, from);
            return common && settled(*common).size == to.size;
        }
        default: return to == from;
    }
}

bool is_condition(const Type& type) { return is_number(type) || type.is_pointer(); }

bool identical(const Type& a, const Type& b) {
    if (!(a == b) || a.flexible != b.flexible || a.space != b.space || a.maybe_truncated != b.maybe_truncated)
        return false;
    if (a.kind != TypeKind::tuple && a.kind != TypeKind::record) return true;
    return std::equal(a.members->begin(), a.members->end(), b.members->begin(), b.members->end(),
                      [](const Member& x, const Member& y) { return identical(*x.type, *y.type); });
}

Space space_of(const Type& type) { return type.is_pointer() || type.is_integer() ? type.space : Space::none; }

}  // namespace avocet::dsl

// SPDX-License-Identifier: Apache-2.0
#include "types/clang_types.hpp"

#include <algorithm>

namespace avocet::dsl {

namespace {

// Calls a C++ function through libclang's pointer and cookie.
template <class Visit>
void visit_fields(const ClangLibrary& clang, CXType record, Visit visit) {
    clang.Type_visitFields(
        record,
        [](CXCursor cursor, CXClientData data) {
            (*static_cast<Visit*>(data))(cursor);
            return CXVisit_Continue;
        },
        &visit);
}

template <class Visit>
void visit_children(const ClangLibrary& clang, CXCursor parent, Visit visit) {
    clang.visitChildren(
        parent,
        [](CXCursor cursor, CXCursor, CXClientData data) {
            (*static_cast<Visit*>(data))(cursor);
            return CXChildVisit_Continue;
        },
        &visit);
}

bool is_character(CXTypeKind kind) { return kind == CXType_Char_S || kind == CXType_Char_U || kind == CXType_SChar; }

bool is_signed(CXTypeKind kind) { return kind == CXType_Char_S || (kind >= CXType_SChar && kind <= CXType_Int128); }

}  // namespace

uint64_t ClangTypes::size_of(CXType type) const {
    const long long size = clang_.Type_getSizeOf(type);
    return size > 0 ? static_cast<uint64_t>(size) : 0;
}

void ClangTypes::define(CXCursor declaration) {
    if (is_kernel_(declaration)) return;
    switch (clang_.getCursorKind(declaration)) {
        case CXCursor_StructDecl:
        case CXCursor_UnionDecl: convert_record(declaration, {}); break;
        case CXCursor_EnumDecl: convert_enum(declaration, {}); break;
        case CXCursor_TypedefDecl: {
            const std::string name = clang_.text(clang_.getCursorSpelling(declaration));
            table_.define_typedef(name, convert(clang_.getTypedefDeclUnderlyingType(declaration), name));
            break;
        }
        default: break;
    }
}

// What has no name of its own is called like its typedef, or gets a fresh one.
std::string ClangTypes::name_of(CXCursor declaration, const std::string& alias) {
    std::string name = clang_.text(clang_.getCursorSpelling(declaration));
    if (!clang_.Cursor_isAnonymous(declaration) && !name.empty() && name.find_first_of(" (") == std::string::npos)
        return name;
    auto& known = names_[clang_.text(clang_.getCursorUSR(declaration))];
    if (known.empty()) known = alias.empty() ? table_.fresh_name() : alias;
    return known;
}

Type ClangTypes::convert_record(CXCursor declaration, const std::string& alias) {
    const CXCursor definition = clang_.getCursorDefinition(declaration);
    const CXCursor best = clang_.Cursor_isNull(definition) ? declaration : definition;
    const std::string name = name_of(best, alias);
    const CXType record = clang_.getCursorType(best);
    const bool is_union = clang_.getCursorKind(best) == CXCursor_UnionDecl;
    Type type = Type::structure(name, size_of(record), is_union);
    if (clang_.Cursor_isNull(definition))
        if (const StructLayout* known = table_.find_struct(name)) type.size = known->size;
    if (clang_.Cursor_isNull(definition) || is_kernel_(best) || !done_.insert(name).second) return type;
    StructLayout layout;
    layout.name = name;
    layout.is_union = is_union;
    layout.size = type.size;
    add_fields(record, 0, layout);
    table_.define_struct(std::move(layout));
    return type;
}

void ClangTypes::add_fields(CXType record, uint64_t base_bits, StructLayout& layout) {
    visit_fields(clang_, record, [&](CXCursor cursor) {
        const std::string name = clang_.text(clang_.getCursorSpelling(cursor));
        const CXType type = clang_.getCanonicalType(clang_.getCursorType(cursor));
        const bool unnamed = name.empty() || name.find_first_of(" (") != std::string::npos;
        if (!unnamed) {
            layout.members.push_back(field(cursor, base_bits));
        } else if (type.kind == CXType_Record && !clang_.Cursor_isBitField(cursor)) {
            const long long bits = clang_.Cursor_getOffsetOfField(cursor);
            add_fields(type, base_bits + static_cast<uint64_t>(std::max(bits, 0LL)), layout);
        }
    });
}

Member ClangTypes::field(CXCursor cursor, uint64_t base_bits) {
    Member member;
    member.name = clang_.text(clang_.getCursorSpelling(cursor));
    const Type type = convert(clang_.getCursorType(cursor));
    const uint64_t bits = base_bits + static_cast<uint64_t>(std::max(clang_.Cursor_getOffsetOfField(cursor), 0LL));
    member.type = std::make_shared<const Type>(type);
    member.offset = bits / 8;
    if (clang_.Cursor_isBitField(cursor)) {
        member.bit_size = static_cast<uint16_t>(clang_.getFieldDeclBitWidth(cursor));
        const uint64_t storage = std::max<uint64_t>(type.size, 1), aligned = bits / 8 / storage * storage;
        if (bits - aligned * 8 + member.bit_size <= storage * 8) member.offset = aligned;
        member.bit_offset = static_cast<uint16_t>(bits - member.offset * 8);
    }
    return member;
}

Type ClangTypes::convert_enum(CXCursor declaration, const std::string& alias) {
    const CXCursor definition = clang_.getCursorDefinition(declaration);
    const std::string name = name_of(declaration, alias);
    const uint64_t size = std::max<uint64_t>(size_of(clang_.getCursorType(declaration)), 4);
    if (clang_.Cursor_isNull(definition) || is_kernel_(definition)) return Type::enumeration(name, size);
    if (!done_.insert("enum " + name).second) return Type::enumeration(name, size);
    std::vector<std::pair<std::string, int64_t>> values;
    visit_children(clang_, definition, [&](CXCursor cursor) {
        if (clang_.getCursorKind(cursor) == CXCursor_EnumConstantDecl)
            values.emplace_back(clang_.text(clang_.getCursorSpelling(cursor)), clang_.getEnumConstantDeclValue(cursor));
    });
    table_.define_enum(name, std::move(values));
    return Type::enumeration(name, size);
}

Type ClangTypes::convert_pointer(CXType pointee) {
    const CXType target = clang_.getCanonicalType(pointee);
    if (target.kind == CXType_Void || target.kind == CXType_FunctionProto || target.kind == CXType_FunctionNoProto)
        return Type::void_pointer(Space::none);
    return Type::pointer_to(convert(pointee), Space::none);
}

Type ClangTypes::convert_array(CXType type, bool of_known_length) {
    const CXType element = clang_.getArrayElementType(type);
    const uint64_t count = of_known_length ? static_cast<uint64_t>(clang_.getArraySize(type)) : 0;
    if (count > 0 && is_character(clang_.getCanonicalType(element).kind)) return Type::string(count);
    return Type::array_of(convert(element), count);
}

Type ClangTypes::convert(CXType type, const std::string& alias) {
    const CXTypeKind kind = type.kind;
    if (kind == CXType_Bool) return Type::boolean();
    if (kind == CXType_Void) return Type::simple(TypeKind::void_);
    if (kind >= CXType_Char_U && kind <= CXType_Int128) return Type::integer(size_of(type), is_signed(kind));
    switch (kind) {
        case CXType_Pointer: return convert_pointer(clang_.getPointeeType(type));
        case CXType_ConstantArray: return convert_array(type, true);
        case CXType_IncompleteArray: return convert_array(type, false);
        case CXType_Record: return convert_record(clang_.getTypeDeclaration(type), alias);
        case CXType_Enum: return convert_enum(clang_.getTypeDeclaration(type), alias);
        case CXType_Elaborated: return convert(clang_.Type_getNamedType(type), alias);
        case CXType_Typedef: {
            const CXCursor declaration = clang_.getTypeDeclaration(type);
            const std::string name = clang_.text(clang_.getCursorSpelling(declaration));
            if (is_kernel_(declaration))
                if (const auto known = table_.find_typedef(name)) return *known;
            return convert(clang_.getTypedefDeclUnderlyingType(declaration), name);
        }
        default: break;
    }
    const CXType canonical = clang_.getCanonicalType(type);
    if (canonical.kind != kind) return convert(canonical, alias);
    const uint64_t size = size_of(type);  // floating point and vectors: the bytes
    return size == 1 || size == 2 || size == 4 || size == 8 ? Type::integer(size, false)
                                                            : Type::array_of(Type::integer(1, false), size);
}

}  // namespace avocet::dsl

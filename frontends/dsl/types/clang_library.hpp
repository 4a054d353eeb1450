// SPDX-License-Identifier: Apache-2.0
//
// libclang, mapped only while C text is read: most scripts have none. Its C API is stable across releases, so any
// installed one serves; the one of the compiler that Avocet itself uses is preferred.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <clang-c/Index.h>

namespace avocet::dsl {

class ClangLibrary {
public:
    // Null: none is installed. `names`: file names to try instead of the usual ones.
    static std::unique_ptr<ClangLibrary> open(const std::vector<std::string>& names = {});
    ~ClangLibrary();
    ClangLibrary(const ClangLibrary&) = delete;
    ClangLibrary& operator=(const ClangLibrary&) = delete;

#define AVOCET_CLANG_FUNCTIONS(X)   \
    X(createIndex)                  \
    X(disposeIndex)                 \
    X(parseTranslationUnit2)        \
    X(disposeTranslationUnit)       \
    X(getNumDiagnostics)            \
    X(getDiagnostic)                \
    X(disposeDiagnostic)            \
    X(getDiagnosticSeverity)        \
    X(getDiagnosticSpelling)        \
    X(getDiagnosticLocation)        \
    X(getExpansionLocation)         \
    X(getFileName)                  \
    X(getCString)                   \
    X(disposeString)                \
    X(getInclusions)                \
    X(getTranslationUnitCursor)     \
    X(visitChildren)                \
    X(getCursorKind)                \
    X(getCursorSpelling)            \
    X(getCursorUSR)                 \
    X(getCursorLocation)            \
    X(getCursorExtent)              \
    X(getCursorType)                \
    X(getCursorDefinition)          \
    X(Cursor_isNull)                \
    X(Cursor_isAnonymous)           \
    X(Cursor_isMacroFunctionLike)   \
    X(Cursor_isMacroBuiltin)        \
    X(Cursor_getOffsetOfField)      \
    X(Cursor_isBitField)            \
    X(getFieldDeclBitWidth)         \
    X(getEnumConstantDeclValue)     \
    X(getTypedefDeclUnderlyingType) \
    X(getTypeDeclaration)           \
    X(getCanonicalType)             \
    X(getPointeeType)               \
    X(getArrayElementType)          \
    X(getArraySize)                 \
    X(Type_getNamedType)            \
    X(Type_getSizeOf)               \
    X(Type_visitFields)             \
    X(tokenize)                     \
    X(disposeTokens)                \
    X(getTokenSpelling)             \
    X(getTokenExtent)               \
    X(getRangeStart)                \
    X(getRangeEnd)

#define AVOCET_CLANG_MEMBER(name) decltype(&clang_##name) name = nullptr;
    AVOCET_CLANG_FUNCTIONS(AVOCET_CLANG_MEMBER)
#undef AVOCET_CLANG_MEMBER

    std::string text(CXString string) const;  // takes it over

private:
    explicit ClangLibrary(void* handle) : handle_(handle) {}
    bool find_functions();
    void* handle_;
};

// What to tell somebody who needs it.
extern const char* const clang_missing_hint;

}  // namespace avocet::dsl

// SPDX-License-Identifier: Apache-2.0
//
// Which pointers of a BCC-style program point outside of it. A declaration marked with level k holds, after k
// dereferences, an address in kernel or user memory: 0 is such a pointer itself. Marks start at parameters of programs,
// the context's pointers and the current task, and flow through assignments, calls, returns and maps until nothing
// changes. Reference: the dialect's "implicit reads".
#pragma once

#include <map>
#include <set>
#include <string>

#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/AST/Expr.h>

namespace avocet::c {

constexpr int not_external = -1;

// Functions of the main file that are programs; those whose pointers the kernel types itself are left alone.
bool is_program(const clang::FunctionDecl& function);
bool has_typed_arguments(const clang::FunctionDecl& function);
// The variable of a map method call `MAP.method(...)`, or nullptr.
const clang::VarDecl* map_of_call(const clang::CallExpr& call, std::string* method = nullptr);

class ExternalPointers {
public:
    explicit ExternalPointers(clang::ASTContext& context) : context_(context) {}
    // Marks everything, over all functions of the file.
    void solve();

    int level(const clang::Expr* e) const;
    // Whether reading this expression reads external memory.
    bool is_external(const clang::Expr* lvalue) const;

private:
    friend class Flow;
    bool mark(const void* what, int level, bool lowest = false);
    int mark_of(const void* what) const;
    int level_of_call(const clang::CallExpr& call) const;
    bool is_context_member(const clang::Expr* e) const;

    clang::ASTContext& context_;
    std::map<const void*, int> marks_;  // declarations (functions: what they return), and maps (what lookup returns)
};

}  // namespace avocet::c

// SPDX-License-Identifier: Apache-2.0
//
// Comments that begin with three slashes say the same as tags do: text before an option is its help, `@cmdarg {...}`
// names it,
// `@sample {...}` before a map says how it is shown. Tags that the source has itself win.
#pragma once

#include <memory>

#include <clang/AST/ASTConsumer.h>

namespace avocet::c {

// The comments become tags before `next` sees the declarations.
std::unique_ptr<clang::ASTConsumer> read_doc_comments(std::unique_ptr<clang::ASTConsumer> next);

}  // namespace avocet::c

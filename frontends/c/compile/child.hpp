// SPDX-License-Identifier: Apache-2.0
//
// A compilation in a process of its own. LLVM 19 keeps the globals of CO-RE accesses in a static table
// (BPFAbstractMemberAccess::GEPGlobals) that outlives the module they belong to: the second program with the same
// access in one process reads freed memory. So every object is made in a child. A crash of the
// compiler is a message there.
#pragma once

#include "compile/compiler.hpp"

namespace avocet::c {

// What `work` returns, computed in a child. [thread: control]
CompileResult in_child(const std::function<CompileResult()>& work);

// A result as bytes and back; false: the bytes are no result.
std::string pack(const CompileResult& result);
bool unpack(const std::string& bytes, CompileResult& result);

}  // namespace avocet::c

// SPDX-License-Identifier: Apache-2.0
#include "types/clang_library.hpp"

#include <dlfcn.h>

namespace avocet::dsl {

const char* const clang_missing_hint = "reading it takes libclang; install the package libclang1-19";

namespace {

const std::vector<std::string> usual_names = {
    "libclang-19.so.19", "libclang-19.so.1",  "/usr/lib/llvm-19/lib/libclang.so.1",
    "libclang.so.1",     "libclang-20.so.20", "libclang-18.so.18",
    "libclang-18.so.1",  "libclang-17.so.17", "libclang-16.so.16",
    "libclang-16.so.1",  "libclang-15.so.15", "libclang-14.so.14",
    "libclang-14.so.1"};

}  // namespace

std::unique_ptr<ClangLibrary> ClangLibrary::open(const std::vector<std::string>& names) {
    for (const std::string& name : names.empty() ? usual_names : names) {
        void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!handle) continue;
        std::unique_ptr<ClangLibrary> library(new ClangLibrary(handle));
        if (library->find_functions()) return library;
    }
    return nullptr;
}

// It stays mapped: LLVM registers destructors that a later unmapping would leave dangling.
ClangLibrary::~ClangLibrary() = default;

bool ClangLibrary::find_functions() {
    bool complete = true;
    const auto find = [&](auto& member, const char* name) {
        member = reinterpret_cast<std::remove_reference_t<decltype(member)>>(dlsym(handle_, name));
        complete = complete && member;
    };
#define AVOCET_CLANG_FIND(name) find(name, "clang_" #name);
    AVOCET_CLANG_FUNCTIONS(AVOCET_CLANG_FIND)
#undef AVOCET_CLANG_FIND
    return complete;
}

std::string ClangLibrary::text(CXString string) const {
    const char* characters = getCString(string);
    std::string out = characters ? characters : "";
    disposeString(string);
    return out;
}

}  // namespace avocet::dsl

// SPDX-License-Identifier: Apache-2.0
#include "runtime/unwinder.hpp"

#ifdef AVOCET_UNWINDER_OBJECT

asm(".pushsection .rodata\n"
    ".balign 8\n"
    ".local avocet_unwinder_begin\n"
    "avocet_unwinder_begin:\n"
    ".incbin \"" AVOCET_UNWINDER_OBJECT
    "\"\n"
    ".local avocet_unwinder_end\n"
    "avocet_unwinder_end:\n"
    ".popsection\n");
extern "C" const char avocet_unwinder_begin[], avocet_unwinder_end[];

std::string_view avocet::dsl::unwinder_object() {
    return {avocet_unwinder_begin, static_cast<size_t>(avocet_unwinder_end - avocet_unwinder_begin)};
}

#else

std::string_view avocet::dsl::unwinder_object() { return {}; }

#endif

// SPDX-License-Identifier: Apache-2.0
//
// libdwfl's standard search for debug files would also ask debuginfod servers, and a tracer that waits for the network
// while it prints a stack is no help: the search here looks at local files only.
#include "symbols/debug_search.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "symbols/owned_fd.hpp"

namespace avocet::core {

namespace {

// "/usr/lib/debug/.build-id/xx/yy.debug" first; then the name in .gnu_debuglink, whose checksum must fit.
int find_debug_file(Dwfl_Module* module, void** userdata, const char* name, Dwarf_Addr base, const char* file,
                    const char* link, GElf_Word checksum, char** found) {
    int fd = dwfl_build_id_find_debuginfo(module, userdata, name, base, file, link, checksum, found);
    if (fd >= 0 || !link || !*link || !file || std::strchr(link, '/')) return fd;
    std::filesystem::path directory = std::filesystem::path(file).parent_path();
    for (const auto& candidate : {directory / link, directory / ".debug" / link,
                                  std::filesystem::path("/usr/lib/debug") / directory.relative_path() / link}) {
        if (candidate == std::filesystem::path(file)) continue;
        OwnedFd debug = OwnedFd::open_read(candidate.string());
        if (!debug) continue;
        *found = strdup(candidate.c_str());
        return debug.release();
    }
    return -1;
}

int find_nothing(Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) { return -1; }

constexpr Dwfl_Callbacks callbacks = {find_nothing, find_debug_file, dwfl_offline_section_address, nullptr};

}  // namespace

const Dwfl_Callbacks& local_debug_files() { return callbacks; }

}  // namespace avocet::core

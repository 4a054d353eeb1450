// SPDX-License-Identifier: Apache-2.0
//
// Static probes of any bytes: what is found lies inside the file, and arguments are either places that a program can
// compute or refused. The bytes are also read as the text of a note's arguments, for both machines.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "notes.hpp"

namespace {

using namespace avocet::usdt;

void check(const Argument& argument) {
    const auto& l = argument.location;
    if (argument.readable() != argument.refusal.empty()) abort();
    if (!argument.readable()) return;
    if (l.size != 1 && l.size != 2 && l.size != 4 && l.size != 8) abort();
    if (l.shift > 8) abort();
    for (uint16_t reg : {l.base, l.index})
        if (reg != AVOCET_NO_REGISTER && (reg % 8 != 0 || reg > 256)) abort();
    if (l.kind == AVOCET_LOCATION_REGISTER && l.base == AVOCET_NO_REGISTER) abort();
    type_text(argument);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    for (const Probe& probe : read_notes(ElfImage(Bytes(bytes))).probes)
        for (const Site& site : probe.sites) {
            if (site.offset >= size || site.semaphore >= size || site.arguments.size() > AVOCET_MAX_LOCATIONS) abort();
            for (const Argument& argument : site.arguments) check(argument);
        }
    for (Machine machine : {Machine::x86_64, Machine::aarch64}) {
        ArgumentContext context{machine, 64, [](std::string_view name) -> std::optional<uint64_t> {
                                    return name.size() % 2 ? std::optional<uint64_t>(name.size()) : std::nullopt;
                                }};
        for (std::string_view argument : split_arguments(bytes)) check(parse_argument(argument, context));
    }
    return 0;
}

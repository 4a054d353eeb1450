// SPDX-License-Identifier: Apache-2.0
//
// A manifest for an object that brings none: any BPF object that was written for libbpf.
#pragma once

#include "program/elf_object.hpp"
#include "program/manifest.hpp"
#include "types/btf.hpp"

namespace avocet::core {

// Functions with the probe spec their section name stands for, maps with printable BTF types. A function whose section
// has no probe kind that Avocet knows is reported and left out.
Manifest synthesise_manifest(const ElfObject& elf, const BtfView& types, std::string name, Diagnostics& diagnostics);

// Ring buffers and perf event arrays other than Avocet's own, by place in `.maps`.
std::vector<std::string> foreign_channels(const ElfObject& elf, const BtfView& types);

// C programs that are part of an object with a manifest: their functions and maps are added to it, and the maps that
// the manifest names as imported are shown as their tags say.
void add_imported(const ElfObject& elf, const BtfView& types, Manifest& manifest, Diagnostics& diagnostics);

}  // namespace avocet::core

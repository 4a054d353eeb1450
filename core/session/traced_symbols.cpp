// SPDX-License-Identifier: Apache-2.0
#include "session/traced_symbols.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "avocet/error.hpp"
#include "session/host_services.hpp"
#include "symbols/elf_objects.hpp"

namespace avocet::core {

namespace {

using Places = std::map<std::string, std::set<uint64_t>>;  // offsets into files

avocet_status collect(void* ctx, const avocet_plan* plan) {
    if (plan->kind != AVOCET_PLAN_UPROBE && plan->kind != AVOCET_PLAN_UPROBE_MULTI) return AVOCET_OK;
    auto& offsets = (*static_cast<Places*>(ctx))[string(plan->path)];
    for (uint32_t i = 0; i < plan->target_count; ++i) offsets.insert(plan->targets[i].value);
    return AVOCET_OK;
}

}  // namespace

avocet_status find_traced_symbol(HostServices& host, const Spec& spec, std::string_view symbol,
                                 const std::function<void(const avocet_dependency&)>& depends,
                                 avocet_traced_symbol_fn emit, void* emit_ctx) {
    ProviderInstance* instance = host.provider(spec);
    if (!instance) return AVOCET_ERR_INVALID;
    std::vector<avocet_str> views;
    const avocet_probe_spec abi = abi_spec(spec, views);
    Places places;
    const avocet_status status = instance->factory()->resolve(instance->self(), &abi, collect, &places);
    if (status != AVOCET_OK) return status;
    if (places.empty()) return AVOCET_ERR_UNSUPPORTED;
    for (const auto& [path, offsets] : places) {
        const ElfObjects file(path);
        for (const std::string& name : {path, file.debug_path()})
            if (depends && !name.empty()) depends({sizeof(avocet_dependency), 0, to_abi("file"), to_abi(name)});
        ElfObjects::Object found = file.find(symbol);
        std::vector<uint64_t> anchors;
        for (const uint64_t offset : offsets) {
            const auto address = file.address(offset);
            if (address)
                anchors.push_back(*address);
            else if (found.refusal.empty())
                found = {0, 0, "where the file is loaded is not known"};
        }
        const avocet_traced_symbol out{sizeof out,
                                       file.is_fixed() ? uint32_t{AVOCET_TRACED_FIXED} : 0,
                                       to_abi(path),
                                       to_abi(found.refusal),
                                       found.address,
                                       found.size,
                                       anchors.data(),
                                       static_cast<uint32_t>(anchors.size()),
                                       0};
        if (emit(emit_ctx, &out) != AVOCET_OK) break;
    }
    return AVOCET_OK;
}

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
#include "session/kernel_questions.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <memory>

#include "avocet/kernel_version.hpp"
#include "types/btf.hpp"

namespace avocet::core {

namespace {

constexpr int most_unnamed = 8;  // structs without a name, one in the other

bool has_member(const BtfView& types, const btf_type* record, std::string_view name, int depth = 0) {
    if (!record || !btf_is_composite(record) || depth > most_unnamed) return false;
    if (types.member(record, name)) return true;
    for (int i = 0; i < btf_vlen(record); ++i) {
        const btf_member& m = btf_members(record)[i];
        if (m.name_off == 0 && has_member(types, types.type(types.resolve(m.type)), name, depth + 1)) return true;
    }
    return false;
}

bool has_enumerator(const BtfView& types, std::string_view name, std::string_view of) {
    for (uint32_t id = 1; const btf_type* t = types.type(id); ++id) {
        if (!btf_is_any_enum(t) || (!of.empty() && types.name(t) != of)) continue;
        for (int i = 0; i < btf_vlen(t); ++i)
            if (types.string(btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off) == name) return true;
    }
    return false;
}

bool answer_of_types(const ManifestKernelQuestion& q, HostServices& host) {
    const std::string& bytes = host.kernel_btf();
    const std::unique_ptr<btf, void (*)(btf*)> raw(
        bytes.empty() ? nullptr : btf__new(bytes.data(), static_cast<uint32_t>(bytes.size())), btf__free);
    if (!raw) return false;
    const BtfView types(raw.get());
    if (q.ask == "enumerator") return has_enumerator(types, q.of.back(), q.of.size() > 1 ? q.of[0] : std::string());
    const uint32_t record = types.find_struct(q.of[0]);
    return record && (q.of.size() < 2 || has_member(types, types.type(record), q.of[1]));
}

bool can_resolve(const std::string& text, HostServices& host) {
    const auto nothing = [](void*, const avocet_probe_group*) -> avocet_status { return AVOCET_OK; };
    const size_t mark = host.diagnostics().mark();
    auto spec = parse_spec(text, host.registry(), host.diagnostics(), {});
    if (spec) spec->flags |= AVOCET_SPEC_OWN_TYPE;
    const bool found = spec && host.describe(*spec, 0, nothing, nullptr) == AVOCET_OK;
    host.diagnostics().take_back(mark);
    return found;
}

bool answer(const ManifestKernelQuestion& q, HostServices& host) {
    if (q.ask == "symbol") return host.symbols().kernel_address(q.of[0]) != 0;
    if (q.ask == "feature") return host.has_feature(q.of[0].c_str());
    if (q.ask == "probe") return can_resolve(q.of[0], host);
    if (q.ask == "kernel") {
        utsname here{};
        uname(&here);
        return kernel_version(here.release) >= kernel_version(q.of[0].c_str());
    }
    return answer_of_types(q, host);
}

}  // namespace

bool answers(const std::vector<ManifestKernelQuestion>& questions, HostServices& host) {
    return std::all_of(questions.begin(), questions.end(), [&](const auto& q) { return answer(q, host) != q.negated; });
}

}  // namespace avocet::core

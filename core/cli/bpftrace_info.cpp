// SPDX-License-Identifier: Apache-2.0
#include "cli/bpftrace_info.hpp"

#include <bpf/btf.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace avocet::core {

namespace {

constexpr size_t cell_width = 35;

using Cell = std::pair<std::string, std::string>;

std::string section(const std::string& title, const std::vector<Cell>& cells) {
    std::string out = "\n" + title + "\n";
    for (size_t i = 0; i < cells.size(); ++i) {
        std::string cell = cells[i].first + ": " + cells[i].second;
        const bool last_of_line = i % 2 == 1 || i + 1 == cells.size();
        if (!last_of_line) cell.resize(std::max(cell.size(), cell_width), ' ');
        out += (i % 2 == 0 ? "  " : "") + cell + (last_of_line ? "\n" : "");
    }
    return out;
}

// The helper's own function in the kernel's BTF: it can only be called from programs that need a target to be tried.
bool kernel_has_function(const char* name) {
    std::unique_ptr<::btf, void (*)(::btf*)> types(btf__load_vmlinux_btf(), btf__free);
    return types && btf__find_by_name_kind(types.get(), name, BTF_KIND_FUNC) > 0;
}

#if defined(__x86_64__)
constexpr bool unwinds_by_tables = true;
#else
constexpr bool unwinds_by_tables = false;
#endif

}  // namespace

std::string bpftrace_info(Application& app) {
    BackendHandle* backend = app.backend();
    if (!backend) return {};
    std::map<std::string, bool> present;
    backend->features(nullptr, [&](const avocet_feature& f) {
        present[f.name] = f.present == 1;
        return true;
    });
    auto cell = [&](const char* label, const char* feature) { return Cell{label, present[feature] ? "yes" : "no"}; };
    utsname names{};
    uname(&names);
    int major = 0, minor = 0;
    const bool large =
        std::sscanf(names.release, "%d.%d", &major, &minor) == 2 && std::pair(major, minor) >= std::pair(5, 2);
    std::string out =
        fmt::format("System\n  OS: {} {} {}\n  Arch: {}\n", names.sysname, names.release, names.version, names.machine);
    out += fmt::format(
        "\nBuild\n  version: avocet {}\n  LLVM: inside the frontend\n  bfd: no\n  libdw (DWARF support): yes\n"
        "  libsystemd (systemd notify support): yes\n  blazesym (advanced symbolization): no\n"
        "  dwunwind (DWARF stack unwinding): {}\n",
        AVOCET_VERSION, unwinds_by_tables ? "yes" : "no");
    out += section("Kernel helpers", {{"dpath", kernel_has_function("bpf_d_path") ? "yes" : "no"},
                                      cell("get_tai_ns", "ktime_tai"),
                                      cell("get_func_ip", "get_func_ip"),
                                      cell("lookup_percpu_elem", "map_lookup_percpu_elem"),
                                      cell("loop", "loop")});
    out += section("Kernel features",
                   {{"Instruction limit", large ? "1000000" : "4096"},
                    cell("btf", "btf"),
                    {"module btf", std::pair(major, minor) >= std::pair(5, 11) && present["btf"] ? "yes" : "no"}});
    out += section("Probe types", {cell("kprobe_multi", "kprobe_multi"), cell("uprobe_multi", "uprobe_multi"),
                                   cell("kprobe_session", "kprobe_session"), cell("iter", "iter")});
    return out;
}

}  // namespace avocet::core

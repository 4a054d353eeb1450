// SPDX-License-Identifier: Apache-2.0
#include "losses.hpp"

#include <bpf/bpf.h>

namespace avocet::bpf {

// recursion_misses: Linux 5.12 for trampolines, 6.7 for everything that hangs on tracepoints, kprobes and uprobes.
void report_misses(const Object& object, const Backend::LossFn& emit) {
    std::map<std::string, uint64_t> misses;
    for (const auto& [function, fd] : object.programs()) {
        bpf_prog_info info{};
        uint32_t size = sizeof info;
        if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0) misses[function] += info.recursion_misses;
    }
    for (const auto& [function, count] : misses) {
        if (!count) continue;
        avocet_kernel_loss loss{sizeof loss, 0, to_abi(function), "recursion miss", count};
        emit(loss);
    }
}

}  // namespace avocet::bpf

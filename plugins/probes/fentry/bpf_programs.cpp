// SPDX-License-Identifier: Apache-2.0
#include "bpf_programs.hpp"

#include <bpf/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "avocet/btf_types.hpp"

namespace avocet::fentry {

namespace {

class ProgramFd {
public:
    explicit ProgramFd(uint32_t id) : fd_(bpf_prog_get_fd_by_id(id)) {}
    ~ProgramFd() {
        if (fd_ >= 0) close(fd_);
    }
    ProgramFd(const ProgramFd&) = delete;
    ProgramFd& operator=(const ProgramFd&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

// The first function is the program itself. A program that ends meanwhile has none.
void add_functions(uint32_t id, std::vector<ProgramFunction>& out) {
    const ProgramFd program(id);
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    if (program.get() < 0 || bpf_obj_get_info_by_fd(program.get(), &info, &size) || !info.btf_id) return;
    const BtfPtr types(btf__load_from_kernel_by_id(info.btf_id));
    if (!types || !info.nr_func_info || info.func_info_rec_size < sizeof(bpf_func_info)) return;
    std::vector<char> records(size_t{info.nr_func_info} * info.func_info_rec_size);
    bpf_prog_info want{};
    want.nr_func_info = info.nr_func_info;
    want.func_info_rec_size = info.func_info_rec_size;
    want.func_info = reinterpret_cast<uintptr_t>(records.data());
    size = sizeof want;
    if (bpf_obj_get_info_by_fd(program.get(), &want, &size)) return;
    for (uint32_t i = 0; i < want.nr_func_info; ++i) {
        const auto* record =
            reinterpret_cast<const bpf_func_info*>(records.data() + size_t{i} * info.func_info_rec_size);
        const btf_type* function = btf__type_by_id(types.get(), record->type_id);
        if (function && btf_is_func(function))
            out.push_back({id, btf__name_by_offset(types.get(), function->name_off)});
    }
}

}  // namespace

std::vector<ProgramFunction> program_functions() {
    std::vector<ProgramFunction> out;
    uint32_t id = 0;
    while (bpf_prog_get_next_id(id, &id) == 0) add_functions(id, out);
    if (errno != ENOENT)
        throw Error(errno == EPERM ? AVOCET_ERR_PERMISSION : AVOCET_ERR_IO,
                    "BPF programs: the kernel does not list them: " + errno_text(errno),
                    "listing them needs root or CAP_SYS_ADMIN");
    std::sort(out.begin(), out.end(), [](const ProgramFunction& a, const ProgramFunction& b) {
        return std::tie(a.name, a.program) < std::tie(b.name, b.program);
    });
    return out;
}

}  // namespace avocet::fentry

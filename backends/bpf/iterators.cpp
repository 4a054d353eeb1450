// SPDX-License-Identifier: Apache-2.0
#include "iterators.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "syscall.hpp"

namespace avocet::bpf {
namespace {

constexpr size_t objects_per_step = 64;

// union bpf_iter_link_info by number, newer than the headers: which objects are walked.
struct Choice {
    uint32_t words[4];
};
constexpr uint32_t descendants_first_parent = 2;  // BPF_CGROUP_ITER_DESCENDANTS_PRE; no cgroup given: from the root

Fd link_chosen(int program, const Choice& choice) {
    struct {
        uint32_t program, target, attach_type, flags;
        uint64_t info;
        uint32_t info_size, pad;
        uint64_t rest[4];
    } attr{};
    attr.program = static_cast<uint32_t>(program);
    attr.attach_type = attach_trace_iter;
    attr.info = reinterpret_cast<uintptr_t>(choice.words);
    attr.info_size = sizeof choice.words;
    return Fd(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof attr)));
}

int pin_at(int object, const std::string& path) {
    bpf_attr attr{};
    attr.pathname = reinterpret_cast<uintptr_t>(path.c_str());
    attr.bpf_fd = static_cast<uint32_t>(object);
    return syscall(SYS_bpf, BPF_OBJ_PIN, &attr, sizeof attr) < 0 ? errno : 0;
}

void pin(int link, const std::string& path) {
    const int error = pin_at(link, path);
    if (!error) return;
    const std::string what = "pin '" + path + "'";
    if (error == EEXIST) throw Error(AVOCET_ERR_INVALID, what + ": there is such a file already", "remove it first");
    if (error == ENOENT)
        throw Error(AVOCET_ERR_NOT_FOUND, what + ": no such directory",
                    "is the bpf file system mounted? mount -t bpf bpf /sys/fs/bpf");
    if (error == EPERM || error == EACCES)
        throw Error(AVOCET_ERR_PERMISSION, what + ": not permitted there",
                    "programs are pinned in a bpf file system, usually /sys/fs/bpf");
    throw Error(AVOCET_ERR_IO, what + ": " + errno_text(error),
                "programs are pinned in a bpf file system, usually /sys/fs/bpf");
}

}  // namespace

Fd Iterators::link(int program, const avocet_plan& plan) {
    if (plan.pid > 0) {
        Fd link = link_chosen(program, {{0, static_cast<uint32_t>(plan.pid), 0, 0}});
        if (!link && (errno == EINVAL || errno == E2BIG))
            throw Error(AVOCET_ERR_UNSUPPORTED,
                        "'" + string(plan.targets[0].name) + "': this kernel cannot walk one process",
                        "needs Linux 6.1; leave out -p");
        return link;
    }
    if (view(plan.event) == "cgroup") return link_chosen(program, {{descendants_first_parent, 0, 0, 0}});
    return link_iterator(program);
}

void Iterators::start(int link, const avocet_plan& plan) {
    if (plan.path.size) return pin(link, string(plan.path));
    Fd file = iterator_create(link);
    if (!file)
        throw Error(AVOCET_ERR_IO, "'" + string(plan.targets[0].name) + "': cannot be read: " + errno_text(errno));
    files_.push_back(std::move(file));
}

// What other programs write to the file is not shown.
bool Iterators::step() {
    if (files_.empty()) return false;
    char bytes[objects_per_step];
    const ssize_t count = read(files_.front().get(), bytes, sizeof bytes);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) files_.pop_front();
    return true;
}

}  // namespace avocet::bpf

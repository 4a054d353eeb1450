// SPDX-License-Identifier: Apache-2.0
//
// Texts of labels: {host} {tool} are the same for all records of a schema; {cgroup} {pod} {container} are those of the
// process that the record's field `pid` (or `tid`) names, and empty without such a field or when that process has gone.
// `{{` and `}}` are braces.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sys/types.h>

namespace avocet::core {

struct CgroupNames {
    std::string path, pod, container;
};

// "/kubepods.slice/...-pod<uid>.slice/cri-containerd-<id>.scope" and its relatives; ids as the runtime writes them.
CgroupNames names_of_cgroup(std::string_view path);

// Of processes, remembered: a record costs no file.
class ProcessCgroups {
public:
    explicit ProcessCgroups(std::string proc = "/proc") : proc_(std::move(proc)) {}
    const CgroupNames& of(pid_t pid);

private:
    std::string proc_;
    std::unordered_map<pid_t, CgroupNames> known_;
};

class LabelText {
public:
    // What is wrong with the text; empty: nothing.
    static std::string check(std::string_view text);

    LabelText(std::string_view text, std::string_view host, std::string_view tool);
    bool of_process() const { return of_process_; }
    std::string make(const CgroupNames& process) const;

private:
    enum class Part { literal, cgroup, pod, container };
    std::vector<std::pair<Part, std::string>> parts_;
    bool of_process_ = false;
};

}  // namespace avocet::core

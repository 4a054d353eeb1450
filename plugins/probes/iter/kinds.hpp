// SPDX-License-Identifier: Apache-2.0
//
// Iterators as the kernel's BTF knows them: each has a function `bpf_iter_NAME` whose arguments are the fields of
// `struct bpf_iter__NAME`, the program's context. The first field, `meta`, belongs to the mechanism; the second is the
// object, which is null in one last call after all objects (Documentation/bpf/bpf_iterators.rst).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/error.hpp"

struct btf;

namespace avocet::iter {

struct Kind {
    std::string name;                 // "task_file"
    std::vector<std::string> fields;  // C declarations: "struct task_struct *task"
};

// Belong to a process, so that -p can choose them (Linux 6.1).
bool walks_tasks(std::string_view name);
// Walks the elements of one map, which would have to be named.
bool needs_map(std::string_view name);

class Kinds {
public:
    explicit Kinds(const Host& host) : host_(host) {}
    // Without parsing: the struct's name is among the kernel's strings. False also if the kernel has no BTF.
    bool exists(const std::string& name) const;
    // By name; throws avocet::Error if the kernel has no BTF.
    const std::vector<Kind>& all();

private:
    avocet_bytes kernel_btf() const;
    Host host_;
    std::vector<Kind> kinds_;
    bool read_ = false;
};

}  // namespace avocet::iter

// SPDX-License-Identifier: Apache-2.0
//
// A host with a handful of made-up probes and a small kernel, for tests of the semantic passes. What it describes looks
// like the real thing: one probe of each kind of context, BTF built with libbpf.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "avocet/abi/provider.h"
#include "avocet/error.hpp"

struct btf;

namespace avocet::dsl::test {

class FakeHost {
public:
    FakeHost();
    ~FakeHost();
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    const Host& host() const { return host_; }
    avocet_bytes kernel_btf();
    bool kernel_was_asked() const { return kernel_asked_; }
    // What the host itself reported: "LINE:COLUMN: ERROR: ..."
    std::string reports;
    std::vector<std::string> described;  // every text asked for, with " args" when arguments were wanted

private:
    struct Probe;
    void add_own_functions();
    void add_special(const char* name, const char* probetype);
    void add_tracepoints();
    void add_syscalls();
    void add_functions();
    avocet_status describe(std::string_view text, const avocet_span& span, uint32_t flags, bool quiet,
                           avocet_group_fn emit, void* ctx);

    avocet_host raw_{};
    avocet_host_probes probes_table_{};
    avocet_host_kernel kernel_table_{};
    Host host_;
    std::vector<Probe> probes_;
    std::vector<btf*> btfs_;
    btf* kernel_ = nullptr;
    bool kernel_asked_ = false;
};

}  // namespace avocet::dsl::test

// SPDX-License-Identifier: Apache-2.0
//
// Records as text, as JSON lines for bpftrace's readers, and as JSON lines with all they carry. Implements
// avocet.host.render/1 and avocet.host.records/1. [thread: any]
#pragma once

#include <memory>
#include <string>

#include "avocet/abi/record.h"
#include "avocet/abi/records.h"

namespace avocet::core {

struct RenderSettings {
    std::string truncation_trailer = "..";
    bool bpftrace = false;  // loss records say no more than that tool's readers know
};

class Renderer {
public:
    explicit Renderer(avocet_host_symbols symbols, RenderSettings settings = {});
    ~Renderer();
    Renderer(const Renderer&) = delete;  // table() hands out its address
    Renderer& operator=(const Renderer&) = delete;
    // Appends to `out`.
    void text(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const;
    void json(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const;
    void records(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const;
    void value(const avocet_type& type, const avocet_value& value, std::string& out) const;
    avocet_host_render table();  // ctx is this object
    avocet_host_records records_table();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace avocet::core

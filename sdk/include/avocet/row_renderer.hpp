// SPDX-License-Identifier: Apache-2.0
//
// avocet/row_renderer.hpp: rows in the form that a sink's option `format` names: "text", the language's own; "json",
// the lines of bpftrace's readers; "records", JSON with all that records carry. [thread: any]
#pragma once

#include <string>
#include <string_view>

#include "avocet/abi/records.h"
#include "avocet/sink.hpp"

namespace avocet {

class RowRenderer {
public:
    // Throws Error if the host cannot do it.
    RowRenderer(const Host& host, std::string_view format, const std::string& instance) {
        const auto* render = host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1);
        const auto* records = host.extension<avocet_host_records>(AVOCET_HOST_RECORDS_1);
        const bool of_records = format == "records";
        if (of_records ? !records : !render)
            throw Error(AVOCET_ERR_ABI, "sink '" + instance + "': this host cannot render records (no " +
                                            (of_records ? AVOCET_HOST_RECORDS_1 : AVOCET_HOST_RENDER_1) + ")");
        ctx_ = of_records ? records->ctx : render->ctx;
        function_ = of_records ? records->json : format == "text" ? render->text : render->json;
    }

    // Appends rows [first, first+count). False: they cannot be rendered, which was reported.
    bool append(const avocet_batch& batch, uint32_t first, uint32_t count, std::string& out) const {
        const auto take = [](void* to, const char* data, size_t size) {
            static_cast<std::string*>(to)->append(data, size);
        };
        return function_(ctx_, &batch, first, count, take, &out) >= AVOCET_OK;
    }

private:
    void* ctx_;
    avocet_status (*function_)(void*, const avocet_batch*, uint32_t, uint32_t, avocet_text_fn, void*);
};

}  // namespace avocet

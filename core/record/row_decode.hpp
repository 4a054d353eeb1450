// SPDX-License-Identifier: Apache-2.0
//
// Bytes to values by the steps of a layout. The caller has checked that the fixed part is there; everything whose
// place or length comes from the bytes themselves is checked here. What a value points to is copied into the batch.
#pragma once

#include "record/batch.hpp"
#include "record/layout.hpp"
#include "record/lookups.hpp"

namespace avocet::core {

class RowDecoder {
public:
    RowDecoder(OwnedBatch& batch, Lookups& lookups) : batch_(batch), lookups_(lookups) {}

    // false: a part of the row lies outside the bytes; `out` is then unspecified.
    bool decode(const Layout& layout, const uint8_t* data, uint32_t size, avocet_value* out) {
        if (size < layout.size) return false;
        data_ = data;
        size_ = size;
        failed_ = false;
        steps_ = layout.steps.data();
        for (const Step& step : layout.fields) value(step, data, *out++);
        return !failed_;
    }

private:
    void value(const Step& step, const uint8_t* base, avocet_value& out);
    void rare(const Step& step, const uint8_t* at, avocet_value& out);
    void text(std::string_view text, avocet_value& out, uint8_t kind, uint16_t flags = 0);
    void stack(const Step& step, const uint8_t* at, avocet_value& out);
    void map_stack(const Step& step, const uint8_t* at, avocet_value& out);
    static uint64_t beside(const Step& step, const uint8_t* at);
    void symbol(uint64_t address, uint32_t pid, avocet_value& out);
    void words(std::string_view bytes, avocet_value& out);
    void reference(const Step& step, const uint8_t* at, avocet_value& out);
    void bits(const Step& step, const uint8_t* at, avocet_value& out);
    static std::string flag_names(const Step& step, int64_t number);
    void enumeration(const Step& step, const uint8_t* at, avocet_value& out);
    void items(const Step& step, const uint8_t* at, avocet_value& out);

    OwnedBatch& batch_;
    Lookups& lookups_;
    const uint8_t* data_ = nullptr;
    const Step* steps_ = nullptr;
    uint32_t size_ = 0;
    bool failed_ = false;
};

}  // namespace avocet::core

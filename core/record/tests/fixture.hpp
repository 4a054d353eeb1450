// SPDX-License-Identifier: Apache-2.0
//
// A decoder and a renderer over an object made by the test, with a fixed clock, fixed symbols and fixed stacks.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/decoder.hpp"
#include "record/render.hpp"

namespace avocet::core::testing {

constexpr uint64_t wall_ns = 1'700'000'000'123'456'789;  // 2023-11-14 22:13:20 UTC

// Kernel 0x1000-0x1fff is do_work, user 0x2000-0x2fff is main in /bin/app; stack 7 is {0x100c, 0x1028}, 8 {0x2028}.
avocet_host_symbols fixed_symbols();
DecoderContext fixed_context();

// `u32:7 s64:-3 "bash"/16 x:0a0b zero:4`: bytes, little endian.
std::string bytes_of(std::string_view notation);

class Harness {
public:
    // Throws when the object does not open.
    Harness(std::string_view declarations, std::string_view manifest);
    explicit Harness(std::string object);
    // `options`: given to the program before its records are planned.
    Harness(std::string object, DecoderContext context,
            const std::vector<std::pair<std::string, std::string>>& options);
    // One sample of the event channel: header, then the bytes.
    void event(uint32_t output, std::string bytes, uint64_t time_ns = 0);
    void foreign(uint32_t channel, std::string bytes);
    // Decodes what was queued.
    void decode();
    struct MapRow {
        std::string key;
        std::vector<std::string> slots;
    };
    void map(uint32_t index, const std::vector<MapRow>& rows, uint64_t top = 0, uint64_t div = 0, bool final = false);
    void take(BatchPtr batch);

    std::string text() const;
    std::string json() const;
    std::string records() const;
    std::vector<BatchPtr> batches;
    std::vector<Action> actions;
    Diagnostics diagnostics;
    std::unique_ptr<Program> program;
    std::unique_ptr<Decoder> decoder;
    Renderer renderer{fixed_symbols()};

private:
    std::vector<std::pair<uint32_t, std::string>> samples_;
};

}  // namespace avocet::core::testing

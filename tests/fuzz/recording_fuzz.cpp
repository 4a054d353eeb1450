// SPDX-License-Identifier: Apache-2.0
//
// Recordings: any bytes are an archive or are refused; every member is read as every kind of member; what is accepted
// lies within the member. Link: libarchive.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "avocet/recording.hpp"

namespace {

using namespace avocet;

uint64_t touch(const void* bytes, size_t size) {
    uint64_t sum = 0;
    for (size_t i = 0; i < size; ++i) sum += static_cast<const unsigned char*>(bytes)[i];
    return sum;
}

uint64_t read_member(std::string_view member) {
    uint64_t sum = 0;
    if (const auto batch = recording::decode_batch(member)) {
        for (const avocet_sample& s : batch->samples) sum += touch(s.data, s.size);
        if (!recording::decode_batch(recording::encode_batch(batch->status, batch->batch)))
            abort();  // what is read can be written
    }
    if (const auto call = recording::decode_call(member)) {
        recording::replay_rows(*call, [&](const avocet_map_rows& r) {
            sum += touch(r.keys, recording::key_bytes(r)) + touch(r.values, recording::value_bytes(r));
            return true;
        });
    }
    return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    volatile uint64_t sum = read_member(bytes);
    try {
        recording::Reader reader(bytes, "fuzz");
        std::string name;
        for (int members = 0; members < 100 && reader.next(name); ++members) {
            const auto content = reader.content();
            if (!content) break;
            sum = sum + read_member(*content);
        }
    } catch (const Error&) {}
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// Numbers one after the other from bytes that may be damaged. Behind the end everything is 0, and `failed` says so.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace avocet::core {

class ByteReader {
public:
    explicit ByteReader(std::string_view bytes, size_t at = 0) : bytes_(bytes), at_(at) {
        if (at_ > bytes_.size()) fail();
    }

    size_t at() const { return at_; }
    bool failed() const { return failed_; }
    bool more() const { return !failed_ && at_ < bytes_.size(); }

    template <class T>
    T number() {
        T value{};
        if (bytes_.size() - at_ < sizeof value) return fail(), value;
        std::memcpy(&value, bytes_.data() + at_, sizeof value);
        at_ += sizeof value;
        return value;
    }
    uint64_t uleb() { return leb(false); }
    int64_t sleb() { return static_cast<int64_t>(leb(true)); }
    std::string_view take(uint64_t size) {
        if (bytes_.size() - at_ < size) return fail(), std::string_view();
        const std::string_view taken = bytes_.substr(at_, size);
        at_ += taken.size();
        return taken;
    }
    std::string_view text() {  // up to NUL
        const size_t end = bytes_.find('\0', at_);
        if (end == std::string_view::npos) return fail(), std::string_view();
        const std::string_view taken = bytes_.substr(at_, end - at_);
        at_ = end + 1;
        return taken;
    }

private:
    void fail() {
        failed_ = true;
        at_ = bytes_.size();
    }
    // DWARF 5, 7.6. Bits beyond 64 are dropped.
    uint64_t leb(bool is_signed) {
        uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = number<uint8_t>();
            if (failed_) return 0;
            if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
            if (byte & 0x80) continue;
            if (is_signed && byte & 0x40 && shift + 7 < 64) value |= ~uint64_t{0} << (shift + 7);
            return value;
        }
    }

    std::string_view bytes_;
    size_t at_;
    bool failed_ = false;
};

}  // namespace avocet::core

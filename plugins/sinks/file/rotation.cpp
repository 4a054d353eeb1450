// SPDX-License-Identifier: Apache-2.0
#include "rotation.hpp"

namespace avocet::file {

namespace {

std::string numbered(const std::string& name, uint32_t number) { return name + "." + std::to_string(number); }

}  // namespace

void Rotation::opened(uint64_t wall_ns) {
    if (settings_.every_ns) next_ns_ = wall_ns - wall_ns % settings_.every_ns + settings_.every_ns;
}

void Rotation::retire(const DirectoryPtr& directory, const std::string& name) {
    retired_.push_back({directory, name});
    compress(directory, name);
    while (retired_.size() > settings_.keep) {
        auto oldest = std::move(retired_.front());
        retired_.pop_front();
        if (settings_.compress) compressor_.wait();  // never remove a name that is about to change
        oldest.directory->remove(oldest.name);
        oldest.directory->remove(oldest.name + ".zst");
    }
}

bool Rotation::shift(const DirectoryPtr& directory, const std::string& name) {
    compressor_.wait();
    if (settings_.keep == 0) return directory->remove(name);
    auto exists = [&](uint32_t n) {
        return directory->look(numbered(name, n)) || directory->look(numbered(name, n) + ".zst");
    };
    uint32_t last = 1;  // the first free number, or the last one allowed: what is there goes
    while (last < settings_.keep && exists(last)) ++last;
    for (const char* suffix : {"", ".zst"}) {
        directory->remove(numbered(name, last) + suffix);
        for (uint32_t n = last; n > 1; --n)
            directory->rename(numbered(name, n - 1) + suffix, numbered(name, n) + suffix);
    }
    if (!directory->rename(name, numbered(name, 1))) return false;
    compress(directory, numbered(name, 1));
    return true;
}

void Rotation::compress(const DirectoryPtr& directory, const std::string& name) {
    if (settings_.compress) compressor_.add(directory, name);
}

}  // namespace avocet::file

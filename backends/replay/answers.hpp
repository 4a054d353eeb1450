// SPDX-License-Identifier: Apache-2.0
//
// Recorded answers, found again. A replaying session asks the same questions at the same places between batches; where
// it asks once more or once less (its own clock decides some), the answer is the one that was true at that place.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/recording.hpp"

namespace avocet::replay {

// What a map's looked-up rows were, by key.
struct LookedUp {
    struct Value {
        uint64_t number;  // place in the recording
        std::string bytes;
    };
    uint32_t key_size = 0, slot_size = 0, cpu_count = 1;
    std::map<std::string, std::vector<Value>, std::less<>> rows;
};

class Answers {
public:
    // In the order of the recording. False: damaged, and left out.
    bool add(uint64_t number, recording::Call call);

    // The answer to `call` about `name` between the batches numbered `after` and `before`: the next one not yet given
    // of those recorded there; else the last one before; else the first one later. nullptr: never asked.
    const recording::Call* find(const std::string& call, const std::string& name, uint64_t after, uint64_t before);
    // nullptr: the map was never looked into.
    const LookedUp* looked_up(std::string_view map) const;
    // Value of a key as last seen before `before`; nullptr: not there.
    static const std::string* value(const LookedUp& map, std::string_view key, uint64_t before);
    // Places of the calls of one kind, in order.
    std::vector<uint64_t> places(const std::string& call) const;

private:
    struct Entry {
        uint64_t number;
        bool given = false;
        recording::Call call;
    };
    std::map<std::pair<std::string, std::string>, std::vector<Entry>> calls_;
    std::map<std::string, LookedUp, std::less<>> looked_up_;
};

}  // namespace avocet::replay

// SPDX-License-Identifier: Apache-2.0
//
// What a function has worked out and may use again: values that stay the same for one call of the program (who runs,
// the registers of the system call), map elements that nothing has changed since, and what was read of memory
// (read_plan.hpp).
//
// A value may be used wherever control cannot come without having passed the place that made it. Code is written in the
// order of the text, and every part that may be skipped or repeated is a Region: what was made inside a region is not
// known behind it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <llvm/IR/Value.h>

namespace avocet::dsl::lower {

class KnownValues {
public:
    // Encloses code that may be skipped.
    class Region {
    public:
        explicit Region(KnownValues& known) : known_(known) { known_.inside_.push_back(++known_.regions_); }
        ~Region() { known_.inside_.pop_back(); }
        Region(const Region&) = delete;
        Region& operator=(const Region&) = delete;

    private:
        KnownValues& known_;
    };
    // Encloses code that may run again after what follows in the text: what its later parts change is not known at its
    // beginning, nor behind it.
    class Loop {
    public:
        explicit Loop(KnownValues& known) : known_(known), region_(known) { known_.forget_changing(); }
        ~Loop() { known_.forget_changing(); }
        Loop(const Loop&) = delete;
        Loop& operator=(const Loop&) = delete;

    private:
        KnownValues& known_;
        Region region_;
    };

    // `name`: of a fact of this call of the program.
    llvm::Value* fact(const std::string& name) const { return find(facts_, {nullptr, name}); }
    llvm::Value* remember_fact(const std::string& name, llvm::Value* value) {
        facts_.push_back({{nullptr, name}, value, inside_});
        return value;
    }

    // The element that a lookup of `key` (as text) in `map` found, a ptr that may be null.
    llvm::Value* element(llvm::Value* map, const std::string& key) const { return find(elements_, {map, key}); }
    llvm::Value* remember_element(llvm::Value* map, const std::string& key, llvm::Value* found) {
        elements_.push_back({{map, key}, found, inside_});
        return found;
    }
    // What was read of memory, by its words. Few: each may stand on the stack until the last place that uses it.
    llvm::Value* read(const std::string& words) const { return find(reads_, {nullptr, words}); }
    llvm::Value* remember_read(const std::string& words, llvm::Value* value) {
        if (reads_.size() < most_reads) reads_.push_back({{nullptr, words}, value, inside_});
        return value;
    }
    // Memory that holds bytes [first, first + size) of an object.
    struct Window {
        llvm::Value* memory = nullptr;
        uint64_t first = 0, size = 0;
    };
    Window window(const std::string& object, uint64_t first, uint64_t size) const {
        for (const auto& [entry, window] : windows_)
            if (entry.name.second == object && first >= window.first && first + size <= window.first + window.size &&
                known_here(entry))
                return window;
        return {};
    }
    void remember_window(const std::string& object, const Window& window) {
        windows_.push_back({{{nullptr, object}, window.memory, inside_}, window});
    }

    void forget_elements(llvm::Value* map) {
        std::erase_if(elements_, [map](const Entry& e) { return e.name.first == map; });
    }
    void forget_elements() { elements_.clear(); }

private:
    using Name = std::pair<llvm::Value*, std::string>;
    struct Entry {
        Name name;
        llvm::Value* value;
        std::vector<unsigned> made_in;
    };
    static constexpr size_t most_reads = 8;
    bool known_here(const Entry& e) const {
        return e.made_in.size() <= inside_.size() && std::equal(e.made_in.begin(), e.made_in.end(), inside_.begin());
    }
    llvm::Value* find(const std::vector<Entry>& entries, const Name& name) const {
        for (const Entry& e : entries)
            if (e.name == name && known_here(e)) return e.value;
        return nullptr;
    }
    void forget_changing() {
        forget_elements();
        reads_.clear();
        windows_.clear();
    }

    std::vector<Entry> facts_, elements_, reads_;
    std::vector<std::pair<Entry, Window>> windows_;
    std::vector<unsigned> inside_;
    unsigned regions_ = 0;
};

}  // namespace avocet::dsl::lower

// SPDX-License-Identifier: Apache-2.0
//
// What a clause reads of kernel and user memory more than once, and what it reads side by side: worked out before the
// code is written, so that a value is read once and neighbours are read together.
//
// A read can be used again where the same words mean the same memory: they lead through fields, constant elements and
// dereferences from the probe's arguments, the running task, or variables that are set once and outside of loops. What
// other CPUs write there meanwhile is not seen in one call of the program; each round of a loop reads anew.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "passes/resolve_probes.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl::lower {

// Where a number stands: `offset` bytes behind the pointer `base`. The base is null if that is not a constant.
struct FieldPlace {
    const Expr* base = nullptr;
    uint64_t offset = 0, size = 0;
};

// Fields of one object that are read together.
struct ReadWindow {
    std::string object;  // the base's words
    const Expr* base = nullptr;
    uint64_t first = 0, size = 0;
    bool covers(uint64_t offset, uint64_t bytes) const { return offset >= first && offset + bytes <= first + size; }
};

class ReadPlan {
public:
    // `moves`: whether the fields of this struct are found where the program is loaded, so that neighbours may not be.
    ReadPlan(Clause& body, std::function<bool(const Type&)> moves);

    // The words of a number in memory that is read several times; empty for all others.
    std::string repeated(const Expr& e) const;
    FieldPlace place(const Expr& e) const;
    std::string words(const Expr& e) const;         // empty: not the same wherever they stand
    bool is_task(const Expr& e) const;              // a pointer to the running task
    const ReadWindow* window(const Expr& e) const;  // that is worth reading for this number, or null

private:
    class Scan;
    bool is_stable(int variable) const { return settings_.count(variable) == 0 || settings_.at(variable) < 2; }
    void find_windows(const std::vector<const Expr*>& together);

    std::function<bool(const Type&)> moves_;
    std::map<int, int> settings_;        // variable -> how often it is set
    std::map<int, const Expr*> values_;  // of variables that are set by an assignment
    std::map<std::string, int> reads_;
    std::map<const Expr*, ReadWindow> windows_;
};

}  // namespace avocet::dsl::lower

// SPDX-License-Identifier: Apache-2.0
//
// Iterators: links that are read. Reading one runs its program for every object of the kernel that it walks.
//
// They are read one after the other, by the session's thread and a few objects at a time: the events of so few fit into
// any ring, which is emptied before the next read. For that our programs write one NUL byte per object to the
// iterator's file, and a read asks for so many bytes.
#pragma once

#include <deque>
#include <string>

#include "avocet/backend.hpp"
#include "fd.hpp"

namespace avocet::bpf {

class Iterators {
public:
    // Attaches the program; throws Error when the kernel refuses what only iterators know.
    static Fd link(int program, const avocet_plan& plan);
    // Starts to be read, or is pinned where the plan says.
    void start(int link, const avocet_plan& plan);
    // Runs some objects; false: there is nothing left to run.
    bool step();
    bool done() const { return files_.empty(); }
    void clear() { files_.clear(); }

private:
    std::deque<Fd> files_;
};

}  // namespace avocet::bpf

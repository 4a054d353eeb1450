// SPDX-License-Identifier: Apache-2.0
//
// Everything that is attached, and how it is taken away again.
//
// A link ties a program to an attach point and ends with its descriptor. Detaching closes every link first: from then
// on no program runs and samples are final. The perf events behind the links follow; see close.hpp for why that is a
// story.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/backend.hpp"
#include "drain.hpp"
#include "fd.hpp"
#include "features.hpp"
#include "iterators.hpp"
#include "object.hpp"

namespace avocet::bpf {

class Attachments {
public:
    Attachments(Object& object, Drain& drain, Features& features)
        : object_(object), drain_(drain), features_(features) {}
    ~Attachments() { detach(); }
    Attachments(const Attachments&) = delete;
    Attachments& operator=(const Attachments&) = delete;

    // Whether a plan for many targets is attached one by one, because the kernel has no link for many.
    static bool one_by_one(const avocet_plan& plan, Features& features);

    // Attaches one plan completely or reports each target that failed. False: `on_error` said to give up.
    bool attach(std::string_view function, const avocet_plan& plan, const Backend::AttachErrorFn& on_error);
    void detach();
    void run_timer(size_t timer, uint64_t missed);

    // Runs iterators for a few objects; false: there is nothing left to run.
    bool step_iterators() { return iterators_.step(); }
    // Only iterators were attached, and all of them have been read to their end.
    bool finished() const;
    void losses(const Backend::LossFn& emit) const;
    // Room in the table of open files for so many targets. Best effort.
    static void make_room(size_t targets);

private:
    struct Link {
        std::string where;  // its only target's name, or the function's
        Fd fd;
        avocet_plan_kind kind;
    };
    struct Timer {
        std::string function;
        int program;
        uint32_t attach_id;
        uint64_t missed;
    };

    bool is_multi(const avocet_plan& plan) const;
    bool attach_targets(std::string_view function, const avocet_plan& plan, const Backend::AttachErrorFn& on_error);
    bool attach_each(std::string_view function, int program, const avocet_plan& plan,
                     const Backend::AttachErrorFn& on_error);
    bool attach_apart(std::string_view function, const avocet_plan& plan, const Backend::AttachErrorFn& on_error);
    void attach_all(std::string_view function, int program, const avocet_plan& plan);
    void link_perf(std::string_view function, int program, const avocet_plan& plan, const avocet_plan_target& target,
                   std::vector<Fd> events);
    void start_iterator(std::string_view function, int program, const avocet_plan& plan);
    void start_timer(std::string_view function, int program, const avocet_plan& plan);
    void keep(std::string_view function, Fd link, const avocet_plan& plan, const avocet_plan_target& target);

    Object& object_;
    Drain& drain_;
    Features& features_;
    std::vector<Link> links_;
    std::vector<Fd> perf_events_;
    std::vector<Timer> timers_;
    Iterators iterators_;
    std::map<std::string, uint64_t> misses_;  // of kprobe links that are closed, by target or function
    size_t iterator_plans_ = 0, other_plans_ = 0;
};

}  // namespace avocet::bpf

// SPDX-License-Identifier: Apache-2.0
//
// What processes map is told in the order in which it happened, whichever processors it happened on.
#include "symbols/mapping_watch.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace avocet::core {
namespace {

void move_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ASSERT_EQ(sched_setaffinity(0, sizeof set, &set), 0);
}

struct Story final : MappingListener {
    uint32_t subject = 0;
    std::string text;
    void on_mapping(uint32_t pid, Mapping mapping) override {
        if (pid == subject && mapping.path.find("/true") != std::string::npos && text.back() != 'm') text += 'm';
    }
    void on_exec(uint32_t pid) override {
        if (pid == subject) text += 'e';
    }
    void on_fork(uint32_t, uint32_t child) override {
        if (child == subject) text += 'f';
    }
};

TEST(MappingWatchTest, ForkOnOneProcessorAndExecOnAnother) {
    cpu_set_t all;
    ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    if (!CPU_ISSET(0, &all) || !CPU_ISSET(1, &all)) GTEST_SKIP() << "needs two processors";
    auto watch = MappingWatch::start();
    if (!watch) GTEST_SKIP() << "this kernel permits no perf events";
    move_to(1);  // its records are read after those of processor 0
    const pid_t child = fork();
    if (child == 0) {
        move_to(0);
        execl("/bin/true", "true", nullptr);
        _exit(127);
    }
    waitpid(child, nullptr, 0);
    sched_setaffinity(0, sizeof all, &all);
    Story story;
    story.subject = static_cast<uint32_t>(child);
    story.text = " ";
    watch->drain(story);
    EXPECT_EQ(story.text, " fem");
}

}  // namespace
}  // namespace avocet::core

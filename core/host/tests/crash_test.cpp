// SPDX-License-Identifier: Apache-2.0
//
// A plugin that crashes while it is loaded: the user reads which, and the exit status is documented. Death tests run in
// a process of their own.
#include "host/crash_guard.hpp"
#include "host/crash_report.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "host/registry.hpp"
#include "plugin_folder.hpp"

namespace avocet::core {
namespace {

void load(const std::filesystem::path& directory) {
    Diagnostics diagnostics;
    Registry registry(diagnostics, {});
    registry.discover({directory});
    registry.load(registry.sidecars().at(0));
}

class crash : public testing::Test {
protected:
    void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
    void expect(const char* variant, const char* words) {
        test::PluginDirectory directory;
        directory.add(variant);
        EXPECT_EXIT(load(directory.path()), testing::ExitedWithCode(exit_plugin_crashed), words);
    }
};

TEST_F(crash, segmentation_fault_in_init) {
    expect("crash_init", "sink.test: error: plugin 'sink.test': crashed in init \\(SIGSEGV\\) \\[E0325\\]");
}
TEST_F(crash, abort_in_init) { expect("abort_init", "crashed in init \\(SIGABRT\\)"); }
TEST_F(crash, endless_recursion_in_init) { expect("recurse_init", "crashed in init \\(SIGSEGV\\)"); }
TEST_F(crash, in_a_constructor) { expect("crash_mapping", "crashed while it was mapped \\(SIGBUS\\)"); }
TEST_F(crash, in_get_factory) { expect("crash_get_factory", "crashed in get_factory \\(SIGSEGV\\)"); }
TEST_F(crash, leaving_in_init_is_not_silent_either) {
    expect("exit_init", "plugin 'sink.test': ended the process in init \\(exit\\)");
}
TEST_F(crash, a_wild_pointer_in_the_descriptor) {
    expect("bad_id_pointer", "crashed while its descriptor was read \\(SIGSEGV\\)");
}

TEST_F(crash, after_loading_a_crash_is_an_ordinary_one) {
    test::PluginDirectory directory;
    directory.add("good");
    EXPECT_EXIT(
        {
            std::signal(SIGABRT, SIG_DFL);
            load(directory.path());
            std::abort();
        },
        testing::KilledBySignal(SIGABRT), "");
}

TEST_F(crash, frames_lead_there) {
    expect("crash_get_factory",
           "E0325\\](.|\n)*avocet-sink-test.so\\+0x[0-9a-f]+[^\n]*\n +test_host\\+0x[0-9a-f]+ \\w*Registry\\w*load");
}

TEST_F(crash, later_in_a_plugin_names_it_and_ends_by_the_signal) {
    test::PluginDirectory directory;
    directory.add("crash_later");
    EXPECT_EXIT(
        {
            report_crashes();
            Diagnostics diagnostics;
            Registry registry(diagnostics, {});
            registry.discover({directory.path()});
            const auto* loaded = registry.load(registry.sidecars().at(0));
            loaded->entry->get_factory("later");
        },
        testing::KilledBySignal(SIGSEGV),
        "sink.test: error: plugin 'sink.test': crashed \\(SIGSEGV\\); nothing stays attached \\[E0328\\]\n"
        " +avocet-sink-test.so\\+0x[0-9a-f]+[^\n]*\n +test_host.*later_in_a_plugin");
}

TEST_F(crash, later_elsewhere_blames_no_plugin) {
    EXPECT_EXIT(
        {
            report_crashes();
            std::abort();
        },
        testing::KilledBySignal(SIGABRT), "^avocet: error: crashed \\(SIGABRT\\)(.|\n)*later_elsewhere");
}

TEST_F(crash, of_another_thread_meanwhile_is_an_ordinary_one) {
    EXPECT_EXIT(
        {
            CrashGuard guard("sink.test");
            std::thread([] { std::abort(); }).join();
        },
        testing::KilledBySignal(SIGABRT), "^[^C]*$");
}

TEST(crash_guard, leaves_handlers_and_stack_as_they_were) {
    struct sigaction before {
    }, after{};
    stack_t stack_before{}, stack_after{};
    sigaction(SIGSEGV, nullptr, &before);
    sigaltstack(nullptr, &stack_before);
    {
        CrashGuard guard("sink.test");
        struct sigaction during {};
        sigaction(SIGSEGV, nullptr, &during);
        EXPECT_NE(during.sa_sigaction, before.sa_sigaction);
    }
    sigaction(SIGSEGV, nullptr, &after);
    sigaltstack(nullptr, &stack_after);
    EXPECT_EQ(before.sa_sigaction, after.sa_sigaction);
    EXPECT_EQ(stack_before.ss_sp, stack_after.ss_sp);
    EXPECT_EQ(stack_before.ss_flags, stack_after.ss_flags);
}

TEST(crash_guard, keeps_a_handler_that_the_plugin_installed) {
    struct sigaction before {};
    sigaction(SIGFPE, nullptr, &before);
    {
        CrashGuard guard("sink.test");
        std::signal(SIGFPE, SIG_IGN);
    }
    struct sigaction after {};
    sigaction(SIGFPE, &before, &after);
    EXPECT_EQ(after.sa_handler, SIG_IGN);
}

}  // namespace
}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// A confined thread can do what its plugin's needs name, and nothing else; other threads are not touched.
#include "host/confinement.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace avocet::core {
namespace {

int error_of(long result) { return result < 0 ? errno : (close(static_cast<int>(result)), 0); }

struct Outcome {
    int inet = 0, local = 0, bpf = 0, mount = 0;
    bool confined = false;
    std::string why;
};

Outcome try_confined(const Sidecar& sidecar) {
    Outcome out;
    std::thread([&] {
        out.confined = confine_thread(sidecar, out.why);
        out.inet = error_of(socket(AF_INET, SOCK_STREAM, 0));
        out.local = error_of(socket(AF_UNIX, SOCK_STREAM, 0));
        out.bpf = error_of(syscall(SYS_bpf, -1, nullptr, 0));  // no such command: EINVAL when it gets that far
        out.mount = error_of(mount("none", "/nonexistent", "tmpfs", 0, nullptr));
    }).join();
    return out;
}

TEST(Confinement, WhatIsNotNamedIsRefused) {
    const Outcome out = try_confined({});
    ASSERT_TRUE(out.confined) << out.why;
    EXPECT_EQ(out.inet, EACCES);
    EXPECT_EQ(out.local, 0);
    EXPECT_EQ(out.bpf, EPERM);
    EXPECT_EQ(out.mount, EPERM);
}

TEST(Confinement, WhatIsNamedWorks) {
    Sidecar sidecar;
    sidecar.network = {"tcp:9000"};
    const Outcome out = try_confined(sidecar);
    ASSERT_TRUE(out.confined) << out.why;
    EXPECT_EQ(out.inet, 0);
}

TEST(Confinement, CapabilitiesOpenTheirCalls) {
    if (geteuid() != 0) GTEST_SKIP() << "not root: the kernel refuses the calls by itself";
    Sidecar sidecar;
    sidecar.capabilities = {"CAP_BPF", "CAP_SYS_ADMIN"};
    const Outcome out = try_confined(sidecar);
    ASSERT_TRUE(out.confined) << out.why;
    EXPECT_EQ(out.bpf, EINVAL);
    EXPECT_EQ(out.mount, ENOENT);
}

TEST(Confinement, OtherThreadsAreFree) {
    try_confined({});
    EXPECT_EQ(error_of(socket(AF_INET, SOCK_STREAM, 0)), 0);
}

}  // namespace
}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
#include "route/labels.hpp"

#include <gtest/gtest.h>

#include "route/sampler.hpp"

namespace avocet::core {
namespace {

TEST(labels, pods_and_containers_of_cgroup_paths) {
    const std::string id(64, 'a');
    auto systemd = names_of_cgroup(
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-"
        "pod0c1b2d3e_1111_2222_3333_0123456789ab.slice/cri-containerd-" +
        id + ".scope");
    EXPECT_EQ(systemd.pod, "0c1b2d3e-1111-2222-3333-0123456789ab");
    EXPECT_EQ(systemd.container, id);
    auto cgroupfs = names_of_cgroup("/kubepods/besteffort/pod0c1b2d3e-1111-2222-3333-0123456789ab/" + id);
    EXPECT_EQ(cgroupfs.pod, "0c1b2d3e-1111-2222-3333-0123456789ab");
    EXPECT_EQ(cgroupfs.container, id);
    auto docker = names_of_cgroup("/system.slice/docker-" + id + ".scope");
    EXPECT_EQ(docker.pod, "");
    EXPECT_EQ(docker.container, id);
    auto service = names_of_cgroup("/system.slice/ssh.service");
    EXPECT_EQ(service.path, "/system.slice/ssh.service");
    EXPECT_EQ(service.pod + service.container, "");
}

TEST(labels, texts) {
    EXPECT_EQ(LabelText::check("a {host} {{x}} {pod}"), "");
    EXPECT_EQ(LabelText::check("{hots}"), "nothing stands for {hots}");
    EXPECT_EQ(LabelText::check("{host"), "a brace is not closed");
    LabelText text("{tool}@{host}: {cgroup}|{pod}|{container} {{}}", "h", "t");
    EXPECT_TRUE(text.of_process());
    EXPECT_EQ(text.make({"/c", "p", "k"}), "t@h: /c|p|k {}");
    EXPECT_FALSE(LabelText("{host}", "h", "t").of_process());
}

TEST(sampler, one_in) {
    Sampler sampler({3, 0});
    std::string taken;
    for (int i = 0; i < 7; ++i) taken += sampler.takes(0) ? 'x' : '.';
    EXPECT_EQ(taken, "x..x..x");
}

TEST(sampler, so_many_a_second) {
    Sampler sampler({1, 10});
    auto take = [&](uint64_t time_ns, int offered) {
        int taken = 0;
        for (int i = 0; i < offered; ++i) taken += sampler.takes(time_ns);
        return taken;
    };
    constexpr uint64_t second = 1'000'000'000, start = 1'700'000'000 * second;
    EXPECT_EQ(take(start, 100), 10);
    EXPECT_EQ(take(start, 100), 0);
    EXPECT_EQ(take(start + second / 2, 100), 5);
    EXPECT_EQ(take(start + 100 * second, 100), 10) << "no more than a second's worth is saved up";
    EXPECT_EQ(take(start, 100), 0) << "time that goes back gives nothing";
}

}  // namespace
}  // namespace avocet::core

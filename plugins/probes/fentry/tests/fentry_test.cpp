// SPDX-License-Identifier: Apache-2.0
//
// probe.fentry through its C tables: a recorded list of functions, types from this machine's BTF.
#include "avocet/btf_types.hpp"

#include <filesystem>

#include "testing/loaded_provider.hpp"

using namespace avocet;
using avocet::testing::LoadedProvider;
using Names = std::vector<std::string>;

namespace {

constexpr const char* functions =
    "vfs_write\n"
    "vfs_read\n"
    "vfs_open\n"
    "no_type_has_this_name\n"
    "printk_deferred\n"
    "vfs_read.part.0\n"
    "kfree\n";
constexpr const char* symbols =
    "ffffffff81000000 T vfs_read\n"
    "ffffffff81000040 t vfs_write\n"
    "ffffffff81000100 T vfs_open\n"
    "ffffffff81000200 t not_to_be_traced\n";

class Fentry : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists("/sys/kernel/btf/vmlinux")) GTEST_SKIP() << "this kernel has no BTF";
        char name[] = "/tmp/avocet-fentry-XXXXXX";
        directory = mkdtemp(name);
        std::ofstream(directory + "/functions") << functions;
        std::ofstream(directory + "/symbols") << symbols;
        provider = std::make_unique<LoadedProvider>(
            "probe.fentry", std::map<std::string, std::string>{{"functions_file", directory + "/functions"},
                                                               {"symbols_file", directory + "/symbols"}});
    }
    void TearDown() override {
        if (!directory.empty()) std::filesystem::remove_all(directory);
    }
    std::string directory;
    std::unique_ptr<LoadedProvider> provider;
};

}  // namespace

TEST_F(Fentry, typed_arguments) {
    const auto groups = provider->describe("fentry:vfs_read", AVOCET_DESCRIBE_ARGS);
    ASSERT_EQ(groups.size(), 1u) << provider->last_message();
    const auto& g = groups[0];
    EXPECT_EQ(g.context, AVOCET_CONTEXT_FENTRY);
    EXPECT_EQ(g.targets, Names{"fentry:vfs_read"});
    EXPECT_FALSE(g.has & (AVOCET_HAS_RETVAL | AVOCET_HAS_ARGN));
    ASSERT_EQ(g.args.size(), 4u);
    EXPECT_EQ(g.args[0].name, "file");
    EXPECT_EQ(g.args[3].place, AVOCET_PLACE_WORD);
    EXPECT_EQ(g.args[3].index, 3u);
    const BtfPtr types(btf__new(g.btf.data(), static_cast<uint32_t>(g.btf.size())));
    ASSERT_TRUE(types);
    const btf_type* file = btf__type_by_id(types.get(), g.args[0].type_id);
    ASSERT_TRUE(file && btf_is_ptr(file));
    EXPECT_STREQ(btf__name_by_offset(types.get(), btf__type_by_id(types.get(), file->type)->name_off), "file");
}

TEST_F(Fentry, the_result_stands_behind_the_arguments) {
    const auto g = provider->describe("fexit:vfs_read", AVOCET_DESCRIBE_ARGS).at(0);
    EXPECT_EQ(g.context, AVOCET_CONTEXT_FEXIT);
    EXPECT_TRUE(g.has & AVOCET_HAS_RETVAL);
    EXPECT_EQ(g.retval.index, 4u);
    EXPECT_EQ(g.retval.size, 8u);
    EXPECT_EQ(g.retval.flags, static_cast<uint32_t>(AVOCET_ARG_SIGNED));
    EXPECT_EQ(g.args.size(), 4u);
    EXPECT_FALSE(provider->describe("fexit:kfree").at(0).has & AVOCET_HAS_RETVAL);  // returns nothing
    EXPECT_EQ(provider->resolve("fexit:vfs_read").at(0).flags, static_cast<uint32_t>(AVOCET_PLAN_RETURN));
}

TEST_F(Fentry, patterns_are_split_by_layout) {
    const Names all{"fentry:vmlinux:vfs_open", "fentry:vmlinux:vfs_read", "fentry:vmlinux:vfs_write"};
    EXPECT_EQ(provider->names("fentry:vfs_*"), all);
    EXPECT_EQ(provider->describe("fentry:vfs_*").size(), 1u);
    Names together;
    for (const auto& g : provider->describe("fentry:vfs_*", AVOCET_DESCRIBE_ARGS)) {
        EXPECT_EQ(provider->resolved_names(g.spec), g.targets) << g.spec;
        together.insert(together.end(), g.targets.begin(), g.targets.end());
    }
    std::sort(together.begin(), together.end());
    EXPECT_EQ(together, all);
    for (const auto& plan : provider->resolve("fentry:vfs_*")) EXPECT_EQ(plan.targets.size(), 1u);
}

TEST_F(Fentry, cookie_where_the_kernel_has_it) {
    EXPECT_EQ(provider->describe("fentry:vfs_read").at(0).identity, AVOCET_IDENTITY_FIXED);
    provider->features = {"tracing_cookie"};
    EXPECT_EQ(provider->describe("fentry:vfs_read").at(0).identity, AVOCET_IDENTITY_COOKIE);
}

TEST_F(Fentry, lists_declarations_when_verbose) {
    EXPECT_EQ(provider->list("fentry:vfs_read", AVOCET_SPEC_VERBOSE).at(0).args,
              (Names{"struct file * file", "char * buf", "size_t count", "loff_t * pos"}));
    EXPECT_EQ(provider->list("fexit:vfs_read", AVOCET_SPEC_VERBOSE).at(0).args.back(), "ssize_t retval");
}

TEST_F(Fentry, refusals) {
    const auto refuse = [&](const char* text) {
        EXPECT_TRUE(provider->describe(text).empty()) << text;
        return provider->last_message();
    };
    EXPECT_EQ(refuse("fentry:vfs_raed"), "fentry 'vfs_raed': no such function in this kernel");
    EXPECT_EQ(provider->last_hint(), "did you mean 'vfs_read'?");
    EXPECT_EQ(refuse("fentry:not_to_be_traced"),
              "fentry 'not_to_be_traced': this function cannot be traced (notrace, or inlined)");
    EXPECT_EQ(refuse("fentry:no_type_has_this_name").substr(0, 65),
              "fentry 'no_type_has_this_name': the kernel's types do not have th");
    EXPECT_EQ(refuse("fentry:gone:f"), "fentry 'gone:f': module 'gone' is not loaded");
    EXPECT_EQ(refuse("fentry:a:b:c"), "'fentry:a:b:c': only the 'bpf' variant of this probe supports 4 arguments");
    EXPECT_EQ(refuse("fentry:bpf"),
              "'fentry:bpf': the 'bpf' variant of this probe requires a bpf program name and optional bpf program id");
    EXPECT_EQ(refuse("fentry:bpf:x1:f"), "'fentry:bpf:x1:f': bpf program id must be a number or '*'");
}

TEST(FentryWithoutTypes, is_refused) {
    LoadedProvider provider("probe.fentry");
    provider.with_kernel_btf = false;
    EXPECT_TRUE(provider.describe("fentry:vfs_read").empty());
    EXPECT_EQ(provider.status, AVOCET_ERR_UNSUPPORTED);
}

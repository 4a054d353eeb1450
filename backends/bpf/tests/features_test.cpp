// SPDX-License-Identifier: Apache-2.0
//
// The feature table answers for this kernel, one row when asked for one, and survives whatever is in its cache.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "privileged.hpp"

namespace avocet::test {
namespace {

struct Features : testing::Test {
    std::string folder;
    void SetUp() override {
        NEEDS_ROOT();
        char name[] = "/tmp/avocet-features-XXXXXX";
        folder = mkdtemp(name);
    }
    void TearDown() override {
        std::error_code ignored;
        if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
    }
    std::string file() const { return folder + "/kernel-features.json"; }

    std::map<std::string, int> list(BackendUnderTest& b, const char* only = nullptr) {
        std::map<std::string, int> found;
        b.last_status = b.factory().features(
            b.self(), only,
            [](void* ctx, const avocet_feature* f) -> avocet_status {
                EXPECT_STRNE(f->needs, "");
                EXPECT_STRNE(f->purpose, "");
                EXPECT_EQ(f->present == 1, f->detail.size == 0) << f->name;
                (*static_cast<std::map<std::string, int>*>(ctx))[f->name] = f->present;
                return AVOCET_OK;
            },
            &found);
        return found;
    }
};

TEST_F(Features, AnswerWhatIsAskedAndAgreeWithWhatAttaches) {
    BackendUnderTest b(bpf_plugin());
    const auto found = list(b);
    EXPECT_EQ(b.last_status, AVOCET_OK);
    EXPECT_GT(found.size(), 25u);
    for (const char* name : {"bpf", "raw_tracepoint", "ring_buffer", "batch_map_ops"})
        EXPECT_EQ(found.at(name), 1) << name;
    for (auto& [name, present] : found) EXPECT_NE(present, -1) << name;
    EXPECT_EQ(found.at("kprobe") == 1, access("/sys/bus/event_source/devices/kprobe", F_OK) == 0);
}

TEST_F(Features, OneIsProbedAlone) {
    BackendUnderTest b(bpf_plugin(), {folder});
    EXPECT_EQ(list(b, "ring_buffer"), (std::map<std::string, int>{{"ring_buffer", 1}}));
    const std::string kept = read_file(file());
    EXPECT_THAT(kept, testing::HasSubstr("ring_buffer"));
    EXPECT_THAT(kept, testing::Not(testing::HasSubstr("kprobe")));
}

TEST_F(Features, UnknownNameIsRefused) {
    BackendUnderTest b(bpf_plugin());
    list(b, "no_such_feature");
    EXPECT_EQ(b.last_status, AVOCET_ERR_NOT_FOUND);
}

TEST_F(Features, CachedFindingsAreUsedUntilTheKernelChanges) {
    {
        BackendUnderTest b(bpf_plugin(), {folder});
        list(b, "ring_buffer");
    }
    std::string kept = read_file(file());
    const size_t at = kept.find("\"present\": 1");
    ASSERT_NE(at, std::string::npos);
    kept[at + 11] = '0';
    std::ofstream(file()) << kept;
    {
        BackendUnderTest b(bpf_plugin(), {folder});
        EXPECT_EQ(b.last_status, AVOCET_OK);
        std::map<std::string, int> found;
        b.factory().features(
            b.self(), "ring_buffer",
            [](void* ctx, const avocet_feature* f) -> avocet_status {
                *static_cast<int*>(ctx) = f->present;
                return AVOCET_OK;
            },
            &found["x"]);
        EXPECT_EQ(found["x"], 0) << "the file was not read";
    }
    const size_t key = kept.find("\"key\": \"");
    ASSERT_NE(key, std::string::npos);
    kept[key + 8] = kept[key + 8] == 'f' ? '0' : 'f';  // of another boot
    std::ofstream(file()) << kept;
    {
        BackendUnderTest b(bpf_plugin(), {folder});
        EXPECT_EQ(list(b, "ring_buffer").at("ring_buffer"), 1);
    }
}

TEST_F(Features, DamagedCacheIsAsGoodAsNone) {
    for (const char* text : {"", "{", "[]", "null", "{\"key\": 1, \"found\": []}", "\xff\xfe",
                             "{\"found\": {\"ring_buffer\": {\"present\": \"no\"}}}"}) {
        std::ofstream(file()) << text;
        BackendUnderTest b(bpf_plugin(), {folder});
        EXPECT_EQ(list(b, "ring_buffer").at("ring_buffer"), 1) << text;
    }
}

TEST_F(Features, CacheThatOthersCanWriteIsNotRead) {
    {
        BackendUnderTest b(bpf_plugin(), {folder});
        list(b, "ring_buffer");
    }
    std::string kept = read_file(file());
    kept[kept.find("\"present\": 1") + 11] = '0';
    std::ofstream(file()) << kept;
    chmod(file().c_str(), 0666);
    BackendUnderTest b(bpf_plugin(), {folder});
    EXPECT_EQ(list(b, "ring_buffer").at("ring_buffer"), 1);
}

}  // namespace
}  // namespace avocet::test

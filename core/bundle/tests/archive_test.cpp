// SPDX-License-Identifier: Apache-2.0
//
// Archives: what is written comes back and is always the same; what a hostile one may try is refused by name.
#include <archive.h>
#include <archive_entry.h>

#include "bundle/archive.hpp"
#include "bundle/tests/fixture.hpp"

namespace avocet::core {
namespace {

using ::testing::HasSubstr;

struct Entry {
    std::string path, content;
    unsigned type = AE_IFREG, mode = 0644;
    std::string link = {};
    bool hard_link = false;
};

// A tar archive whose first header says this size, in octal digits.
std::string with_size(std::string tar, const std::string& digits) {
    tar.replace(124, 11, digits);
    tar.replace(148, 8, "        ");
    unsigned sum = 0;
    for (size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[i]);
    char text[8];
    snprintf(text, sizeof text, "%06o", sum);
    tar.replace(148, 7, text, 7);
    return tar;
}

// As hostile as one likes: libarchive writes what it is told.
std::string crafted(const std::vector<Entry>& entries, bool compressed = true, bool pax = true) {
    std::string out(size_t{4} << 20, '\0');
    size_t used = 0;
    auto* a = archive_write_new();
    if (pax)
        archive_write_set_format_pax_restricted(a);
    else
        archive_write_set_format_cpio_newc(a);
    if (compressed) archive_write_add_filter_zstd(a);
    EXPECT_EQ(archive_write_open_memory(a, out.data(), out.size(), &used), ARCHIVE_OK);
    for (const auto& e : entries) {
        auto* entry = archive_entry_new();
        archive_entry_set_pathname(entry, e.path.c_str());
        archive_entry_set_filetype(entry, e.type);
        archive_entry_set_perm(entry, static_cast<mode_t>(e.mode));
        archive_entry_set_size(entry, static_cast<int64_t>(e.content.size()));
        if (e.type == AE_IFLNK) archive_entry_set_symlink(entry, e.link.c_str());
        if (e.hard_link) archive_entry_set_hardlink(entry, e.link.c_str());
        EXPECT_EQ(archive_write_header(a, entry), ARCHIVE_OK) << archive_error_string(a);
        if (!e.content.empty()) archive_write_data(a, e.content.data(), e.content.size());
        archive_entry_free(entry);
    }
    archive_write_close(a);
    archive_write_free(a);
    out.resize(used);
    return out;
}

class ArchiveTest : public BundleTest {
protected:
    std::string why_refused(const std::string& bytes, const ArchiveLimits& limits = {}) {
        EXPECT_FALSE(read_bundle_archive(bytes, "x.avb", diagnostics_, limits));
        auto text = said();
        EXPECT_THAT(text, HasSubstr("archive 'x.avb'"));
        return text;
    }
    std::string why_refused(const std::vector<Entry>& entries, const ArchiveLimits& limits = {}) {
        return why_refused(crafted(entries), limits);
    }
    std::string write(const BundleFiles& files) {
        std::string why;
        auto bytes = write_bundle_archive(files, why);
        EXPECT_TRUE(bytes) << why;
        return bytes.value_or("");
    }
};

TEST_F(ArchiveTest, ComesBackAsItWas) {
    const BundleFiles files{{"MANIFEST", {0644, "m"}},
                            {"a/" + std::string(150, 'x') + "/" + std::string(40, 'y'), {0644, "long"}},
                            {"bin", {0755, std::string(100000, '\3')}},
                            {"empty", {0644, ""}}};
    auto bytes = write(files);
    EXPECT_LT(bytes.size(), 2000u);  // compressed
    auto back = read_bundle_archive(bytes, "x.avb", diagnostics_);
    ASSERT_TRUE(back) << said();
    ASSERT_EQ(back->size(), files.size());
    for (const auto& [path, file] : files) {
        EXPECT_EQ(back->at(path).bytes, file.bytes) << path;
        EXPECT_EQ(back->at(path).mode, file.mode) << path;
    }
}

TEST_F(ArchiveTest, EqualFilesAreEqualBytes) {
    auto pair = generate_keys();
    auto first = build(&pair.secret_key);
    ASSERT_TRUE(first) << said();
    auto bytes = write(first->files);
    // Made again elsewhere, at another time, by files with other modes.
    fs::copy(root_ / "src", root_ / "again", fs::copy_options::recursive);
    fs::permissions(root_ / "again/README.md", fs::perms(0600));
    fs::last_write_time(root_ / "again/README.md", fs::file_time_type::clock::now() - std::chrono::hours(1000));
    auto second = build_bundle(
        root_ / "again", [](const BundleTool&) { return std::optional(test_object()); }, &pair.secret_key,
        diagnostics_);
    ASSERT_TRUE(second) << said();
    EXPECT_EQ(write(second->files), bytes);
    // No time and no owner of this machine is in it.
    auto* a = archive_read_new();
    archive_read_support_format_tar(a);
    archive_read_support_filter_zstd(a);
    ASSERT_EQ(archive_read_open_memory(a, bytes.data(), bytes.size()), ARCHIVE_OK);
    std::string before;
    for (archive_entry* e = nullptr; archive_read_next_header(a, &e) == ARCHIVE_OK;) {
        EXPECT_EQ(archive_entry_mtime(e), 0);
        EXPECT_EQ(archive_entry_uid(e), 0);
        EXPECT_EQ(archive_entry_gid(e), 0);
        EXPECT_LT(before, archive_entry_pathname(e));
        before = archive_entry_pathname(e);
    }
    archive_read_free(a);
}

TEST_F(ArchiveTest, PathsThatLeaveTheBundle) {
    EXPECT_THAT(why_refused({{"../evil", "x"}}), HasSubstr("file '../evil' leads out of the bundle"));
    EXPECT_THAT(why_refused({{"a/../../evil", "x"}}), HasSubstr("leads out of the bundle"));
    EXPECT_THAT(why_refused({{"/etc/cron.d/evil", "x"}}), HasSubstr("file '/etc/cron.d/evil' is an absolute path"));
    EXPECT_THAT(why_refused({{"./a", "x"}}), HasSubstr("'./a'"));
    EXPECT_THAT(why_refused({{"a\nb", "x"}}), HasSubstr("character"));
}

TEST_F(ArchiveTest, WhatIsNoPlainFile) {
    EXPECT_THAT(why_refused({{"l", "", AE_IFLNK, 0777, "/etc/shadow"}}), HasSubstr("'l' is a symbolic link"));
    EXPECT_THAT(why_refused({{"a", "x"}, {"h", "", AE_IFREG, 0644, "a", true}}), HasSubstr("'h' is a hard link"));
    EXPECT_THAT(why_refused({{"d", "", AE_IFDIR, 0755}}), HasSubstr("is a directory"));
    EXPECT_THAT(why_refused({{"c", "", AE_IFCHR, 0644}}), HasSubstr("'c' is a device"));
    EXPECT_THAT(why_refused({{"b", "", AE_IFBLK, 0644}}), HasSubstr("'b' is a device"));
    EXPECT_THAT(why_refused({{"p", "", AE_IFIFO, 0644}}), HasSubstr("'p' is a pipe"));
    EXPECT_THAT(why_refused({{"s", "x", AE_IFREG, 04755}}), HasSubstr("'s' has mode 4755"));
    EXPECT_THAT(why_refused({{"w", "x", AE_IFREG, 0666}}), HasSubstr("'w' has mode 0666"));
}

TEST_F(ArchiveTest, NamesThatComeTwice) {
    EXPECT_THAT(why_refused({{"a", "good"}, {"a", "evil"}}), HasSubstr("file 'a' is in it twice"));
    EXPECT_THAT(why_refused({{"a", "good"}, {"a/b", "evil"}}), HasSubstr("'a' is a file and a directory"));
}

TEST_F(ArchiveTest, Limits) {
    EXPECT_THAT(why_refused({{"a", std::string(60, 'x')}, {"b", std::string(60, 'x')}}, {100, 10}),
                HasSubstr("more than 100 bytes"));
    EXPECT_THAT(why_refused({{"a", ""}, {"b", ""}, {"c", ""}}, {100, 2}), HasSubstr("more than 2 files"));
    // A small archive of a large file, and a header that says more than there is or may be.
    EXPECT_THAT(why_refused({{"a", std::string(size_t{3} << 20, '\0')}}, {1 << 20, 10}),
                HasSubstr("more than 1048576"));
    const auto tar = crafted({{"a", "x"}}, false);
    EXPECT_THAT(why_refused(with_size(tar, "77777777777")), HasSubstr("more than 268435456 bytes"));
    EXPECT_THAT(why_refused(with_size(tar, "00001000000")), HasSubstr("damaged"));
    EXPECT_THAT(why_refused(tar, {0, 10}), HasSubstr("more than 0 bytes"));
}

TEST_F(ArchiveTest, WhatIsNoArchive) {
    EXPECT_THAT(why_refused(std::string()), HasSubstr("not an archive"));
    EXPECT_THAT(why_refused(std::string("#!/bin/sh\n")), HasSubstr("archive"));
    EXPECT_THAT(why_refused(crafted({{"a", "x"}}, true, false)), HasSubstr("archive"));  // cpio
    auto good = crafted({{"a", std::string(5000, 'x')}, {"b", "y"}}, false);
    EXPECT_THAT(why_refused(good.substr(0, 3000)), HasSubstr("damaged"));
    auto changed = crafted({{"a", std::string(5000, 'x')}});
    changed[changed.size() / 2] ^= 1;
    EXPECT_THAT(why_refused(changed), HasSubstr("archive"));
}

}  // namespace
}  // namespace avocet::core

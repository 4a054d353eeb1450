// SPDX-License-Identifier: Apache-2.0
//
// One open log file that always ends with a whole record. It is opened for appending under an advisory lock, so two
// writers never cut each other's tails. A write that fails in the middle is cut back to the last whole record.
//
// Opening is careful where others can create names: there a symbolic link, a file of somebody else and a file with
// further hard links are refused, as they could lead a privileged user's writing elsewhere.
//
// What a crash leaves: a SIGKILL or power cut may stop the kernel in the middle of a write. A file opened for appending
// is therefore mended first: JSON is cut after its last newline, a compressed file after its last whole frame; text,
// which may rightly end without a newline, gets one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "directory.hpp"

namespace avocet::file {

enum class Content { text, json, csv, zstd };
enum class Existing { empty, mend, leave };  // what to do with content that is there: remove, mend and go on, nothing

class LogFile {
public:
    struct Settings {
        mode_t mode = 0640;
        bool exact_mode = false;  // the user named it: not reduced by umask
        Content content = Content::text;
    };

    // Opens or creates. Throws avocet::Error.
    static LogFile open(const std::string& path, const Settings& settings, Existing existing);
    LogFile(LogFile&&) = default;
    LogFile& operator=(LogFile&&) = default;

    const std::string& path() const { return path_; }
    const std::string& name() const { return name_; }
    const DirectoryPtr& directory() const { return directory_; }
    bool is_regular() const { return regular_; }
    uint64_t size() const;                             // 0 for what is not a regular file
    uint64_t mended_bytes() const { return mended_; }  // cut off at opening

    struct Written {
        size_t kept = 0;  // bytes that stay
        int error = 0;    // errno; 0: all of them
    };
    // `whole`: how many of that many bytes are whole records.
    Written append(std::string_view bytes, const std::function<size_t(size_t written)>& whole);
    int sync();            // errno or 0
    int close();           // errno or 0
    bool removed() const;  // has no name any more
    bool moved() const;    // its name leads to another file or nowhere

private:
    LogFile(std::string path, std::string name, DirectoryPtr directory, UniqueFd fd);
    void lock_or_throw();
    void mend(Content content);

    std::string path_, name_;
    DirectoryPtr directory_;
    UniqueFd fd_;
    bool regular_ = false;
    bool torn_ = false;  // ends in the middle of a record that could not be cut off
    uint64_t mended_ = 0;
};

}  // namespace avocet::file

// SPDX-License-Identifier: Apache-2.0
//
// tracefs: where the kernel lists its tracepoints and the layout of their records. Found at its two usual places,
// mounted when it is mounted nowhere and the kernel permits it. Nothing is read that was not asked for: a name costs
// one directory, a format one file.
#pragma once

#include <string>
#include <vector>

namespace avocet::tracepoint {

class TraceFs {
public:
    // `configured`: a directory to use instead of the usual places; empty: none.
    explicit TraceFs(std::string configured) : configured_(std::move(configured)) {}

    // All throw avocet::Error when tracefs cannot be reached. Names are sorted bytewise.
    const std::string& root();
    std::vector<std::string> categories();
    // Empty for a category that does not exist.
    std::vector<std::string> events(const std::string& category);
    std::string format_path(const std::string& category, const std::string& event);
    std::string format(const std::string& category, const std::string& event);

private:
    std::string find_or_mount() const;
    std::string configured_, root_;
};

}  // namespace avocet::tracepoint

// SPDX-License-Identifier: Apache-2.0
#include "perfbuf_sink.hpp"

#include <grp.h>

namespace avocet::perfbuf {

namespace {

uint32_t mode_of(const std::string& text) {
    const bool octal = !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
    const unsigned long mode = octal ? std::stoul(text, nullptr, 8) : 01000;
    if (mode > 0777 || mode & 0111)
        throw Error(AVOCET_ERR_INVALID, "mode '" + text + "': not the permissions of a pin",
                    "write 0600, 0640 or 0660");
    return static_cast<uint32_t>(mode);
}

int64_t group_of(const std::string& text) {
    if (text.find_first_not_of("0123456789") == std::string::npos && text.size() <= 9) return std::stol(text);
    const group* found = ::getgrnam(text.c_str());
    if (!found)
        throw Error(AVOCET_ERR_NOT_FOUND, "group '" + text + "': there is no such group", "`getent group` lists them");
    return found->gr_gid;
}

}  // namespace

PerfbufSink::PerfbufSink(const Host&, const Options& options)
    : path_(options.text("path")),
      mode_(mode_of(options.text("mode"))),
      group_(options.text("group").empty() ? -1 : group_of(options.text("group"))),
      end_wait_ns_(options.duration_ns("end_wait")),
      wake_bytes_(options.size_bytes("wake_bytes")) {
    if (path_.empty() || path_[0] != '/')
        throw Error(AVOCET_ERR_INVALID, "path '" + path_ + "': is not absolute", "name a directory below /sys/fs/bpf");
}

uint32_t PerfbufSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    return taken = batch.row_count - first;
}

}  // namespace avocet::perfbuf

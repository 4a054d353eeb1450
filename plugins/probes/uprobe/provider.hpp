// SPDX-License-Identifier: Apache-2.0
//
// The provider of uprobe and uretprobe.
#pragma once

#include <array>

#include "avocet/options.hpp"
#include "avocet/probe_group.hpp"
#include "avocet/provider.hpp"
#include "targets.hpp"

namespace avocet::uprobe {

inline constexpr std::array<avocet_option, 1> options{
    option(AVOCET_OPTION_STRING, "debuginfo", "",
           "Directories searched for debug files before the usual places, `:` between them; relative ones stand beside "
           "the traced file; in those with `+` in front the checksum must fit as well."),
};

class UprobeProvider final : public Provider {
public:
    UprobeProvider(const Host& host, const Options& values)
        : host_(host), cache_(std::string(values.text("debuginfo"))) {}
    void list(const ProbeSpec& pattern, const Emit& emit) override;
    void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) override;
    void resolve(const ProbeSpec& spec, const Emit& emit) override;

private:
    bool has_feature(const char* name) const;
    // False: the receiver wants no more.
    void list_places(const ProbeSpec& spec, const Emit& emit);
    bool list_file(const ProbeSpec& spec, const Request& request, const Binary& binary, bool is_only, const Emit& emit);
    static void describe_arguments(const std::vector<FileTargets>& files, ProbeGroup group, const Emit& emit);
    Host host_;
    ElfCache cache_;
};

}  // namespace avocet::uprobe

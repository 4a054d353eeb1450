// SPDX-License-Identifier: Apache-2.0
//
// A complete sink: counts records and, when the session ends, writes how many there were of each kind.
#include <array>
#include <cerrno>
#include <fstream>

#include "avocet/plugin.hpp"
#include "avocet/record.hpp"
#include "avocet/sink.hpp"

namespace {

constexpr std::array schema = {
    avocet::option(AVOCET_OPTION_PATH, "path", nullptr, "File that receives the totals.", nullptr, 0, 0,
                   AVOCET_OPTION_REQUIRED),
};

class TallySink final : public avocet::Sink {
public:
    TallySink(const avocet::Host&, const avocet::Options& options) : path_(options.text("path")), file_(path_) {
        if (!file_) throw avocet::Error(AVOCET_ERR_IO, "file '" + path_ + "': " + avocet::errno_text(errno));
    }

    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t&) override {
        uint32_t rows = batch.row_count - first;
        counts_[static_cast<size_t>(batch.schema->kind) % counts_.size()] += rows;
        return rows;
    }

    uint64_t close() override {
        for (uint32_t i = 0; i < counts_.size(); ++i)
            if (counts_[i]) file_ << avocet::record_kind_name(i) << ' ' << counts_[i] << '\n';
        file_.close();
        return 0;
    }

private:
    std::string path_;
    std::ofstream file_;
    std::array<uint64_t, 6> counts_{};
};

constexpr auto factory = avocet::sink_factory<TallySink, schema>("counts records by kind");

}  // namespace

AVOCET_PLUGIN("template.sink", "1.0.0", &factory)

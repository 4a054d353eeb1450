// SPDX-License-Identifier: Apache-2.0
#include "feature_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace avocet::bpf {
namespace {

using Json = nlohmann::json;

std::string this_boot(unsigned version) {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string boot;
    std::getline(file, boot);
    utsname names{};
    uname(&names);
    return boot + " " + names.release + " " + names.version + " " + std::to_string(version);
}

// Of this user and of a size that it can have.
bool trusted(const std::string& path) {
    struct stat s {};
    return lstat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode) && s.st_uid == geteuid() && !(s.st_mode & 022) &&
           s.st_size < (1 << 20);
}

}  // namespace

void FeatureCache::read(unsigned version) {
    if (read_ || directory_.empty()) return;
    read_ = true;
    key_ = this_boot(version);
    if (!trusted(file())) return;
    std::ifstream stream(file());
    const Json json = Json::parse(std::string(std::istreambuf_iterator<char>(stream), {}), nullptr, false);
    if (!json.is_object() || json.value("key", Json()) != key_) return;
    const Json found = json.value("found", Json());
    if (!found.is_object()) return;
    for (const auto& [name, finding] : found.items()) {
        if (!finding.is_object() || !finding.value("present", Json()).is_number_integer() ||
            !finding.value("detail", Json()).is_string())
            continue;
        const int present = finding["present"].get<int>();
        if (present == 0 || present == 1) found_[name] = {present, finding["detail"].get<std::string>()};
    }
}

std::optional<Finding> FeatureCache::find(std::string_view name, unsigned version) {
    read(version);
    const auto it = found_.find(name);
    return it == found_.end() ? std::nullopt : std::optional(it->second);
}

void FeatureCache::store(std::string_view name, const Finding& finding, unsigned version) {
    if (directory_.empty() || finding.present < 0) return;
    read(version);
    found_[std::string(name)] = finding;
    changed_ = true;
}

void FeatureCache::save() noexcept {
    if (!std::exchange(changed_, false)) return;
    try {
        Json found = Json::object();
        for (const auto& [name, finding] : found_)
            found[name] = {{"present", finding.present}, {"detail", finding.detail}};
        const std::string text =
            Json{{"key", key_}, {"found", found}}.dump(1, ' ', true, Json::error_handler_t::replace) + "\n";
        std::error_code ignored;
        std::filesystem::create_directories(directory_, ignored);
        std::string fresh = file() + ".XXXXXX";
        const Fd fd(mkostemp(fresh.data(), O_CLOEXEC));
        if (!fd) return;
        if (write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
            rename(fresh.c_str(), file().c_str()) != 0)
            unlink(fresh.c_str());
    } catch (const std::exception&) {}
}

}  // namespace avocet::bpf

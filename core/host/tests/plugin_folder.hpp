// SPDX-License-Identifier: Apache-2.0
//
// A temporary plugin directory that is safe by the host's rules, and plugins to put into it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace avocet::core::test {

namespace fs = std::filesystem;

class PluginDirectory {
public:
    PluginDirectory() {
        std::string name = "/tmp/avocet-host-XXXXXX";
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
        path_ = name;
    }
    ~PluginDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    PluginDirectory(const PluginDirectory&) = delete;
    const fs::path& path() const { return path_; }

    static std::string sidecar(const std::string& id, const std::string& provides, const std::string& more = {}) {
        return "id = \"" + id +
               "\"\nkind = \"sink\"\nversion = \"1.0.0\"\nabi = { major = 1, minor = 0 }\nprovides = [\"" + provides +
               "\"]\n" + more;
    }
    // A folder `id` with this sidecar and a copy of the variant; no library for "". Returns the folder.
    fs::path add(const std::string& variant, const std::string& id = "sink.test", const std::string& text = {}) const {
        auto folder = path_ / id;
        fs::create_directory(folder);
        fs::permissions(folder, fs::perms(0755));
        write(folder / "plugin.toml", text.empty() ? sidecar(id, "test") : text);
        std::string file = "avocet-" + id + ".so";
        for (auto& c : file) c = c == '.' ? '-' : c;
        file.replace(file.size() - 3, 3, ".so");
        if (!variant.empty()) {
            fs::copy_file(fs::path(AVOCET_TEST_PLUGINS) / (variant + ".so"), folder / file);
            fs::permissions(folder / file, fs::perms(0644));
        }
        return folder;
    }
    static void write(const fs::path& file, const std::string& text) {
        std::ofstream(file, std::ios::binary) << text;
        fs::permissions(file, fs::perms(0644));
    }

private:
    fs::path path_;
};

}  // namespace avocet::core::test

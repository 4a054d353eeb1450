// SPDX-License-Identifier: Apache-2.0
//
// A vendor's directory with a bundle of one script, one object, one plugin, defaults and a document, and what was said.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bundle/bundle.hpp"
#include "program/tests/object_builder.hpp"

namespace avocet::core {

namespace fs = std::filesystem;

inline std::string test_object(const std::string& target = "portable") {
    return testing::build_object("function probe_0 raw_tp; constant avocet_attach_probe_0 4;",
                                 R"({"schema": 1, "tool": "t", "target": ")" + target +
                                     R"(", "functions": [{"name": "probe_0", "context": "raw_tracepoint"}],
                                        "needs": ["ring_buffer"]})");
}

class BundleTest : public ::testing::Test {
protected:
    BundleTest() {
        std::string name = "/tmp/avocet-bundle-XXXXXX";
        if (mkdtemp(name.data())) root_ = name;
        put("src/bundle.toml", description);
        put("src/opens.bt", "begin { exit(); }\n");
        put("src/calls.o", test_object());
        put("src/plugins/acme.tally/plugin.toml",
            "id = \"acme.tally\"\nkind = \"sink\"\nversion = \"1.0\"\nabi = { major = 1, minor = 0 }\n"
            "provides = [\"tally\"]\n[needs]\nnetwork = [\"tcp:9000\"]\n");
        put("src/plugins/acme.tally/avocet-acme-tally.so", "\177ELF and so on");
        put("src/defaults.toml", "[[sink]]\nname = \"totals\"\ntype = \"tally\"\n");
        put("src/README.md", "read me\n");
    }
    ~BundleTest() override {
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    fs::path put(const std::string& name, const std::string& text) {
        auto path = root_ / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
        fs::permissions(path, fs::perms(0644));
        return path;
    }
    std::optional<Bundle> build(const SecretKey* key = nullptr) {
        return build_bundle(
            root_ / "src", [](const BundleTool&) { return std::optional(test_object()); }, key, diagnostics_);
    }
    // All messages; paths without the directory.
    std::string said() {
        std::string all;
        for (const auto& d : diagnostics_.take()) all += diagnostics_.format(d, false);
        for (size_t at; (at = all.find(root_.string() + '/')) != std::string::npos;)
            all.erase(at, root_.string().size() + 1);
        return all;
    }

    static constexpr const char* description = R"(schema = 1
name = "acme"
version = "1.2.0"
summary = "Tools of Acme"
publisher = "Acme Inc."

[[tool]]
name = "opens"
file = "opens.bt"
summary = "Files being opened"

[[tool]]
name = "calls"
file = "calls.o"
summary = "System calls"

[[plugin]]
dir = "plugins/acme.tally"

[defaults]
file = "defaults.toml"

[[doc]]
file = "README.md"
)";
    fs::path root_;
    Diagnostics diagnostics_;
};

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// Layers as real files in a temporary directory, and what was said about them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/layers.hpp"

namespace avocet::core {

class ConfigTest : public testing::Test {
protected:
    ConfigTest() {
        std::string name = "/tmp/avocet-config-XXXXXX";
        if (mkdtemp(name.data())) directory_ = name;
    }
    ~ConfigTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    std::filesystem::path file(const std::string& name, const std::string& text) {
        auto path = directory_ / name;
        std::ofstream(path) << text;
        std::filesystem::permissions(path, std::filesystem::perms(0644));
        return path;
    }
    // Each text becomes a layer, lowest first.
    std::optional<Config> load(std::vector<std::string> texts,
                               std::vector<std::pair<std::string, std::string>> environment = {},
                               std::vector<std::string> overrides = {}) {
        Sources sources{{}, std::nullopt, std::move(environment), std::move(overrides)};
        for (size_t i = 0; i < texts.size(); ++i)
            sources.files.push_back(file("layer" + std::to_string(i) + ".toml", texts[i]));
        return load_config(sources, diagnostics_);
    }
    // All messages, paths without the directory, errors and warnings in order.
    std::string said() {
        std::string all;
        for (const auto& d : diagnostics_.take()) all += diagnostics_.format(d, false);
        for (size_t at; (at = all.find(directory_.string() + '/')) != std::string::npos;)
            all.erase(at, directory_.string().size() + 1);
        return all;
    }
    std::filesystem::path directory_;
    Diagnostics diagnostics_;
};

}  // namespace avocet::core

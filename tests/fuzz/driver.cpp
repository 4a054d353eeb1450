// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without a fuzzing engine: every file of a corpus, then mutations of them by a fixed pseudo-random
// sequence, so that a plain build (under sanitizers in CI) exercises the same entry points as libFuzzer does.
//
//   fuzz_NAME [--runs N] [--seed S] FILE_OR_DIRECTORY...
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

void add(const std::filesystem::path& path, std::vector<std::string>& corpus) {
    if (std::filesystem::is_directory(path)) {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
            if (entry.is_regular_file()) files.push_back(entry.path());
        std::sort(files.begin(), files.end());  // the same sequence everywhere
        for (const auto& file : files) add(file, corpus);
        return;
    }
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// One to four small damages: bits, bytes, cuts, repeats, pieces of another input.
std::string mutate(std::string text, const std::vector<std::string>& corpus, std::mt19937_64& random) {
    for (unsigned n = 1 + random() % 4; n > 0; --n) {
        size_t at = text.empty() ? 0 : random() % text.size();
        switch (random() % 7) {
            case 0:
                if (!text.empty()) text[at] = static_cast<char>(text[at] ^ (1 << random() % 8));
                break;
            case 1:
                if (!text.empty()) text[at] = static_cast<char>(random());
                break;
            case 2: text.erase(at, 1 + random() % 8); break;
            case 3: text.insert(at, 1 + random() % 4, static_cast<char>(random())); break;
            case 4: text.resize(at); break;
            case 5: text.insert(at, text.substr(at, random() % 64)); break;
            default: {
                const std::string& other = corpus[random() % corpus.size()];
                if (!other.empty()) text.insert(at, other.substr(random() % other.size(), random() % 128));
            }
        }
    }
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    uint64_t runs = 2000, seed = 1;
    std::vector<std::string> corpus;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        if (word == "--runs" && i + 1 < argc)
            runs = std::strtoull(argv[++i], nullptr, 10);
        else if (word == "--seed" && i + 1 < argc)
            seed = std::strtoull(argv[++i], nullptr, 10);
        else
            add(word, corpus);
    }
    if (corpus.empty()) {
        std::fprintf(stderr, "no corpus given\n");
        return 2;
    }
    for (const auto& input : corpus) run(input);
    std::mt19937_64 random(seed);
    for (uint64_t i = 0; i < runs; ++i) run(mutate(corpus[random() % corpus.size()], corpus, random));
    std::printf("%zu inputs and %llu mutations\n", corpus.size(), static_cast<unsigned long long>(runs));
    return 0;
}

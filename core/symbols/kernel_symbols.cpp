// SPDX-License-Identifier: Apache-2.0
//
// Lines of kallsyms: "ffffffff81000000 T _stext" and "ffffffffc0001000 t nft_init\t[nf_tables]".
#include "symbols/kernel_symbols.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

namespace avocet::core {

namespace {

constexpr uint64_t first_kernel_address = uint64_t{1} << 63;
constexpr uint64_t longest_function = 1u << 20;  // kallsyms has no sizes; what is farther from a symbol is not in it

// Global text, text, the rest.
uint8_t preference_of(char type) {
    if (type == 'T') return 0;
    if (type == 't' || type == 'W' || type == 'w') return 1;
    return 2;
}

}  // namespace

uint32_t KernelSymbols::module_number(std::string_view name) {
    if (modules_.back() == name) return static_cast<uint32_t>(modules_.size() - 1);
    for (size_t i = 0; i < modules_.size(); ++i)
        if (modules_[i] == name) return static_cast<uint32_t>(i);
    modules_.emplace_back(name);
    return static_cast<uint32_t>(modules_.size() - 1);
}

void KernelSymbols::add_line(std::string_view line) {
    uint64_t address = 0;
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), address, 16);
    size_t at = static_cast<size_t>(end - line.data());
    if (error != std::errc() || line.size() < at + 4 || line[at] != ' ' || line[at + 2] != ' ') return;
    char type = line[at + 1];
    std::string_view name = line.substr(at + 3);
    uint32_t module = 0;
    if (size_t tab = name.find('\t'); tab != std::string_view::npos) {
        std::string_view rest = name.substr(tab + 1);
        name = name.substr(0, tab);
        if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']')
            module = module_number(rest.substr(1, rest.size() - 2));
    }
    if (address != 0) hidden_ = false;
    (address >= first_kernel_address ? table_ : low_).add(address, 0, name, preference_of(type), module);
}

void KernelSymbols::load() {
    loaded_ = true;
    std::ifstream in(path_, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    std::string_view rest = text;
    while (!rest.empty()) {
        size_t newline = rest.find('\n');
        add_line(rest.substr(0, newline));
        rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    }
    table_.sort();
}

// Modules and BPF programs come and go, the kernel proper stays.
void KernelSymbols::load_again() {
    early_ = false;
    replaced_ = std::move(table_);
    table_ = SymbolTable();
    low_ = SymbolTable();
    load();
}

std::optional<KernelSymbols::Found> KernelSymbols::find(uint64_t address) {
    if (!loaded_) load();
    auto found = table_.find(address, longest_function);
    if (early_ && (!found || found->group != 0)) {
        load_again();
        found = table_.find(address, longest_function);
    }
    if (!found) return std::nullopt;
    return Found{found->name, modules_[found->group], found->offset};
}

uint64_t KernelSymbols::address_of(std::string_view name) {
    if (!loaded_) {
        load();
        early_ = true;
    }
    uint64_t address = table_.address_of(name);
    return address ? address : low_.address_of(name);
}

}  // namespace avocet::core

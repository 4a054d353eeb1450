// SPDX-License-Identifier: Apache-2.0
#include "files/tree.hpp"

namespace avocet::test {

const std::string& source_tree() {
    static const std::string path = AVOCET_SOURCE_DIR;
    return path;
}

const std::string& build_tree() {
    static const std::string path = AVOCET_BINARY_DIR;
    return path;
}

}  // namespace avocet::test

// SPDX-License-Identifier: Apache-2.0
//
// Golden sections of the semantic passes, over tests/golden/dsl/semantics: `types` (the typed functions), `error` (all
// messages), `unsafe types` (the same with unsafe builtins allowed).
#include "compilation.hpp"
#include "passes/infer_types.hpp"

namespace avocet::dsl::golden {
namespace {

std::string types_of(const Input& input, uint32_t flags) {
    test::Compilation compilation(input, flags);
    compilation.run();
    const std::string messages = compilation.messages();
    return compilation.failed() ? messages : messages + dump_types(compilation.unit);
}

const Section types("types", [](const Input& input) { return types_of(input, 0); });
const Section unsafe_types("unsafe types", [](const Input& input) { return types_of(input, AVOCET_COMPILE_UNSAFE); });
const Section error("error", [](const Input& input) {
    test::Compilation compilation(input);
    compilation.run();
    return compilation.messages();
});

}  // namespace
}  // namespace avocet::dsl::golden

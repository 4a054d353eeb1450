// SPDX-License-Identifier: Apache-2.0
#include "passes/infer_types.hpp"

#include "passes/converter.hpp"
#include "passes/typer.hpp"

namespace avocet::dsl {

void infer_types(Unit& unit) {
    Typer(unit).run();
    if (!unit.diagnostics->has_errors()) Converter(unit).run();
}

}  // namespace avocet::dsl

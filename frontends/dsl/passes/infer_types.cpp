// SPDX-License-Identifier: Apache-2.0
#include "passes/infer_types.hpp"

#include "passes/converter.hpp"
#include "passes/typer.hpp"

namespace avocet::dsl {

void infer_types(Unit& unit) {
    Typer(unit).run();
    std::erase_if(unit.functions, [](const ProbeFunction& f) { return f.idle; });
    if (!unit.failed()) Converter(unit).run();
}

Pass infer_types_pass() { return {"infer_types", false, infer_types, dump_types, "types", true}; }

}  // namespace avocet::dsl

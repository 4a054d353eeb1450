// SPDX-License-Identifier: Apache-2.0
//
// The language of conditions and values (expression.hpp) for those who make records.
#pragma once

#include <memory>

#include "record/render.hpp"
#include "record/row_language.hpp"

namespace avocet::core {

// `renderer` shows what is no plain text; it must outlive everything made.
std::shared_ptr<const RowLanguage> row_language(const Renderer* renderer);

}  // namespace avocet::core

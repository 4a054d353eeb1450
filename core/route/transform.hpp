// SPDX-License-Identifier: Apache-2.0
//
// What a route changes in the records it lets pass: fields renamed, dropped and redacted, labels added.
//
// For each schema a second one is made, once; rows are copied, what they point to is not: the new batch keeps the old
// one alive. Rows never change in place, as other routes share them.
//
// Events lose dropped fields wholly; a printf's format loses the specifier, so that its text does not show them either.
// Maps keep `key` and `value`, and what else has a fixed layout (loss, lifecycle, error, time) keeps its fields: there
// only text is redacted. A redacted field is text from then on: a number becomes the digits that were printed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "record/batch.hpp"
#include "record/render.hpp"

namespace avocet::core {

struct Redaction {
    std::string field;        // a name or pattern; of the record before renaming
    bool hash = false;        // 16 hexadecimal digits of a keyed BLAKE2b instead of the value
    std::string pattern;      // else RE2: every match ...
    std::string replacement;  // ... becomes this; \1 to \9 are groups, \0 the match
};

struct TransformConfig {
    std::vector<std::pair<std::string, std::string>> rename;  // from, to
    std::vector<std::string> drop;                            // names or patterns
    std::vector<std::pair<std::string, std::string>> labels;  // name, text with {placeholders} (labels.hpp)
    std::vector<Redaction> redact;
    std::string hash_key;  // empty: another one for each session
    bool empty() const { return rename.empty() && drop.empty() && labels.empty() && redact.empty(); }
};

class Transform {
public:
    Transform(TransformConfig config, const Renderer* renderer);
    ~Transform();

    // The rows of `batch` that `keep` names, in order, changed. [thread: data]
    BatchPtr apply(const BatchPtr& batch, const std::vector<uint32_t>& keep);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;  // batches hold on to it: their schemas live here
};

// The rows that `keep` names, nothing changed.
BatchPtr select_rows(const BatchPtr& batch, const std::vector<uint32_t>& keep);

}  // namespace avocet::core

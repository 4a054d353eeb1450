// SPDX-License-Identifier: Apache-2.0
//
// Lines, blank lines and comments of printed text. Comments are placed by position: before each item, statement and
// operand, whatever stands before it in the source is put out first: as lines of its own, behind the line, or as /* */
// inside it. Places refer to the source; what passes made has line 0 and attracts nothing.
#pragma once

#include <string>
#include <vector>

#include "syntax/ast.hpp"

namespace avocet::dsl {

class Layout {
protected:
    explicit Layout(const std::vector<Comment>* comments) : comments_(comments) {}

    size_t column() const;
    void indent() { out_.append(indent_, ' '); }
    // Before something that begins at `span`: comments on lines of their own, and the blank line above, if there was
    // one.
    void begin_at(const Span& span);
    void own_line_comments(uint32_t line, uint32_t column);
    // Behind what ended on `line`: the comments there, up to `next`, then the end of the line.
    void end_line(uint32_t line, const Span* next = nullptr);
    // Before an operand at `span`.
    void inline_comments(const Span& span);
    bool comment_before(uint32_t line, uint32_t column) const;
    void no_blank_line_next() { last_line_ = 0; }

    std::string out_;
    size_t indent_ = 0;
    size_t next_comment_ = 0;
    const Span* next_item_ = nullptr;  // of the script: what is behind its begin is not of the item before

private:
    const Comment* pending() const;
    void blank_line_before(uint32_t line);

    const std::vector<Comment>* comments_;
    uint32_t last_line_ = 0;  // of the source: where the last thing printed ended
};

}  // namespace avocet::dsl

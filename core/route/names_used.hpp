// SPDX-License-Identifier: Apache-2.0
//
// The fields that a route's settings name (`where`, `drop`, `rename`, `redact`), and whether any record had them. What
// a program calls its fields is known only when its records come, and a name that is misspelled would be silent: a
// condition that nothing meets, a text that is not redacted.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "route/router.hpp"

namespace avocet::core {

class NamesUsed {
public:
    explicit NamesUsed(const RouteConfig& route);

    void see(const avocet_schema& schema);  // [thread: data]
    // What no record so far had; nothing before any came. [thread: data, or after it]
    std::vector<UnknownName> unknown() const;

private:
    struct Name {
        std::string setting, name;
        std::vector<std::string> path;  // of `where`
        bool known = false;
    };

    std::string route_;
    std::vector<Name> names_;
    std::set<std::string> fields_;  // of records that came
    std::set<const avocet_schema*> seen_;
};

}  // namespace avocet::core

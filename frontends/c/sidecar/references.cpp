// SPDX-License-Identifier: Apache-2.0
//
// Names that one table of a sidecar uses of another.
#include <algorithm>

#include <fmt/format.h>

#include "avocet/nearest.hpp"
#include "sidecar/placeholders.hpp"
#include "sidecar/read_tables.hpp"

namespace avocet::c {

namespace {

class References {
public:
    References(Sidecar& sidecar, std::vector<SidecarMistake>& mistakes) : sidecar_(sidecar), mistakes_(mistakes) {
        for (const SidecarOption& o : sidecar.options) names_.push_back(o.name);
    }

    void check() {
        for (const Attachment& a : sidecar_.attachments) {
            for (const Alternative& one : a.probes) texts(one.spec, one.place);
            texts(a.pid, a.place);
            questions(a.when, true);
        }
        for (const Choice& c : sidecar_.choices) questions(c.when, true);
        for (const SidecarEvent& e : sidecar_.events)
            for (const SidecarColumn& c : e.columns) questions(c.when, false);
        for (const SidecarMap& m : sidecar_.maps)
            for (const SidecarColumn& c : m.columns) questions(c.when, false);
        for (SidecarOption& o : sidecar_.options) effects(o);
    }

private:
    void wrong(std::string text, std::string hint, const SidecarPlace& at) {
        mistakes_.push_back({std::move(text), std::move(hint), at});
    }

    SidecarOption* use(const std::string& name, const SidecarPlace& at) {
        const auto found = std::find_if(sidecar_.options.begin(), sidecar_.options.end(),
                                        [&](const SidecarOption& o) { return o.name == name; });
        if (found != sidecar_.options.end()) return &*found;
        wrong(fmt::format("option '{}': is not declared", name), avocet::nearest_hint(name, names_), at);
        return nullptr;
    }

    void texts(const std::string& text, const SidecarPlace& at) {
        for (const std::string& name : placeholders(text))
            if (SidecarOption* option = use(name, at)) build_time(*option, at);
    }

    // What settles where the program attaches is known when it is compiled.
    void build_time(SidecarOption& option, const SidecarPlace& at) {
        if (!option.var.empty() || !option.map.empty() || !option.set.empty() || !option.where.empty())
            wrong(fmt::format("option '{}': is given when the program runs, which is too late here", option.name),
                  "an option that decides about attaching has no 'var', 'set' or 'where'", at);
        option.decides_build = true;
    }

    void questions(const std::vector<Question>& all, bool building) {
        for (const Question& q : all) {
            if (q.predicate != "option") continue;
            SidecarOption* option = use(q.arguments[0], q.place);
            if (!option) continue;
            option->decides_show |= !building;
            if (building) build_time(*option, q.place);
        }
    }

    void effects(const SidecarOption& o) {
        const bool some =
            !o.var.empty() || !o.map.empty() || o.is_built() || !o.set.empty() || !o.where.empty() || o.decides_show;
        if (!some)
            wrong("key 'option': has no effect",
                  "give it 'var', 'map', 'define', 'replace', 'replace_case', 'attach', 'set' or 'where', or ask for "
                  "it in a "
                  "'when'",
                  o.place);
        if (o.attach.contains("") && sidecar_.attachments.size() != 1)
            wrong(fmt::format("option '{}': 'attach' does not say which function", o.name),
                  "attach = { FUNCTION = \"uprobe:{value}:malloc\" }", o.place);
    }

    Sidecar& sidecar_;
    std::vector<SidecarMistake>& mistakes_;
    std::vector<std::string> names_;
};

}  // namespace

void check_references(Sidecar& sidecar, std::vector<SidecarMistake>& mistakes) {
    References(sidecar, mistakes).check();
}

}  // namespace avocet::c

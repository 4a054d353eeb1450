// SPDX-License-Identifier: Apache-2.0
#include "spec.hpp"

#include "avocet/probe_group.hpp"

namespace avocet::usdt {

namespace {

// What stands in the places of a spec of two or three parts.
Request from_parts(const ProbeSpec& spec) {
    Request request;
    request.binary = spec.parts[0];
    if (spec.parts.size() == 3 && !spec.parts[1].empty()) request.provider = spec.parts[1];
    request.name = spec.parts.back();
    if (request.binary.empty() && spec.pid > 0) request.binary = "*";
    return request;
}

}  // namespace

Request parse_spec(const ProbeSpec& spec) {
    const size_t count = spec.parts.size();
    Request request;
    if (count == 1 && spec.pid > 0) {
        request.binary = "*";
        request.name = spec.parts[0];
    } else if (count != 2 && count != 3) {
        throw Error(AVOCET_ERR_INVALID, wrong_part_count(spec, "2 or 3").what(),
                    "usdt:BINARY:PROVIDER:NAME, or the name alone with -p PID");
    } else {
        request = from_parts(spec);
    }
    if (request.binary.empty())
        throw Error(AVOCET_ERR_INVALID, "usdt probe must specify at least path or pid to probe",
                    "to target all paths/pids set the path to '*'");
    if (request.name.empty())
        throw Error(AVOCET_ERR_INVALID, "'" + spec.text + "': no name of a probe", "'*' means all of the file");
    return request;
}

Request parse_listing(const ProbeSpec& spec) {
    Request request;
    const size_t count = spec.parts.size();
    const bool is_path = count >= 1 && spec.parts[0].find('/') != std::string::npos;
    if (count >= 2) {
        request = from_parts(spec);
    } else if (count == 1 && spec.pid > 0 && !is_path) {
        request.binary = "*";
        request.name = spec.parts[0];
    } else if (count == 1 && spec.parts[0] == "*") {
        request.binary = "*";  // usdt:*, the kind by name: what any process has mapped
    } else if (count == 1) {
        // A pattern of one part may be meant for any kind ("*sleep*"): it is a binary only if it is one for certain.
        if (is_path || !has_wildcard(spec.parts[0])) request.binary = spec.parts[0];
    } else if (spec.pid > 0) {
        request.binary = "*";
    }
    if (request.name.empty()) request.name = "*";
    return request;
}

}  // namespace avocet::usdt

// SPDX-License-Identifier: Apache-2.0
//
// Whether files are what their bundle.toml says they are. The same questions for a vendor's directory, an archive and
// an installed bundle. Mistakes are reported, all of them, at the place in bundle.toml where there is one.
#pragma once

#include <string>

#include "bundle/description.hpp"
#include "bundle/files.hpp"
#include "host/diagnostics.hpp"

namespace avocet::core {

// Every tool is a portable program, every plugin has a sidecar and a library and no other plugin inside, defaults set
// only what they may, documents are there, and nothing else is. `name`: what messages call the bundle. `complete`:
// files that are not there are reported here, not by the caller. false: reported.
bool check_contents(const BundleDescription& description, const BundleFiles& files, const std::string& name,
                    bool complete, Diagnostics& diagnostics);

}  // namespace avocet::core

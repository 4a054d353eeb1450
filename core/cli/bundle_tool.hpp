// SPDX-License-Identifier: Apache-2.0
//
// `avocet run BUNDLE/TOOL`: an installed tool as the thing to run, with its plugins and defaults.
#pragma once

#include "cli/application.hpp"
#include "cli/tracing.hpp"

namespace avocet::core {

// If the first argument names a tool of an installed bundle, it is verified and becomes `options.tool`, and the
// application gets what comes with it. An installed bundle wins over a file of that name, so that nobody can put
// something else in its place in a directory of theirs; `./BUNDLE/TOOL` is always the file. To be called before
// start(). Exit status; not kExitOk: reported.
int use_installed_tool(Application& app, TraceOptions& options);

}  // namespace avocet::core

// SPDX-License-Identifier: Apache-2.0
//
// Exit statuses of the command line. A code never changes meaning. `exit(n)` of a script ends with n & 255 instead.
#pragma once

namespace avocet::core {

enum ExitCode : int {
    kExitOk = 0,
    kExitSource = 1,        // the script is wrong: syntax, types, unknown probes; of a bundle also bundle.toml
    kExitUsage = 2,         // command line or configuration is wrong
    kExitPrivilege = 3,     // not permitted
    kExitKernel = 4,        // the kernel refused to load or attach, or lacks a feature
    kExitLoss = 5,          // --strict: records were lost
    kExitPlugin = 6,        // a plugin or a bundle is missing or was refused
    kExitCommand = 7,       // the -c command could not be started
    kExitIo = 8,            // a file could not be read or written
    kExitInternal = 70,     // a defect of Avocet, or a plugin that crashes while loaded
    kExitInterrupted = 130  // left at the second interrupt
};

}  // namespace avocet::core

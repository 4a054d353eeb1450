// SPDX-License-Identifier: Apache-2.0
//
// The texts of bcc/headers/, compiled in.
#pragma once

namespace avocet::c {

extern const char* const bcc_names_header;
extern const char* const bcc_network_header;
extern const char* const bcc_common_header;
extern const char* const bcc_parse_header;
extern const char* const bcc_compile_header;
extern const char* const bcc_usdt_header;
extern const char* const bcc_printk_header;

}  // namespace avocet::c

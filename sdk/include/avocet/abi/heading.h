/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/heading.h: one more kind of event record (avocet_schema.output), beside those of avocet/abi/record.h.
 */
#ifndef AVOCET_ABI_HEADING_H
#define AVOCET_ABI_HEADING_H

enum {
    /* One text field: a line that stands above the rows of a table on a screen ("TIME(s)  COMM  PID"). The host renders
     * it as text, and as JSON to nothing; a sink that keeps values passes it over. */
    AVOCET_OUTPUT_HEADING = 8
};

#endif

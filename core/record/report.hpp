// SPDX-License-Identifier: Apache-2.0
//
// Lines of test and bench mode: event records with fields of their own (schema name "report", no output kind), so that
// they go wherever the program's data goes.
//
//   event    "tests", "test_begins", "test", "tests_end", "benches", "bench"
//   name     of the test or bench
//   passed   test
//   time_ns  test: duration; bench: mean of one round
//   count    tests, tests_end: how many; bench: rounds
//   failed   tests_end: how many
//   width    benches, bench: of the table's first column
//   output   test: what a failed one printed; tests_end: names of the failed ones, a line each
#pragma once

#include <memory>
#include <string>

#include "record/decoder.hpp"
#include "record/type_store.hpp"

namespace avocet::core {

struct Report {
    std::string event, name;
    bool passed = true;
    uint64_t time_ns = 0, count = 0, failed = 0, width = 0;
    std::string output;
};

// Makes batches of one row. Must outlive them only as long as it is asked for new ones.
class Reports {
public:
    explicit Reports(const std::string& tool);
    BatchPtr batch(const Report& report, uint64_t wall_ns);

private:
    std::shared_ptr<TypeStore> store_ = std::make_shared<TypeStore>();
    const avocet_schema* schema_;
    uint64_t sequence_ = 0;
};

bool is_report(const avocet_schema& schema);
void report_text(const avocet_value* row, std::string& out);
void report_json(const avocet_value* row, std::string& out);

}  // namespace avocet::core

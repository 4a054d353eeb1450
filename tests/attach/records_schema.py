#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds JSON lines against a schema: sdk/docs/records.schema.json or sdk/docs/bpftrace-records.schema.json.

records_schema.py SCHEMA FILE... [--types a,b,c]: every line of the files is a valid record; with --types: of exactly these
types, each at least once. A type is the record's `type`, or `kind.detail`, as map.hist, event.printf, error.errorf. Prints how many there were of each. Debian's python3-jsonschema; without it exit status 77.
"""
import argparse
import collections
import json
import sys

try:
    import jsonschema
except ImportError:
    print("jsonschema is not installed (package python3-jsonschema)")
    sys.exit(77)


def type_of(record):
    if "kind" not in record:
        return record.get("type")
    detail = record.get({"map": "type", "event": "output", "error": "error", "lifecycle": "event"}.get(record["kind"]))
    return record["kind"] + ("." + detail if detail else "")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("schema")
    p.add_argument("files", nargs="+")
    p.add_argument("--types")
    options = p.parse_args()
    schema = json.load(open(options.schema))
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    counts, bad = collections.Counter(), 0
    for path in options.files:
        for number, line in enumerate(open(path, encoding="utf-8", errors="strict"), 1):
            record = json.loads(line)
            counts[type_of(record)] += 1
            if not validator.is_valid(record):
                bad += 1
                best = jsonschema.exceptions.best_match(validator.iter_errors(record))
                print(f"{path}:{number}: {best.message}\n  {line.strip()[:300]}")
    print(" ".join(f"{kind}={count}" for kind, count in sorted(counts.items())))
    missing = set((options.types or "").split(",")) - {""} ^ set(counts) if options.types else set()
    if missing:
        print("types that are missing, or not expected:", ", ".join(sorted(missing)))
    print("valid" if not bad and not missing else f"{bad} not valid")
    return 1 if bad or missing else 0


if __name__ == "__main__":
    sys.exit(main())

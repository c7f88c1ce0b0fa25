#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""validate.py SCHEMA.json LINES: is each line valid? Prints the first few that are not, and the counts of each kind of record."""
import collections
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
kind_of_validator = jsonschema.validators.validator_for(schema)
kind_of_validator.check_schema(schema)
validator = kind_of_validator(schema)
kinds, bad = collections.Counter(), 0
with open(sys.argv[2], encoding="utf-8") as lines:
    for number, line in enumerate(lines, 1):
        record = json.loads(line)
        kinds[record.get("event", {}).get("dataset", "?")] += 1
        problems = list(validator.iter_errors(record))
        if problems:
            bad += 1
            if bad <= 5:
                worst = jsonschema.exceptions.best_match(problems)
                print(f"line {number}: {'/'.join(map(str, worst.absolute_path))}: {worst.message[:200]}")
print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) + f": {bad} not valid")
sys.exit(1 if bad else 0)

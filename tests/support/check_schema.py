#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_schema.py SCHEMA < RECORDS: is every line of standard input a record that the JSON Schema allows?

Exit 0: all are, 1: one is not (or there is none), 77: python3-jsonschema is missing, so nothing was checked."""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed", file=sys.stderr)
    sys.exit(77)


def record_schema(schema, record):
    """That of the record's own dataset, because a failed oneOf says only that nothing fits."""
    name = record.get("event", {}).get("dataset", "").partition("siphound.")[2]
    if name not in schema["$defs"]:
        raise ValueError(f"unknown dataset {name!r}")
    return {"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"a key appears twice among {names}")
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    validator = getattr(jsonschema, "Draft202012Validator", None)
    if validator is None:
        print("skipped: this python3-jsonschema is too old for draft 2020-12", file=sys.stderr)
        return 77
    validator.check_schema(schema)
    whole = validator(schema)
    bad = count = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        count += 1
        try:
            record = json.loads(line.decode("utf-8"), object_pairs_hook=no_duplicates)
            errors = list(validator(record_schema(schema, record)).iter_errors(record)) or list(whole.iter_errors(record))
        except ValueError as error:
            print(f"line {number}: {error}", file=sys.stderr)
            bad += 1
            continue
        for error in errors:
            path = ".".join(str(part) for part in error.absolute_path)
            print(f"line {number}: {path or '(record)'}: {error.message[:300]}", file=sys.stderr)
        bad += bool(errors)
    print(f"{count} records, {bad} bad")
    return 1 if bad or not count else 0


sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Validates every rule against SigmaHQ's JSON schemas.

usage: check-rules.py SCHEMA_FOLDER [RULES...]

SCHEMA_FOLDER holds sigma-detection-rule-schema.json, sigma-correlation-rules-schema.json and sigma-filters-schema.json
(https://github.com/SigmaHQ/sigma-specification, folder json-schema). RULES are files or folders, `rules` by default.
Exit 0: all good, or the schemas or jsonschema are not there (it says so); 1: a rule does not validate; 2: wrong use.
"""
import json
import pathlib
import sys

SCHEMAS = {
    "correlation": "sigma-correlation-rules-schema.json",
    "filter": "sigma-filters-schema.json",
    "detection": "sigma-detection-rule-schema.json",
}
NOT_RULES = {"lists", "dialects", "tests"}


def skip(why):
    print(f"check-rules: SKIPPED, {why}")
    sys.exit(0)


def make_loader(yaml):
    """Dates stay text, as the schemas want them and as siphound reads them."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.yaml_implicit_resolvers = {
        key: [(tag, regex) for tag, regex in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader


def rule_files(paths):
    for path in map(pathlib.Path, paths):
        if path.is_file():
            yield path
            continue
        for file in sorted(path.rglob("*.y*ml")):
            if file.suffix in (".yml", ".yaml") and not NOT_RULES & set(file.relative_to(path).parts[:-1]):
                yield file


def problems_of(document, validators):
    kind = next((key for key in SCHEMAS if isinstance(document, dict) and key in document), None)
    if kind is None:
        yield "", "neither detection, correlation nor filter"
        return
    for error in sorted(validators[kind].iter_errors(document), key=lambda e: list(map(str, e.path))):
        yield "/".join(map(str, error.path)), error.message[:200]


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[0])
    missing = [name for name in SCHEMAS.values() if not (folder / name).is_file()]
    if missing:
        skip(f"no {missing[0]} in {folder}")
    try:
        import jsonschema
        import yaml
    except ImportError as error:
        skip(f"python3 lacks {error.name}")
    validators = {
        kind: jsonschema.Draft202012Validator(
            json.loads((folder / name).read_text()), format_checker=jsonschema.FormatChecker()
        )
        for kind, name in SCHEMAS.items()
    }
    loader = make_loader(yaml)
    checked = failed = 0
    for file in rule_files(arguments[1:] or ["rules"]):
        for number, document in enumerate(yaml.load_all(file.read_text(), Loader=loader), 1):
            if document is None:
                continue
            checked += 1
            for place, message in problems_of(document, validators):
                failed += 1
                print(f"{file}: document {number}: {place}: {message}")
    print(f"check-rules: {checked} documents, {failed} problems")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

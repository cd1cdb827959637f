#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Validate JSON documents with the schemas of the runtime specification.

schema.py DIR SCHEMA FILE...   DIR has the schema files, SCHEMA is one of them; a line for each
                               mistake, status 1 if there was one

The schemas refer to each other by relative names. All files of DIR are given to the resolver under
an address of its own, and any other address is an error, so that nothing is fetched from anywhere.
"""
import json
import pathlib
import sys
import warnings

# The resolver that every version of the library has; later ones say that there is a newer one.
warnings.simplefilter("ignore", DeprecationWarning)
import jsonschema  # noqa: E402 - after the filter

BASE = "file:///schemas/"


def refuse(uri):
    raise LookupError(f"{uri} is not among the schemas")


def validator(directory, name):
    store = {BASE + path.name: json.loads(path.read_text())
             for path in pathlib.Path(directory).glob("*.json")}
    resolver = jsonschema.RefResolver(
        BASE + name, store[BASE + name], store=store, cache_remote=False,
        handlers=dict.fromkeys(("file", "http", "https"), refuse))
    return jsonschema.Draft4Validator(store[BASE + name], resolver=resolver)


def main(directory, name, files):
    check = validator(directory, name)
    wrong = 0
    for file in files:
        document = json.loads(pathlib.Path(file).read_text())
        for error in check.iter_errors(document):
            place = ".".join(str(part) for part in error.absolute_path) or "(document)"
            print(f"{file}: {place}: {error.message[:300]}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))

#!/usr/bin/env python3
"""Checks OCSF events, one JSON object a line, against the published schema of the version that each event names.

Beyond JSON Schema it checks what that cannot say: type_uid and category_uid follow from the class and the activity, at_least_one and
just_one constraints of classes and objects, captions beside enum value 99, and times that can only be milliseconds.
"""
import json
import sys

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema, get_packaged_versions

SCHEMAS = {}


def schema(version):
    if version not in SCHEMAS:
        raw = get_ocsf_schema(version)
        names = {c["uid"]: c for c in raw["classes"].values()}
        SCHEMAS[version] = (raw, names, OcsfJsonSchemaEmbedded(raw))
    return SCHEMAS[version]


def constraints(kind, value, where):
    for rule, names in (kind.get("constraints") or {}).items():
        present = [n for n in names if n in value]
        if rule == "at_least_one" and not present:
            yield f"{where}: needs one of {names}"
        if rule == "just_one" and len(present) != 1:
            yield f"{where}: needs exactly one of {names}"


def walk(raw, attributes, value, where):
    """Constraints of objects, captions of Other, and milliseconds, at every depth."""
    for name, item in value.items():
        spec = attributes.get(name)
        if spec is None:
            continue  # JSON Schema has said so already
        here = f"{where}.{name}"
        values = item if spec.get("is_array") else [item]
        if spec.get("type") == "timestamp_t":
            for v in values:
                if not isinstance(v, int) or not 10**12 <= v < 10**13:
                    yield f"{here}: not milliseconds since 1970"
        if spec.get("sibling") and 99 in values and not value.get(spec["sibling"]):
            yield f"{here}: 99 without {spec['sibling']}"
        kind = raw["objects"].get(spec.get("object_type") or "")
        if kind and kind.get("attributes"):
            for v in values:
                if isinstance(v, dict):
                    yield from constraints(kind, v, here)
                    yield from walk(raw, kind["attributes"], v, here)


def problems(event):
    version = event.get("metadata", {}).get("version")
    if version not in get_packaged_versions():
        yield f"metadata.version: {version} is not a published version"
        return
    raw, classes, embedded = schema(version)
    uid = event.get("class_uid")
    if uid not in classes:
        yield f"class_uid: {uid} is not a class"
        return
    kind = classes[uid]
    profiles = event["metadata"].get("profiles", [])
    document = embedded.get_class_schema(kind["name"], profiles)
    for error in jsonschema.Draft202012Validator(document).iter_errors(event):
        yield f"{'.'.join(map(str, error.absolute_path)) or '(event)'}: {error.message[:200]}"
    if event.get("type_uid") != uid * 100 + event.get("activity_id", -1):
        yield "type_uid: not class_uid x 100 + activity_id"
    if event.get("category_uid") != uid // 1000:
        yield "category_uid: not that of the class"
    yield from constraints(kind, event, "(event)")
    yield from walk(raw, kind["attributes"], event, "(event)")


def main():
    count = bad = 0
    for line in open(sys.argv[1], encoding="utf-8"):
        count += 1
        event = json.loads(line)
        for problem in problems(event):
            bad += 1
            print(f"{count}: {event.get('metadata', {}).get('event_code')}: {problem}")
    print(f"{count} events, {bad} problems")
    sys.exit(1 if bad or not count else 0)


main()

#!/usr/bin/env python3
"""Scores `muniment redact --findings` on text of templates that the rules were not written from.

Usage: evaluate.py PATH-TO-muniment [--part dev|held|all] [--copies N] [--seed N] [--show TYPE|all]

A finding counts when type and both byte offsets are right. Every second template is held out: look at its score, never at its text.
`pip install faker` adds telephone numbers in the spellings of eight locales.
"""

import argparse
import collections
import hashlib
import json
import os
import random
import re
import subprocess
import sys

from speech import Speech
from values import Values

HERE = os.path.dirname(os.path.abspath(__file__))
SLOT = re.compile(r"<([A-Za-z]\w*)(?: (\w+))?>")


def templates(part):
    for name in ("written", "negatives", "spoken"):
        with open(os.path.join(HERE, name + ".txt"), encoding="utf-8") as file:
            for line in file:
                line = line.rstrip("\n")
                if not line or line.startswith("# "):
                    continue
                is_held = hashlib.sha256(line.encode()).digest()[0] % 2 == 0
                if part == "all" or is_held == (part == "held"):
                    yield ("spoken" if name == "spoken" else "written"), line


def fill(kind, template, values, speech):
    """The text and its spans in bytes."""
    language = "en"
    if kind == "spoken":
        language, template = template.split("|", 1)
    template = template.replace("\\n", "\n")
    text, spans, last = b"", [], 0
    for slot in SLOT.finditer(template):
        name, variant = slot.group(1), slot.group(2) or ""
        is_type = name.isupper() and hasattr(Values, name) or name.isupper() and hasattr(Speech, name)
        is_filler = not is_type and name.islower()
        text += template[last:slot.start()].encode()
        last = slot.end()
        if is_type:
            value = getattr(speech, name)(language, variant) if kind == "spoken" else getattr(values, name)(variant)
            spans.append((name, len(text), len(text) + len(value.encode())))
        elif is_filler and kind == "spoken" and name == "sum":
            value = speech.amount(language)
        elif is_filler and kind == "spoken" and re.fullmatch(r"n\d+", name):
            value = speech.number(language, int(name[1:]))
        elif is_filler:
            try:
                value = values.filler(name)
            except KeyError:
                value = slot.group(0)
        else:
            value = slot.group(0)
        text += value.encode()
    text += template[last:].encode()
    return text.decode(), spans


def noise(text, spans, random):
    """Sometimes other text around it, so that the place in the text does not decide."""
    draw = random.random()
    if draw < 0.55:
        return text, spans
    before = random.choice(["hello, ", "ok ", "As discussed: ", "Thanks for waiting.\n", "- ", "[note] "]) if draw < 0.85 else ""
    after = random.choice(["", " thanks", ". Please confirm.", "\n", " ok?"])
    shift = len(before.encode())
    return before + text + after, [(name, start + shift, end + shift) for name, start, end in spans]


def records(arguments):
    values = Values(arguments.seed)
    speech = Speech(values)
    other = random.Random(arguments.seed + 1)
    result = []
    for kind, template in templates(arguments.part):
        for _ in range(arguments.copies):
            text, spans = fill(kind, template, values, speech)
            if kind == "written":
                text, spans = noise(text, spans, other)
            result.append({"id": len(result), "kind": kind, "text": text, "spans": spans})
    return result


def scores(counts):
    right, missed, wrong = counts
    precision = right / (right + wrong) if right + wrong else 1
    recall = right / (right + missed) if right + missed else 1
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("muniment")
    parser.add_argument("--part", default="dev", choices=["dev", "held", "all"])
    parser.add_argument("--copies", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", default="")
    parser.add_argument("--shown", type=int, default=8)
    arguments = parser.parse_args()
    if arguments.show and arguments.part != "dev":
        sys.exit("only the text of the part 'dev' is shown")
    own = records(arguments)
    lines = "".join(json.dumps({"id": r["id"], "text": r["text"]}) + "\n" for r in own)
    run = subprocess.run([arguments.muniment, "redact", "--findings"], input=lines.encode(), capture_output=True)
    if run.returncode != 0:
        sys.exit(run.stderr.decode())
    answers = {answer["id"]: answer["spans"] for answer in map(json.loads, run.stdout.splitlines())}
    counts = collections.defaultdict(lambda: [0, 0, 0])
    shown = collections.Counter()
    for record in own:
        gold = set(record["spans"])
        found = {(span["type"], span["start"], span["end"]) for span in answers[record["id"]]}
        for place, spans in enumerate((gold & found, gold - found, found - gold)):
            for name, _, _ in spans:
                counts[record["kind"], name][place] += 1
                counts[record["kind"], ""][place] += 1
                counts["all", ""][place] += 1
        if arguments.show and gold != found:
            names = {name for name, _, _ in gold ^ found}
            key = tuple(sorted("-" + s[0] for s in gold - found) + sorted("+" + s[0] for s in found - gold))
            if (arguments.show == "all" or arguments.show in names) and shown[key] < arguments.shown:
                shown[key] += 1
                data = record["text"].encode()
                print(repr(record["text"]))
                for sign, spans in (("  missed", gold - found), ("  wrong ", found - gold)):
                    for name, start, end in sorted(spans, key=lambda s: s[1]):
                        print(sign, name, repr(data[start:end].decode(errors="replace")))
    for kind in ("written", "spoken"):
        for (key, name), values in sorted(counts.items()):
            if key == kind and name:
                print(f"{kind:8} {name:15} P {scores(values)[0]:.3f} R {scores(values)[1]:.3f} F1 {scores(values)[2]:.3f}  {values}")
    for key in ("written", "spoken", "all"):
        print(f"{key}: P %.4f R %.4f F1 %.4f" % scores(counts[key, ""]), counts[key, ""])


main()

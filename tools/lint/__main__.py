#!/usr/bin/env python3
"""Holds the conventions that the compiler does not check. Prints `path:line: rule: what` and exits 1 on any finding.

Each rule is a file here with `check(tree)`; lint_test.py plants a violation of every one.
"""
import pathlib
import sys

import conventions
import declared
import documents
import extending
import function_length
import reach
import rooms
import silent_tests
import tables
from tree import Tree

RULES = (conventions, declared, rooms, function_length, reach, silent_tests, tables, documents, extending)


def main():
    tree = Tree.read(pathlib.Path(__file__).resolve().parent.parent.parent)
    findings = sorted(finding for rule in RULES for finding in rule.check(tree))
    for finding in findings:
        print(finding)
    print(f"lint: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

"""A test that cannot judge skips, with its reason: one that returns early would be counted as passed."""
import re

from cpp_text import pieces, without_comments_and_strings, without_directives
from tree import Finding


def check(tree):
    findings = []
    for path in tree.code():
        if not path.endswith("_test.cpp"):
            continue
        for piece in pieces(without_directives(without_comments_and_strings(tree.files[path]))):
            if not re.match(r"(?:TYPED_)?TEST(?:_F|_P)?\s*\(", piece.head):
                continue
            for match in re.finditer(r"\breturn;", piece.body):
                line = piece.body_line + piece.body.count("\n", 0, match.start())
                findings.append(Finding(path, line, "silent test", "GTEST_SKIP() << why, or judge"))
    return findings

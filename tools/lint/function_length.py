"""Functions of more than 70 lines. Those that are longer today may not grow and must go: see LONG_TODAY."""
import re

from cpp_text import function_name, pieces, without_comments_and_strings, without_directives
from tree import Finding

MAX_LINES = 70

# "file: function" -> the lines that it has today; it may not grow. A row whose function is short or gone must be removed,
# so this list only becomes shorter.
LONG_TODAY = {
}


def check(tree, long_today=None):
    long_today = LONG_TODAY if long_today is None else long_today
    findings, met = [], set()
    for path in tree.code():
        name = path.rsplit("/", 1)[-1]
        code = without_directives(without_comments_and_strings(tree.files[path]))
        for piece in pieces(code):
            lines = piece.end_line - piece.line + 1
            if not piece.is_function_body or lines <= MAX_LINES:
                continue
            test = re.match(r"(?:TEST|TEST_F|TEST_P)\s*\(([^)]*)\)", piece.head)
            what = test.group(1).replace(", ", ".") if test else "::".join(filter(None, function_name(piece.head) or ("?",)))
            key = f"{name}: {what}"
            met.add(key)
            if lines > long_today.get(key, 0):
                findings.append(Finding(path, piece.line, "function length",
                                        f"{what} has {lines} lines; look for the seam (limit {MAX_LINES})"))
    for key in sorted(set(long_today) - met):
        findings.append(Finding("tools/lint/function_length.py", 1, "function length",
                                f"'{key}' is short or gone: remove its row from LONG_TODAY"))
    return findings

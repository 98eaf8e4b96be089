"""docs/EXTENDING.md keeps its word: the files that it says to touch are there and hold the names that it gives, they are
four at most, and its example of each kind stands in no other source of the program.

An item is `1. `FILE`: text`, FILE being a path or a name alone; NAME in it stands for the new thing, * for an ending. Names in the text
must stand in FILE. "Example: `NAME`" ends a list.
"""
import re

from tree import Finding, is_test

PAGE = "docs/EXTENDING.md"
MOST = 4
COMMENT = re.compile(r'//[^\n]*')


def _matching(tree, pattern):
    name = re.compile(r"(?:.*/)?" + re.escape(pattern).replace("NAME", r"\w+").replace(r"\*", r"\w+"))
    return [path for path in tree.files if name.fullmatch(path)]


def _items(section):
    """(line in the section, path, text) of every numbered item."""
    for match in re.finditer(r"^\d+\. `([^`]+)`(.*(?:\n(?!\d+\.|\n|Example).*)*)", section, re.MULTILINE):
        yield section.count("\n", 0, match.start()), match.group(1), match.group(2)


def check(tree):
    page = tree.files.get(PAGE)
    if page is None:
        return [Finding(PAGE, 1, "extending", "the page is missing")]
    findings = []
    for section in re.finditer(r"^## (Add [^\n]*)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL):
        line = page.count("\n", 0, section.start(2)) + 1
        items = list(_items(section.group(2)))
        if not 1 <= len(items) <= MOST:
            findings.append(Finding(PAGE, line, "extending", f"{section.group(1)}: {len(items)} files (1 to {MOST})"))
        listed = set()
        for offset, path, text in items:
            paths = _matching(tree, path)
            listed.update(paths)
            if not paths:
                findings.append(Finding(PAGE, line + offset, "extending", f"there is no {path}"))
            for name in re.findall(r"`([A-Za-z_]\w*)`", text):
                if "NAME" not in name and paths and not any(re.search(rf"\b{name}\b", tree.files[p]) for p in paths):
                    findings.append(Finding(PAGE, line + offset, "extending", f"{path} does not hold {name}"))
        example = re.search(r"^Example: `([^`]+)`", section.group(2), re.MULTILINE)
        if not example:
            findings.append(Finding(PAGE, line, "extending", f"{section.group(1)}: no example"))
            continue
        word = re.compile(rf"(?<!\w){re.escape(example.group(1))}(?!\w)")
        holding = [p for p in tree.code() if not is_test(p) and word.search(COMMENT.sub("", tree.files[p]))]
        findings += [Finding(path, 1, "extending", f"{section.group(1)}: its example {example.group(1)} stands here too; "
                             f"name the file in {PAGE}, or make the list shorter again") for path in set(holding) - listed]
        if not holding:
            findings.append(Finding(PAGE, line, "extending", f"nothing holds the example {example.group(1)}"))
    return findings

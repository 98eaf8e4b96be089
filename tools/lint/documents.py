"""What a document names is there: files, tests as `Suite.Test`, and names of the code as `Name` or `name`.

Looked at are Markdown pages, comments in CMake files, and comments in C++. CHANGELOG.md tells of what was, and may name it.
"""
import fnmatch
import pathlib
import posixpath
import re

from tree import CODE, Finding

SPAN = re.compile(r"`([^`\n]+)`|\]\(([^)\s]+)\)")
SOURCE = re.compile(r"[\w.*/+-]*\w\.(?:hpp|cpp|py|cmake|md|sh)\b(?!\()")
IN_COMMENT = re.compile(r"(?<![\w/.*])(?:[\w-]+/)*[\w-]+\.(?:hpp|cpp|py|cmake|md)\b")
CODE_NAME = re.compile(r"`((?:[A-Za-z_]\w*::)*[A-Za-z_]\w*)(?:\(\))?`")
TEST = re.compile(r"`(?:\w+/)?([A-Z]\w+)\.(\w+\*?|\*)`")
# Written by the build.
GENERATED = {"build_info.hpp"}


class Names:
    def __init__(self, tree):
        self.files = set(tree.files)
        self.folders = {str(parent) for name in self.files for parent in pathlib.PurePosixPath(name).parents}
        self.base_names = {name.rsplit("/", 1)[-1] for name in self.files}
        self.top = {name.split("/")[0] for name in self.files if "/" in name}

    def known(self, name, document):
        name = name.rstrip("/")
        if name in GENERATED:
            return True
        places = {posixpath.normpath(posixpath.join(base, name))
                  for base in (posixpath.dirname(document), "", "src", "apps/clm", "tests", "bench")}
        if any(mark in name for mark in "*?"):
            patterns = places | ({name} if "/" in name else {f"*/{name}", name})
            return any(fnmatch.fnmatch(file, pattern) for file in self.files | self.folders for pattern in patterns)
        return bool(places & (self.files | self.folders)) or ("/" not in name and name in self.base_names)


def _written(names, text):
    """Names of files in one code span or link of a page."""
    if re.match(r"[a-z]+://|#|mailto:", text):
        return
    text = text.split("#")[0]
    for word in text.split():
        word = word.strip(",;:()'\"")
        if "NAME" in word or "$" in word or "<" in word or word.startswith(("/", "~", "-", "build/")):
            continue
        if SOURCE.fullmatch(word) or word.split("/")[0] in names.top and "/" in word and re.fullmatch(r"[\w./*+-]+", word):
            yield word


def _test_names(tree):
    tests = set()
    for path in tree.code():
        tests.update(re.findall(r"^(?:TEST|TEST_F|TEST_P|TYPED_TEST)\((\w+),\s*(\w+)\)", tree.files[path], re.MULTILINE))
    for path, text in tree.files.items():
        if path.endswith("CMakeLists.txt"):
            tests.update(re.findall(r"add_test\(NAME (\w+)\.(\w+)", text))
    return tests


def check(tree):
    names = Names(tree)
    tests = _test_names(tree)
    suites = {suite for suite, _ in tests}
    words = {word for path, text in tree.files.items() if not path.endswith(".md") for word in re.findall(r"\w+", text)}
    words |= {name.split(".")[0] for name in names.base_names}
    findings = []

    def missing(path, number, name):
        findings.append(Finding(path, number, "documents", f"there is no {name}"))

    for path, text in sorted(tree.files.items()):
        lines = text.splitlines()
        if path.endswith(".md") and path != "CHANGELOG.md":
            for number, line in enumerate(lines, 1):
                for span in SPAN.findall(line):
                    for name in _written(names, span[0] or span[1]):
                        if not names.known(name, path):
                            missing(path, number, name)
                for name in CODE_NAME.findall(line):
                    if "NAME" not in name and not words.issuperset(name.split("::")):
                        missing(path, number, name)
                for suite, test in TEST.findall(line):
                    if suite in suites and not any(s == suite and fnmatch.fnmatch(t, test) for s, t in tests):
                        missing(path, number, f"test {suite}.{test}")
                    elif suite not in suites and re.search(r"[a-z]", suite) and path == "tests/README.md":
                        missing(path, number, f"test {suite}.{test}")
        comment = "#" if path.endswith((".cmake", "CMakeLists.txt")) else "//" if path.endswith(CODE) else None
        if comment:
            for number, line in enumerate(lines, 1):
                _, mark, said = line.partition(comment)
                if not mark or line.lstrip().startswith("#include") or '"' in line.split(comment)[0]:
                    continue
                for name in IN_COMMENT.findall(said):
                    if not names.known(name, path):
                        missing(path, number, name)
    return findings

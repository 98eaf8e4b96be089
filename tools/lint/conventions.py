"""Conventions of a single line or file: layers (a module includes only modules above it), ambient (time, randomness,
environment only where they are handed in), heavy headers only in .cpp files, size, names that say nothing, unfinished work.
"""
import pathlib
import posixpath
import re

from tree import CODE, Finding

MAX_LINES = 500

# pattern, what to do instead, path prefixes where it is at home
BANNED = [
    (r"system_clock|\btime\(nullptr\)|\bgettimeofday\b|\bclock_gettime\b", "take a Clock", ("src/base/time",)),
    (r"\bstd::random_device\b|\bs?rand\(|\bstd::mt19937|\bstd::\w+_distribution\b", "take a seed and use Random", ()),
    (r"\bgetenv\b", "take settings", ("apps/clm/", "tests/support/")),
    (r"\bstd::cout\b|\bprintf\(", "return the text, or log it", ("apps/clm/", "bench/")),
    # A lock that another process holds cannot be waited for in any other way.
    (r"\bsleep_for\b|\bsleep_until\b", "take a pause as an argument", ("src/adapters/", "src/base/file_io.cpp")),
    (r"last_write_time|st_mtime", "freshness comes from the manifest, never from a file's date", ("tests/",)),
    # `throw;` looks at the exception in hand; CLI11 is told of wrong usage by its own exceptions.
    (r"\bthrow\b(?!;| CLI::)", "return a Result", ()),
    (r"-ffast-math", "the bits must not depend on the machine", ()),
]
HEAVY = re.compile(r'#include\s*[<"](arrow/|parquet/|torch/|boost/|soci|Eigen/|spdlog/|nlohmann/json\.hpp|CLI/|toml\+\+/)')
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "manager", "v2"}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def without_comments(line):
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', line.split("//")[0])


def module_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def public_headers(tree):
    """Headers that another header, or a file of another directory, includes; the rest are a module's own."""
    public = set()
    for path in tree.code():
        folder = posixpath.dirname(path)
        for name in re.findall(r'^#include "([^"]+)"', tree.files[path], re.MULTILINE):
            included = next((place for place in (f"src/{name}", posixpath.join(folder, name)) if place in tree.files), None)
            if included and (path.endswith(".hpp") or folder != posixpath.dirname(included)):
                public.add(included)
    return public


def check_file(tree, path, public):
    for part in pathlib.PurePosixPath(path).with_suffix("").parts:
        if part in EMPTY_NAMES:
            yield Finding(path, 1, "name", f"'{part}' says nothing about its purpose")
    if not path.endswith(CODE + (".py", ".sh", ".cmake")):
        return
    lines = tree.files[path].splitlines()
    if len(lines) > MAX_LINES:
        yield Finding(path, len(lines), "size", f"{len(lines)} lines; look for the seam (limit {MAX_LINES})")
    own = module_of(path)
    is_test = path.endswith(("_test.cpp", "_bench.cpp", "_fuzz.cpp")) or path.startswith(("tests/", "bench/"))
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield Finding(path, number, "unfinished", line.strip())
        if not path.endswith(CODE):
            continue
        if path in public and HEAVY.match(line) and not is_test:
            yield Finding(path, number, "heavy header", "belongs in a .cpp file: others include this header")
        include = re.match(r'#include "(\w+)/', line)
        if own in tree.layers and include and include.group(1) in tree.layers:
            if tree.layers.index(include.group(1)) > tree.layers.index(own):
                yield Finding(path, number, "layers", f"{own} may not include {include.group(1)}")
        if is_test:
            continue
        code = without_comments(line)
        for pattern, remedy, at_home in BANNED:
            if re.search(pattern, code) and not path.startswith(at_home):
                yield Finding(path, number, "ambient", f"{remedy}: {line.strip()}")
    if path.endswith(".hpp") and "#pragma once" not in lines[:1]:
        yield Finding(path, 1, "header", "begins with #pragma once")


def check(tree):
    public = public_headers(tree)
    findings = [finding for path in tree.files for finding in check_file(tree, path, public)]
    places = {}
    for path in tree.code():
        if path.startswith("src/"):
            other = places.setdefault(posixpath.basename(path), path)
            if other != path:
                findings.append(Finding(path, 1, "name", f"{other} has this name too; documents name files by it"))
    for module in tree.modules:
        if f"src/{module}/README.md" not in tree.files:
            findings.append(Finding(f"src/{module}", 1, "readme", "a module has a README.md of at most a screen"))
    return findings

#!/usr/bin/env python3
"""Holds the conventions that the compiler does not check. Prints `path:line: rule: what` and exits 1 on any finding.

Rules: layers (a module includes only modules above it), ambient (time, randomness, environment only where they are
handed in), heavy headers only in .cpp files, file size, names that say nothing, and unfinished work.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = 500

LAYERS = re.search(r"set\(CLM_LAYERS ([^)]*)\)", (ROOT / "cmake/clm_module.cmake").read_text()).group(1).split()

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
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def tracked():
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                             capture_output=True, text=True).stdout
    return [ROOT / line for line in listing.splitlines() if (ROOT / line).is_file()]


def without_comments(line):
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', line.split("//")[0])


def module_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def public_headers(paths):
    """Headers that another header, or a file of another directory, includes; the rest are a module's own."""
    public = set()
    for path in paths:
        if path.suffix not in {".cpp", ".hpp"}:
            continue
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE):
            included = next((root / name for root in (ROOT / "src", path.parent) if (root / name).is_file()), None)
            if included and (path.suffix == ".hpp" or path.parent != included.parent):
                public.add(included)
    return public


def check(path, findings, public):
    relative = str(path.relative_to(ROOT))
    for part in path.relative_to(ROOT).with_suffix("").parts:
        if part in EMPTY_NAMES:
            findings.append((relative, 1, "name", f"'{part}' says nothing about its purpose"))
    if path.suffix not in {".cpp", ".hpp", ".py", ".sh", ".cmake"}:
        return
    lines = path.read_text().splitlines()
    if len(lines) > MAX_LINES:
        findings.append((relative, len(lines), "size", f"{len(lines)} lines; look for the seam (limit {MAX_LINES})"))
    own = module_of(path)
    is_test = path.name.endswith(("_test.cpp", "_bench.cpp", "_fuzz.cpp")) or relative.startswith(("tests/", "bench/"))
    for number, line in enumerate(lines, 1):
        if relative != "tools/lint.py" and UNFINISHED.search(line):
            findings.append((relative, number, "unfinished", line.strip()))
        if path.suffix not in {".cpp", ".hpp"}:
            continue
        if path in public and HEAVY.match(line) and not is_test:
            findings.append((relative, number, "heavy header", "belongs in a .cpp file: others include this header"))
        include = re.match(r'#include "(\w+)/', line)
        if own and include and include.group(1) in LAYERS:
            if LAYERS.index(include.group(1)) > LAYERS.index(own):
                findings.append((relative, number, "layers", f"{own} may not include {include.group(1)}"))
        if is_test:
            continue
        code = without_comments(line)
        for pattern, remedy, at_home in BANNED:
            if re.search(pattern, code) and not relative.startswith(at_home):
                findings.append((relative, number, "ambient", f"{remedy}: {line.strip()}"))
    if path.suffix == ".hpp" and "#pragma once" not in lines[:1]:
        findings.append((relative, 1, "header", "begins with #pragma once"))


def main():
    findings = []
    paths = tracked()
    public = public_headers(paths)
    for path in paths:
        check(path, findings, public)
    for module in LAYERS:
        directory = ROOT / "src" / module
        if directory.is_dir() and not (directory / "README.md").is_file():
            findings.append((f"src/{module}", 1, "readme", "a module has a README.md of at most a screen"))
    for relative, number, rule, what in findings:
        print(f"{relative}:{number}: {rule}: {what}")
    print(f"lint: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

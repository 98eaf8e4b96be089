"""The rooms of a module, as `clm_module(... ROOMS a b c)` lists them, and those of the program (CLM_PROGRAM_ROOMS): a room
includes itself and those before it.

Tests and what they share may include everything. A file that stands in no room is not looked at, and neither is a module
that lists none.
"""
import re

from tree import Finding, is_test

PROGRAM = "apps/clm"


def _program_rooms(tree):
    found = re.search(r"set\(CLM_PROGRAM_ROOMS ([^)]*)\)", tree.files.get(f"{PROGRAM}/CMakeLists.txt", ""))
    return found.group(1).split() if found else []


def _check(tree, folder, included_as, rooms, others):
    """`included_as` is what stands before a room's name in an include."""
    unknown = set()
    for path in tree.code():
        inside = path.removeprefix(folder + "/").split("/")
        if not path.startswith(folder + "/") or len(inside) < 2:
            continue
        own = inside[0]
        if own not in rooms:
            unknown.add(own)
        if own not in rooms or is_test(path):
            continue
        for number, line in enumerate(tree.files[path].splitlines(), 1):
            included = re.match(rf'#include "{included_as}(\w+)/', line)
            if included and included.group(1) in rooms and rooms.index(included.group(1)) > rooms.index(own):
                yield Finding(path, number, "rooms", f"{own} may not include {included.group(1)}: it stands after it in ROOMS")
    for room in sorted(unknown - set(others)):
        yield Finding(f"{folder}/CMakeLists.txt", 1, "rooms", f"{room}/ is not among its ROOMS")


def check(tree):
    findings = []
    for module, call in tree.modules.items():
        if call.get("ROOMS"):
            findings += _check(tree, f"src/{module}", f"{module}/", call["ROOMS"], call.get("WITHOUT", []))
    if _program_rooms(tree):
        findings += _check(tree, PROGRAM, "", _program_rooms(tree), [])
    return findings

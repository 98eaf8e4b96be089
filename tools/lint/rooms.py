"""The rooms of a module, as `clm_module(... ROOMS a b c)` lists them: a room includes itself and those before it.

Tests and what they share may include everything. A file that stands in no room is not looked at, and neither is a module
that lists none.
"""
import re

from tree import CODE, Finding, is_test


def check(tree):
    findings = []
    for module, call in tree.modules.items():
        rooms = call.get("ROOMS", [])
        if not rooms:
            continue
        known = set(rooms) | set(call.get("WITHOUT", []))
        unknown = set()
        for path in tree.code():
            parts = path.split("/")
            if parts[:2] != ["src", module] or len(parts) < 4:
                continue
            own = parts[2]
            if own not in known:
                unknown.add(own)
            if own not in rooms or is_test(path):
                continue
            for number, line in enumerate(tree.files[path].splitlines(), 1):
                included = re.match(rf'#include "{module}/(\w+)/', line)
                if included and included.group(1) in rooms and rooms.index(included.group(1)) > rooms.index(own):
                    findings.append(Finding(path, number, "rooms", f"{module}/{own} may not include "
                                            f"{module}/{included.group(1)}: it stands after it in ROOMS"))
        for room in sorted(unknown):
            findings.append(Finding(f"src/{module}/CMakeLists.txt", 1, "rooms", f"{room}/ is not among its ROOMS"))
    return findings

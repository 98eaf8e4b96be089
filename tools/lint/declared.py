"""What a module includes, its CMakeLists declares: DEPENDS of clm_module, clm_MODULE of the program. And nothing more."""
import re

from tree import CODE, Finding

INCLUDE = re.compile(r'#include "(\w+)/')


def _includes(tree, folder):
    """(path, line, module) of every include of a module in the sources under `folder`."""
    for path in sorted(tree.files):
        if path.startswith(folder) and path.endswith(CODE):
            for number, line in enumerate(tree.files[path].splitlines(), 1):
                found = INCLUDE.match(line)
                if found and found.group(1) in tree.layers:
                    yield path, number, found.group(1)


def check(tree):
    findings = []
    for module, call in tree.modules.items():
        declared = set(call.get("DEPENDS", []))
        used = set()
        for path, number, included in _includes(tree, f"src/{module}/"):
            used.add(included)
            if included not in declared | {module}:
                findings.append(Finding(path, number, "declared", f"src/{module}/CMakeLists.txt has no DEPENDS {included}"))
        for unused in sorted(declared - used):
            findings.append(Finding(f"src/{module}/CMakeLists.txt", 1, "declared", f"nothing here includes {unused}"))
    program = re.sub(r"#[^\n]*", "", tree.files.get("apps/clm/CMakeLists.txt", ""))
    linked = set(re.findall(r"\bclm_(\w+)", program))
    for path, number, included in _includes(tree, "apps/clm/"):
        if included not in linked:
            findings.append(Finding(path, number, "declared", f"apps/clm/CMakeLists.txt does not link clm_{included}"))
    return findings

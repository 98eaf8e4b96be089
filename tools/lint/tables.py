"""docs/DATABASE.md names every table of the database and where it is declared, and none that is not there.
"""
import re

from tree import Finding, is_test

PAGE = "docs/DATABASE.md"


def check(tree):
    created = {}
    for path in tree.code():
        if not is_test(path):
            for match in re.finditer(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", tree.files[path]):
                created[match.group(1)] = (path, tree.files[path].count("\n", 0, match.start()) + 1)
    rows = re.findall(r"^\| `(\w+)` \| `\w+` \| `([\w.]+)` \|", tree.files.get(PAGE, ""), re.MULTILINE)
    named = dict(rows)
    findings = [Finding(path, line, "tables", f"{table} has no row in {PAGE}")
                for table, (path, line) in created.items() if table not in named]
    for table, file in rows:
        if table not in created:
            findings.append(Finding(PAGE, 1, "tables", f"nothing creates {table}"))
        elif not created[table][0].endswith("/" + file):
            findings.append(Finding(PAGE, 1, "tables", f"{table} is declared in {created[table][0]}, not in {file}"))
    return findings

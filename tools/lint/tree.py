"""The files of the repository as the rules see them: names and texts, so that a test can make a tree of its own."""
import dataclasses
import functools
import pathlib
import re
import subprocess

CODE = (".cpp", ".hpp")
TEXT = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".md", ".txt", ".toml", ".json", "")


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.what}"


class Tree:
    """`files` maps a path from the repository's root to the text of the file; files that are not text map to ""."""

    def __init__(self, files):
        self.files = dict(files)

    @classmethod
    def read(cls, root):
        listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root, check=True,
                                 capture_output=True, text=True).stdout
        names = [name for name in listing.splitlines() if (root / name).is_file()]
        return cls({name: (root / name).read_text(errors="replace") if pathlib.PurePath(name).suffix in TEXT else ""
                    for name in names})

    @functools.cached_property
    def layers(self):
        """The modules in their order, from cmake/clm_module.cmake."""
        found = re.search(r"set\(CLM_LAYERS ([^)]*)\)", self.files.get("cmake/clm_module.cmake", ""))
        return found.group(1).split() if found else []

    @functools.cached_property
    def modules(self):
        """Module -> what its clm_module(...) declares: lists by keyword (DEPENDS, ROOMS, WITHOUT, ...)."""
        return {name: call for name, call in ((n, self._module_call(n)) for n in self.layers) if call is not None}

    def _module_call(self, module):
        text = self.files.get(f"src/{module}/CMakeLists.txt")
        call = re.search(r"clm_module\(([^)]*)\)", re.sub(r"#[^\n]*", "", text or ""))
        if not call:
            return None
        values, keyword = {}, ""
        for word in call.group(1).split():
            if word == "NUMERIC":
                continue
            if word in {"NAME", "DEPENDS", "LIBRARIES", "WITHOUT", "ROOMS"}:
                keyword = word
                values[keyword] = []
            else:
                values.setdefault(keyword, []).append(word)
        return values

    def code(self):
        return sorted(name for name in self.files if name.endswith(CODE))


def is_test(path):
    """Tests, what they share, and benchmarks: what the program does not hold."""
    name = pathlib.PurePath(path).name
    return (path.startswith(("tests/", "bench/"))
            or re.search(r"_(test|bench|fuzz)\.cpp$|_(fixture|test_support|oracle)\.[ch]pp$", name) is not None)

"""Functions that no program reaches: from `main` and what stands at the scope of namespaces, by names.

By names means: two functions of one name are one to this rule, and what is reached by any is reached by all. So it finds
less than there is, and what it finds is dead. A table row, a default argument or a member's initializer reaches what it
names. Benchmarks count as tests: they measure the program, they are not it.
"""
import collections

from cpp_text import DIRECTIVE, WORD, function_name, pieces, without_comments_and_strings, without_directives
from tree import Finding, is_test

# What the language, a library or the loader calls by a name that stands nowhere in our code.
CALLED_FROM_OUTSIDE = {"main", "allocate", "deallocate"}

ORACLE = "an independent way to a number, which a test holds the program's way against"
SEEN_BY_TESTS = "what an object holds inside, which a test compares with its definition"
TRUTH = "the truth of a simulated market, which tests compare forecasts with"

# Function -> why the program need not reach it. A row whose function is gone, or is reached, must be removed.
NOT_REACHED = {
    "siegmund_run_length": ORACLE,
    "energy_distance": ORACLE,
    "buckets": SEEN_BY_TESTS,
    "critical_count": SEEN_BY_TESTS,
    "in_file": SEEN_BY_TESTS,
    "rho": SEEN_BY_TESTS,
    "bar_of": TRUTH,
    "best_forecast": TRUTH,
}


class Reach:
    """Which names lead to which: `uses[name]` is every word in the bodies of the functions of that name."""

    def __init__(self, tree):
        self.uses = collections.defaultdict(set)
        self.roots = {"program": set(CALLED_FROM_OUTSIDE), "test": set()}
        self.declared = {}  # name -> (path, line) of its declaration in a header of the program
        for path in tree.code():
            self._read(path, tree.files[path])

    def _read(self, path, text):
        code = without_comments_and_strings(text)
        roots = self.roots["test" if is_test(path) else "program"]
        for directive in DIRECTIVE.findall(code):
            if "#define" in directive:
                roots.update(WORD.findall(directive))
        for piece in pieces(without_directives(code)):
            named = function_name(piece.head)
            words = set(WORD.findall(piece.head))
            if named is None:
                roots.update(words, WORD.findall(piece.body))
                continue
            of_class, name = named
            # Whoever names a type reaches its constructors and destructor.
            name = name.lstrip("~")
            words -= {name, of_class}
            if is_test(path) and (not piece.is_function_body or name.startswith("TEST") or name.startswith("BENCHMARK")):
                roots.update(words, WORD.findall(piece.body))
                continue
            words.update(WORD.findall(piece.body))
            self.uses[name] |= words
            if path.endswith(".hpp") and not is_test(path):
                self.declared.setdefault(name, (path, piece.line))

    def reached(self, *kinds):
        seen = set()
        waiting = [name for kind in kinds for name in self.roots[kind]]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(self.uses.get(name, ()))
        return seen


def check(tree, not_reached=None):
    not_reached = NOT_REACHED if not_reached is None else not_reached
    reach = Reach(tree)
    by_program, by_any = reach.reached("program"), reach.reached("program", "test")
    findings, met = [], set()
    for name, (path, line) in reach.declared.items():
        if name in by_program:
            continue
        met.add(name)
        if name in not_reached:
            continue
        if name not in by_any:
            findings.append(Finding(path, line, "reach", f"nobody calls {name}: remove it"))
        else:
            findings.append(Finding(path, line, "reach", f"only tests or benchmarks reach {name}: wire it in, move it to "
                                                         "what tests share, or remove it with them"))
    for name in sorted(set(not_reached) - met):
        findings.append(Finding("tools/lint/reach.py", 1, "reach", f"{name} is gone or reached: remove its row from NOT_REACHED"))
    return findings

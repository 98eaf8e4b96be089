"""C++ source as much as the rules need of it: without comments and strings, cut into scopes by its braces.

This is no parser. It relies on the layout that clang-format gives, and where it errs it errs by finding less.
"""
import dataclasses
import re

SKIPPED = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_]\w*")


def blank(match):
    """What is skipped keeps its lines, so that line numbers stay."""
    return ('""' if match.group(0)[0] in "\"R" else " ") + "\n" * match.group(0).count("\n")


def without_comments_and_strings(text):
    return SKIPPED.sub(blank, text)


def without_directives(code):
    return DIRECTIVE.sub(lambda match: "\n" * match.group(0).count("\n"), code)


@dataclasses.dataclass
class Piece:
    """A declaration or definition at the scope of a namespace or a type."""
    head: str        # up to its brace or semicolon
    line: int        # where the head begins
    in_type: bool    # a member
    body: str = ""   # of a function, or of an initializer
    is_function_body: bool = False
    body_line: int = 0
    end_line: int = 0


def _kind(head):
    """namespace, type, function or initializer: what the brace after `head` opens."""
    head = re.sub(r"\btemplate\s*<[^{};]*?>\s*(?=\w)", "", head).strip()
    if re.search(r"\bnamespace\b|\bextern\s*\"\"\s*$", head):
        return "namespace"
    if re.match(r"(?:typedef\s+|static\s+|inline\s+|constexpr\s+|const\s+)*(?:class|struct|union|enum)\b", head) and \
            not re.search(r"\)\s*(?:const|noexcept|override|final|\s)*$", head):
        return "initializer" if re.match(r"enum\b", head) or "=" in head else "type"
    before = head.split("(")[0]
    if "(" in head and "=" not in before.replace("operator==", "").replace("operator=", ""):
        return "function"
    return "initializer"


def pieces(code):
    """The pieces of `code`, which is without comments, strings and directives."""
    found = []
    scopes = []          # "namespace" or "type" of every open scope
    start = position = 0  # of the head

    def line_of(index):
        return code.count("\n", 0, index) + 1

    def head_start():
        blank_before = len(code[start:position]) - len(code[start:position].lstrip())
        return start + blank_before

    while position < len(code):
        char = code[position]
        in_type = bool(scopes) and scopes[-1] == "type"
        if char == ";":
            head = code[start:position].strip()
            if head:
                found.append(Piece(head, line_of(head_start()), in_type))
            start = position + 1
        elif char == "}":
            if scopes:
                scopes.pop()
            start = position + 1
        elif char == ":" and re.fullmatch(r"\s*(public|private|protected)\s*", code[start:position]):
            start = position + 1
        elif char == "(":
            position = _closing(code, position, "()")
        elif char == "{":
            head = code[start:position].strip()
            kind = _kind(head)
            if kind in {"namespace", "type"}:
                if kind == "type":
                    found.append(Piece(head, line_of(head_start()), in_type))
                scopes.append(kind)
                start = position + 1
            else:
                opened = position
                position = _closing(code, position, "{}")
                # `a_{a}` of a constructor's list is followed by more of it, or by the body.
                if kind == "function" and re.match(r"\s*[,{]", code[position + 1:position + 80]):
                    position += 1
                    continue
                found.append(Piece(head, line_of(head_start()), in_type, code[opened:position + 1], kind == "function",
                                   line_of(opened), line_of(position)))
                start = position + 1
        position += 1
    return found


def _closing(code, position, pair):
    """Where the bracket that opens at `position` closes; the end of the text where it does not."""
    depth = 0
    for match in re.compile(f"[{re.escape(pair)}]").finditer(code, position):
        depth += 1 if match.group(0) == pair[0] else -1
        if depth == 0:
            return match.start()
    return len(code) - 1


FUNCTION_NAME = re.compile(r"(?:\b([A-Za-z_]\w*)\s*::\s*)?(~?[A-Za-z_]\w*)\s*\($")


def function_name(head):
    """(class or "", name) of the function that `head` declares, or None: operators and variables have no such name."""
    head = re.sub(r"\[\[[^\]]*\]\]", " ", head)
    if "operator" in head or re.match(r"\s*(?:using|typedef|friend|static_assert|return|enum)\b", head):
        return None
    opening = head.find("(")
    if opening < 0 or "=" in head[:opening]:
        return None
    found = FUNCTION_NAME.search(head[:opening + 1])
    return (found.group(1) or "", found.group(2)) if found else None

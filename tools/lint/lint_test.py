#!/usr/bin/env python3
"""Every rule of tools/lint finds what is planted for it here, and says nothing where it is not."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import conventions
import declared
import documents
import extending
import function_length
import reach
import rooms
import silent_tests
import tables
from tree import Tree

LAYERS = "set(CLM_LAYERS base market learning)\n"


def found(rule, files, *arguments):
    return [f"{f.path}:{f.line} {f.what}" for f in rule.check(Tree({"cmake/clm_module.cmake": LAYERS} | files), *arguments)]


class Conventions(unittest.TestCase):
    def finds(self, path, text, what):
        files = {path: text}
        if path.endswith(".hpp"):
            files["src/base/other.hpp"] = f'#pragma once\n#include "{path.removeprefix("src/")}"\n'
        self.assertTrue(any(what in line for line in found(conventions, files)), found(conventions, files))

    def test_each_finds_what_is_planted(self):
        self.finds("src/base/a.cpp", '#include "market/b.hpp"\n', "base may not include market")
        self.finds("src/base/a.cpp", "auto t = std::chrono::system_clock::now();\n", "take a Clock")
        self.finds("src/base/a.cpp", "std::random_device d;\n", "take a seed")
        self.finds("src/base/a.cpp", 'std::getenv("HOME");\n', "take settings")
        self.finds("src/base/a.cpp", "std::cout << 1;\n", "return the text")
        self.finds("src/base/a.cpp", "std::this_thread::sleep_for(s);\n", "take a pause")
        self.finds("src/base/a.cpp", "fs::last_write_time(p);\n", "a file's date")
        self.finds("src/base/a.cpp", "throw Wrong();\n", "return a Result")
        self.finds("src/base/a.cpp", "// TO" "DO: more\n", "TO" "DO")
        self.finds("src/base/a.cpp", "int a;\n" * 501, "501 lines")
        self.finds("src/base/a.hpp", "#pragma once\n#include <arrow/api.h>\n", "belongs in a .cpp file")
        self.finds("src/base/a.hpp", "int a;\n", "#pragma once")
        self.finds("src/base/utils.cpp", "\n", "says nothing about its purpose")
        self.finds("src/base/CMakeLists.txt", "clm_module(NAME base)", "README.md")

    def test_two_files_of_one_name(self):
        self.assertEqual(found(conventions, {"src/base/a.cpp": "", "src/market/a.cpp": "", "apps/clm/a.cpp": ""}),
                         ["src/market/a.cpp:1 src/base/a.cpp has this name too; documents name files by it"])

    def test_nothing_is_found_in_strings_comments_and_tests(self):
        files = {"src/base/a.cpp": 'auto s = "std::cout << rand()";  // getenv("X")\n',
                 "src/base/a_test.cpp": "std::cout << 1;\n"}
        self.assertEqual(found(conventions, files), [])


class Declared(unittest.TestCase):
    def test_an_include_that_is_not_declared_and_a_declaration_that_nothing_includes(self):
        files = {"src/market/CMakeLists.txt": "clm_module(NAME market DEPENDS base)",
                 "src/market/a.cpp": '#include "base/b.hpp"\n#include "market/c.hpp"\n',
                 "src/learning/CMakeLists.txt": "# DEPENDS market\nclm_module(NAME learning DEPENDS base)",
                 "src/learning/a.cpp": '\n#include "market/c.hpp"\n'}
        self.assertEqual(found(declared, files),
                         ["src/learning/a.cpp:2 src/learning/CMakeLists.txt has no DEPENDS market",
                          "src/learning/CMakeLists.txt:1 nothing here includes base"])

    def test_the_program_links_what_it_includes(self):
        files = {"apps/clm/CMakeLists.txt": "target_link_libraries(clm_program PRIVATE clm_base)",
                 "apps/clm/a.cpp": '#include "base/b.hpp"\n#include "market/c.hpp"\n'}
        self.assertEqual(found(declared, files), ["apps/clm/a.cpp:2 apps/clm/CMakeLists.txt does not link clm_market"])


class Rooms(unittest.TestCase):
    CALL = {"src/learning/CMakeLists.txt": "clm_module(NAME learning ROOMS data jobs WITHOUT own)"}

    def test_a_room_includes_itself_and_those_before_it(self):
        files = self.CALL | {"src/learning/data/a.cpp": '#include "learning/data/b.hpp"\n#include "learning/jobs/c.hpp"\n',
                             "src/learning/jobs/c.hpp": '#pragma once\n#include "learning/data/b.hpp"\n'}
        self.assertEqual(found(rooms, files), ["src/learning/data/a.cpp:2 data may not include jobs: it stands after "
                                               "it in ROOMS"])

    def test_the_rooms_of_the_program(self):
        files = {"apps/clm/CMakeLists.txt": "set(CLM_PROGRAM_ROOMS report cli)", "apps/clm/cli/a.cpp": '#include "report/b.hpp"\n',
                 "apps/clm/report/b.hpp": '#pragma once\n#include "cli/c.hpp"\n', "apps/clm/main.cpp": '#include "cli/c.hpp"\n'}
        self.assertEqual(found(rooms, files),
                         ["apps/clm/report/b.hpp:2 report may not include cli: it stands after it in ROOMS"])

    def test_a_folder_that_is_not_listed(self):
        files = self.CALL | {"src/learning/attic/a.cpp": "\n", "src/learning/own/a.cpp": "\n"}
        self.assertEqual(found(rooms, files), ["src/learning/CMakeLists.txt:1 attic/ is not among its ROOMS"])

    def test_tests_files_without_a_room_and_modules_without_rooms_are_left_alone(self):
        files = self.CALL | {"src/learning/data/a_test.cpp": '#include "learning/jobs/c.hpp"\n',
                             "src/learning/data/job_fixture.hpp": '#include "learning/jobs/c.hpp"\n',
                             "src/learning/a.cpp": '#include "learning/jobs/c.hpp"\n',
                             "src/market/CMakeLists.txt": "clm_module(NAME market)",
                             "src/market/store/a.cpp": '#include "market/import/b.hpp"\n'}
        self.assertEqual(found(rooms, files), [])


class FunctionLength(unittest.TestCase):
    def code(self, lines):
        body = "  if (a) { b(); }  // }\n" * (lines - 2)
        return {"src/base/a.cpp": "namespace clm {\nstruct S {\n  int x = 0;\n};\n"
                                  f"S::S(int a) : x{{a}} {{\n{body}}}\n}}  // namespace clm\n"}

    def test_more_than_70_lines(self):
        self.assertEqual(found(function_length, self.code(70), {}), [])
        self.assertEqual(found(function_length, self.code(71), {}),
                         ["src/base/a.cpp:5 S::S has 71 lines; look for the seam (limit 70)"])

    def test_a_long_one_may_not_grow_and_a_short_one_leaves_the_list(self):
        self.assertEqual(found(function_length, self.code(80), {"a.cpp: S::S": 80}), [])
        self.assertEqual(len(found(function_length, self.code(81), {"a.cpp: S::S": 80})), 1)
        self.assertIn("remove its row", found(function_length, self.code(70), {"a.cpp: S::S": 80})[0])

    def test_a_test_is_a_function_too(self):
        body = "  EXPECT_TRUE(a);\n" * 80
        self.assertIn("Suite.Name has 82 lines",
                      found(function_length, {"src/base/a_test.cpp": f"TEST(Suite, Name) {{\n{body}}}\n"}, {})[0])


class Reached(unittest.TestCase):
    FILES = {"apps/clm/main.cpp": 'int main() { return used(); }\n',
             "src/base/a.hpp": "#pragma once\nint used();\nint dead();\nint tested();\nint behind_dead();\n"
                               "struct S {\n  int from_table() const { return 1; }\n};\n",
             "src/base/a.cpp": 'int used() { return 1; }  // dead()\nint dead() { return dead() + behind_dead(); }\n'
                               'int tested() { return 2; }\nint behind_dead() { return 3; }\n'
                               'const Row kRows[] = {{"dead", &S::from_table}};\n',
             "src/base/a_test.cpp": "TEST(A, B) { EXPECT_EQ(tested(), 2); }\n"}

    def test_from_main_and_from_tables(self):
        self.assertEqual([line.split(" ", 1)[0] + " " + line.split(":")[1].split(" ", 1)[1]
                          for line in found(reach, self.FILES, {})],
                         ["src/base/a.hpp:3 nobody calls dead",
                          "src/base/a.hpp:4 only tests or benchmarks reach tested",
                          "src/base/a.hpp:5 nobody calls behind_dead"])

    def test_an_exception_that_is_none_any_more(self):
        allowed = dict.fromkeys(["dead", "tested", "behind_dead"], "why")
        self.assertEqual(found(reach, self.FILES, allowed), [])
        self.assertIn("used is gone or reached", found(reach, self.FILES, allowed | {"used": "why"})[0])


class SilentTests(unittest.TestCase):
    def test_a_test_that_returns_instead_of_skipping(self):
        text = "TEST_F(A, B) {\n  if (!data) return;\n  EXPECT_TRUE(c);\n}\nvoid helper() {\n  return;\n}\n"
        self.assertEqual(found(silent_tests, {"src/base/a_test.cpp": text}),
                         ["src/base/a_test.cpp:2 GTEST_SKIP() << why, or judge"])
        self.assertEqual(found(silent_tests, {"src/base/a_test.cpp": text.replace("return", "GTEST_SKIP()")}), [])


class Tables(unittest.TestCase):
    FILES = {"src/base/a.cpp": 'x = R"sql(\nCREATE TABLE kept (\n)sql";\n', "src/base/a_test.cpp": "CREATE TABLE planted (\n"}

    def found(self, *rows):
        return found(tables, self.FILES | {"docs/DATABASE.md": "".join(f"| `{t}` | `Owner` | `{f}` | why |\n" for t, f in rows)})

    def test_rows_and_tables_agree(self):
        self.assertEqual(self.found(("kept", "a.cpp")), [])
        self.assertEqual(self.found(), ["src/base/a.cpp:2 kept has no row in docs/DATABASE.md"])
        self.assertIn("nothing creates gone", self.found(("kept", "a.cpp"), ("gone", "a.cpp"))[0])
        self.assertIn("not in b.cpp", self.found(("kept", "b.cpp"))[0])


class Documents(unittest.TestCase):
    FILES = {"src/base/a.hpp": "#pragma once\n", "src/base/a_test.cpp": "TEST(Suite, Holds) {}\n", "docs/B.md": ""}

    def test_files_that_are_not_there(self):
        page = "`a.hpp`, `src/base/a.hpp`, `base/a.hpp`, `src/*/a.hpp`, [b](docs/B.md), `x.csv`, `clm data`\n" \
               "`b.hpp` `src/base/b.hpp`\n[c](docs/C.md) `src/gone/`\n"
        self.assertEqual(found(documents, self.FILES | {"README.md": page}),
                         ["README.md:2 there is no b.hpp", "README.md:2 there is no src/base/b.hpp",
                          "README.md:3 there is no docs/C.md", "README.md:3 there is no src/gone/"])

    def test_in_comments(self):
        files = self.FILES | {"src/base/CMakeLists.txt": "# see a.hpp and gone.cpp\n",
                              "src/base/c.cpp": "int a;  // `lost.hpp` says why; a.hpp too\n"}
        self.assertEqual(found(documents, files),
                         ["src/base/CMakeLists.txt:1 there is no gone.cpp", "src/base/c.cpp:1 there is no lost.hpp"])

    def test_tests_that_are_not_there(self):
        files = self.FILES | {"tests/README.md": "`Suite.Holds` `Suite.*` `Suite.Gone` `Nowhere.AtAll`\n"}
        self.assertEqual(found(documents, files), ["tests/README.md:1 there is no test Suite.Gone",
                                                   "tests/README.md:1 there is no test Nowhere.AtAll"])

    def test_names_of_the_code_that_are_not_there(self):
        files = self.FILES | {"src/base/c.cpp": "struct Kept { int member; };\n",
                              "README.md": "`Kept::member` `Kept` `member()` `cmd_NAME` `a_test`\n`Gone` `Kept::lost`\n"}
        self.assertEqual(found(documents, files), ["README.md:2 there is no Gone", "README.md:2 there is no Kept::lost"])

    def test_the_changelog_may_name_what_was(self):
        self.assertEqual(found(documents, self.FILES | {"CHANGELOG.md": "`src/base/gone.hpp`\n"}), [])


class Extending(unittest.TestCase):
    FILES = {"apps/clm/cmd_reject.cpp": "void add_reject() {}\n", "apps/clm/commands.cpp": "t = {add_reject};\n"}
    PAGE = "## Add a command\n\n1. `apps/clm/cmd_NAME.cpp`: new\n2. `apps/clm/commands.cpp`: a row in `t`\n\nExample: `add_reject`\n"

    def found(self, page, **more):
        return found(extending, self.FILES | {"docs/EXTENDING.md": page} | more)

    def test_a_true_list(self):
        self.assertEqual(self.found(self.PAGE), [])

    def test_what_is_not_so(self):
        self.assertIn("there is no apps/clm/table.cpp", self.found(self.PAGE.replace("commands.cpp", "table.cpp"))[0])
        self.assertIn("does not hold kTable", self.found(self.PAGE.replace("`t`", "`kTable`"))[0])
        self.assertIn("no example", self.found(self.PAGE.replace("Example", "Like"))[0])
        self.assertIn("5 files", self.found(self.PAGE.replace("1.", "1. `docs/EXTENDING.md`\n" * 3 + "1."))[0])
        self.assertIn("nothing holds", self.found(self.PAGE.replace("`add_reject`", "`add_nothing`"))[0])
        self.assertIn("the page is missing", found(extending, self.FILES)[0])

    def test_a_place_that_the_list_forgot(self):
        self.assertIn("apps/clm/manual.cpp:1", found(extending, self.FILES | {
            "docs/EXTENDING.md": self.PAGE, "apps/clm/manual.cpp": "add_reject();\n"})[0])


if __name__ == "__main__":
    unittest.main()

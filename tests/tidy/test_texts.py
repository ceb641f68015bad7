"""Names, sizes, words and links."""

import fnmatch
import json
import pathlib
import re
import unittest

import rules
import tree

RATCHET = tree.ROOT / "tests/tidy/ratchet.json"
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_QUOTED_PATH = re.compile(r"`((?:[\w.@-]+/)+[\w.@*<>{}-]*|[\w-]+\.(?:md|lua|yaml|json|sh|py|h|cpp|cmake))`")


def too_long(lengths, ratchet):
    complaints = []
    for path, lines in lengths.items():
        if lines > ratchet.get(path, rules.LONGEST_FILE):
            complaints.append(f"{path}: {lines} lines, and {ratchet.get(path, rules.LONGEST_FILE)} are allowed")
    for path in ratchet:
        if lengths.get(path, 0) <= rules.LONGEST_FILE:
            complaints.append(f"tests/tidy/ratchet.json: {path} is short enough now, take it off the list")
    return complaints


def empty_name(path):
    words = re.split(r"[/_.-]", path)
    return [word for word in words if word.lower() in rules.EMPTY_NAMES]


def forbidden(path, text):
    complaints = []
    for pattern, why, allowed in rules.FORBIDDEN_TEXT:
        if not any(path.startswith(place) for place in allowed):
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                complaints.append(f"{path}:{line}: {why}")
    return complaints


def sleeps(path, text):
    if path in rules.SLEEPS_ALLOWED or path == "tests/tidy/rules.py":
        return []
    name = path.rsplit("/", 1)[-1]
    complaints = []
    for suffixes, pattern in rules.SLEEPS.items():
        if any(name.endswith(suffix) if suffix.startswith(".") else name == suffix for suffix in suffixes):
            for match in re.finditer(pattern, text, re.MULTILINE):
                complaints.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: a test waits for time to pass")
    return complaints


def exists(path):
    path = path.split("#")[0].split("?")[0].rstrip("/")
    if not path or any(path == made.rstrip("/") or path.startswith(made.rstrip("/") + "/")
                       for made in rules.MADE_AT_RUN_TIME):
        return True
    pattern = re.sub(r"<[^>]*>|\{[^}]*\}|…", "*", path)
    return any(True for _ in tree.ROOT.glob(pattern))


def dead_links(path, text):
    """Links must lead somewhere; quoted paths that begin with one of our folders must exist."""
    here = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
    top = {name.split("/")[0] for name in tree.files() if "/" in name}
    prose = re.sub(r"^```.*?^```", lambda m: "\n" * m.group().count("\n"), text, flags=re.DOTALL | re.MULTILINE)
    complaints = []
    for match in _LINK.finditer(prose):
        target = match.group(1)
        if not re.match(r"[a-z]+:|#", target) and not (tree.ROOT / (here + target.split("#")[0])).exists():
            complaints.append(f"{path}:{prose.count(chr(10), 0, match.start()) + 1}: no such file: {target}")
    for match in _QUOTED_PATH.finditer(prose):
        target = match.group(1)
        if target.split("/")[0] in top and "/" in target and not exists(target):
            complaints.append(f"{path}:{prose.count(chr(10), 0, match.start()) + 1}: names {target}, which is not there")
    return complaints


class Texts(unittest.TestCase):
    def hold(self, complaints):
        if complaints:
            self.fail("\n".join([""] + complaints))

    def test_files_are_small_or_shrinking(self):
        lengths = {path: tree.text(path).count("\n") for path in tree.with_suffix(rules.COUNTED)}
        self.hold(too_long(lengths, json.loads(RATCHET.read_text())))

    def test_names_say_what_is_kept(self):
        self.hold([f"{path}: '{word}' says nothing" for path in tree.files() for word in empty_name(path)])

    def test_no_secrets_machine_paths_registries_or_open_ends(self):
        self.hold([c for path in tree.with_suffix(rules.TEXT) for c in forbidden(path, tree.text(path))])

    def test_lua_lines_fit_100_columns(self):
        self.hold([f"{path}:{number}: {len(line)} columns"
                   for path in tree.with_suffix((".lua",))
                   for number, line in enumerate(tree.text(path).split("\n"), 1)
                   if len(line) > rules.LONGEST_LUA_LINE])

    def test_no_test_sleeps(self):
        suffixes = [suffix for group in rules.SLEEPS for suffix in group]
        self.hold([c for path in tree.with_suffix(suffixes, "tests/") for c in sleeps(path, tree.text(path))])

    def test_documents_name_only_files_that_exist(self):
        self.hold([c for path in tree.with_suffix((".md",)) for c in dead_links(path, tree.text(path))])

    def test_text_files_end_with_one_newline_and_have_no_carriage_returns(self):
        complaints = []
        for path in tree.with_suffix(rules.TEXT):
            data = (tree.ROOT / path).read_bytes()
            if b"/corpus/" not in path.encode() and data and (not data.endswith(b"\n") or b"\r\n" in data):
                complaints.append(f"{path}: line ends")
        self.hold(complaints)

    def test_scripts_can_be_started(self):
        complaints = []
        for path in tree.files():
            data = (tree.ROOT / path).read_bytes()[:2]
            if data == b"#!" and not (tree.ROOT / path).stat().st_mode & 0o111:
                complaints.append(f"{path}: begins with #! and is not executable")
        self.hold(complaints)


def left_out_of_image(ignored, paths):
    """Of `paths` those that a .dockerignore of these lines keeps from the image's build; the last line that fits decides."""
    gone = []
    for path in paths:
        out = False
        for line in ignored:
            pattern = line.lstrip("!").removeprefix("**/")
            places = [path, *(str(place) for place in pathlib.PurePosixPath(path).parents)]
            if any(fnmatch.fnmatchcase(place, pattern) for place in places):
                out = not line.startswith("!")
        if out:
            gone.append(path)
    return gone


class TheImage(unittest.TestCase):
    def test_the_image_is_built_from_all_that_cmake_reads(self):
        read = set()
        for path in tree.files():
            if path.startswith("core/") and path.endswith(("CMakeLists.txt", ".cmake")):
                read |= set(re.findall(r"PROJECT_SOURCE_DIR}/([\w.-]+(?:/[\w.-]+)*)", (tree.ROOT / path).read_text()))
        needed = [path for path in read if not path.startswith("build/")]
        self.assertIn("data/prices.json", needed)
        self.assertEqual(left_out_of_image((tree.ROOT / ".dockerignore").read_text().split(), needed), [])

    def test_what_is_left_out_is_found(self):
        self.assertEqual(left_out_of_image(["data"], ["data/prices.json"]), ["data/prices.json"])
        self.assertEqual(left_out_of_image(["data/*", "!data/prices.json"], ["data/prices.json", "data/x"]), ["data/x"])


class TheChecksThemselves(unittest.TestCase):
    """A check that never complains proves nothing."""

    def test_growth_and_stale_entries_are_found(self):
        self.assertTrue(too_long({"a.cpp": 501}, {}))
        self.assertTrue(too_long({"a.cpp": 611}, {"a.cpp": 610}))
        self.assertTrue(too_long({"a.cpp": 400}, {"a.cpp": 610}))
        self.assertFalse(too_long({"a.cpp": 500, "b.cpp": 600}, {"b.cpp": 610}))

    def test_empty_names_are_found(self):
        self.assertTrue(empty_name("core/http/string_util.h"))
        self.assertFalse(empty_name("core/http/utility.h"))

    def test_forbidden_words_are_found(self):
        self.assertTrue(forbidden("a.md", "see /ho" + "me/somebody/x"))
        self.assertTrue(forbidden("a.md", "https://regist" + "ry.npmjs.org/x"))
        self.assertTrue(forbidden("a.md", "TO" + "DO: later"))
        self.assertTrue(forbidden("a.md", "key AIza" + "a" * 35))
        self.assertFalse(forbidden("a.md", "a test uses https://example.org/home/x and ${HOME}/x"))

    def test_sleeps_are_found(self):
        self.assertTrue(sleeps("tests/a.py", "    time.sl" + "eep(1)\n"))
        self.assertTrue(sleeps("tests/a.cpp", "std::this_thread::sl" + "eep_for(1ms);\n"))
        self.assertTrue(sleeps("tests/x/run", "sl" + "eep 1\n"))
        self.assertFalse(sleeps("tests/a.cpp", "vm.run(\"moon.sleep(1)\");\n"))

    def test_dead_links_are_found(self):
        self.assertTrue(dead_links("docs/a.md", "[x](nowhere.md)"))
        self.assertTrue(dead_links("docs/a.md", "`tests/nowhere.py`"))
        self.assertFalse(dead_links("docs/a.md", "[x](https://example.org) `tests/report.py` `tests/tidy/*.py`"))

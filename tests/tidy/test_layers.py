"""Who may include whom."""

import pathlib
import unittest

import rules
import tree

SOURCES = (".h", ".cpp")
# A library's name where it differs from its folder's.
FOLDERS = {"oauth2_mock": "oauth2-mock", "oauth": "oauth2-mock"}


def layer_names():
    return set(rules.LAYERS) | set(rules.TOP)


def folder_named(header):
    first = header.split("/")[0]
    return FOLDERS.get(first, first)


def libraries():
    return {FOLDERS.get(name, name): ([FOLDERS.get(dep, dep) for dep in deps], path)
            for name, (deps, path) in tree.libraries().items()}


def misplaced_includes(path, source, libs):
    """Complaints about one file's quoted includes."""
    folder = tree.folder_of(path)
    if folder not in rules.LAYERS:
        if folder in ("tests", "bench") or folder in rules.TOP:
            return []
    allowed = tree.reachable(folder, libs)
    complaints = []
    for line, mark, header in tree.includes(source):
        target = folder_named(header) if "/" in header else folder
        if mark == '"' and target in layer_names() and target not in allowed:
            complaints.append(f"{path}:{line}: includes {header}, but {target} is not in the DEPS of {folder}")
    return complaints


def misplaced_vendors(path, source):
    folder = tree.folder_of(path)
    complaints = []
    for line, mark, header in tree.includes(source):
        # The longest matching beginning decides: boost/beast before boost/.
        known = [begin for begin in rules.VENDOR_HEADERS if header.startswith(begin)]
        if mark == "<" and known:
            homes = rules.VENDOR_HEADERS[max(known, key=len)]
            if folder not in homes and "*" not in homes and folder not in ("tests", "bench"):
                complaints.append(f"{path}:{line}: includes <{header}>, which belongs to {homes or 'nobody'}")
    return complaints


def disorder(path, source):
    """A .cpp begins with its own header; outside headers come before ours; blocks without a gap are sorted."""
    found = [(line, mark, header) for line, mark, header in tree.includes(source)]
    complaints = []
    own = path.removesuffix(".cpp") + ".h"
    if path.endswith(".cpp") and (tree.ROOT / own).is_file():
        if not found or not own.endswith(found[0][2]):
            complaints.append(f"{path}: its own header is to be included first")
        else:
            found = found[1:]
    elif path.startswith("tests/") and found and found[0][1] == '"':
        found = found[1:]  # the header under test
    lines = source.split("\n")
    block = []
    ours_begun = 0
    for line, mark, header in found:
        if mark == '"':
            ours_begun = line
        elif ours_begun and header != "boost/json/src.hpp" and lines[line - 2].startswith("#include"):
            complaints.append(f"{path}:{line}: <{header}> comes after our own headers")
        if block and block[-1][0] + 1 == line and block[-1][1] == mark and block[-1][2].lower() > header.lower():
            complaints.append(f"{path}:{line}: {header} sorts before {block[-1][2]}")
        block.append((line, mark, header))
    return complaints


class Layers(unittest.TestCase):
    def hold(self, complaints):
        if complaints:
            self.fail("\n".join([""] + complaints))

    def sources(self, under=""):
        return tree.with_suffix(SOURCES, under)

    def test_a_folder_includes_only_what_its_deps_name(self):
        libs = libraries()
        self.hold([c for path in self.sources() for c in misplaced_includes(path, tree.text(path), libs)])

    def test_deps_follow_the_picture_of_the_layers(self):
        complaints = []
        for name, (deps, path) in libraries().items():
            allowed = rules.LAYERS.get(name)
            if allowed is None:
                if name not in rules.TOP:
                    complaints.append(f"{path}: {name} has no place in tests/tidy/rules.py (LAYERS)")
                continue
            complaints += [f"{path}: {name} may not depend on {dep}" for dep in deps if dep not in allowed]
        self.hold(complaints)

    def test_nobody_includes_the_top(self):
        complaints = []
        for path in self.sources():
            if tree.folder_of(path) not in rules.TOP + ["tests", "bench"]:
                complaints += [f"{path}:{line}: includes {header}"
                               for line, mark, header in tree.includes(tree.text(path))
                               if mark == '"' and header.split("/")[0] in rules.TOP]
        self.hold(complaints)

    def test_a_vendor_header_stays_in_its_folder(self):
        self.hold([c for path in self.sources() for c in misplaced_vendors(path, tree.text(path))])

    def test_includes_are_in_order(self):
        self.hold([c for path in self.sources() for c in disorder(path, tree.text(path))])

    def test_every_header_is_included_once_only(self):
        complaints = [f"{path}: no #pragma once" for path in self.sources()
                      if path.endswith(".h") and "#pragma once" not in tree.text(path)]
        self.hold(complaints)


class TheChecksThemselves(unittest.TestCase):
    """A check that never complains proves nothing."""

    def test_an_include_against_the_layers_is_found(self):
        libs = {"net": (["base"], "x"), "base": ([], "x"), "script": (["proxy"], "x")}
        self.assertTrue(misplaced_includes("core/net/a.cpp", '#include "script/vm.h"\n', libs))
        self.assertFalse(misplaced_includes("core/net/a.cpp", '#include "base/log.h"\n', libs))

    def test_a_vendor_header_elsewhere_is_found(self):
        self.assertTrue(misplaced_vendors("core/net/a.cpp", "#include <lua.h>\n"))
        self.assertFalse(misplaced_vendors("core/script/a.cpp", "#include <lua.h>\n"))
        self.assertFalse(misplaced_vendors("core/script/a.cpp", "#include <boost/json.hpp>\n"))

    def test_disorder_is_found(self):
        self.assertTrue(disorder("core/x/none.cpp", "#include <b>\n#include <a>\n"))
        self.assertFalse(disorder("core/x/none.cpp", '#include <a>\n#include <b>\n\n#include "base/log.h"\n'))

    def test_the_libraries_are_read_from_cmake(self):
        self.assertIn("base", tree.libraries())
        self.assertTrue((tree.ROOT / pathlib.Path(tree.libraries()["base"][1])).is_file())

"""The source tree as the checks see it: its files, and what they include."""

import functools
import pathlib
import re
import subprocess

import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]
_NOT_SOURCE = re.compile(r"(?:^|/)(?:\.git|build[^/]*|node_modules|__pycache__)(?:/|$)|^data/")
_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
_LIBRARY = re.compile(r"moongate_library\(\s*([\w-]+)([^)]*)\)")


@functools.cache
def files():
    """Paths relative to the root: what git tracks or would track, or without git all but what builds make."""
    try:
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True,
                                capture_output=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        listed = [path for path in listed if not _NOT_SOURCE.search(path)]
    return sorted(path for path in listed if (ROOT / path).is_file() and not path.startswith(tuple(rules.BUILT)))


def text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def with_suffix(suffixes, under=""):
    """Files whose name ends in one of the suffixes; a suffix without a dot is a whole name."""
    for path in files():
        name = path.rsplit("/", 1)[-1]
        if path.startswith(under) and any(
                name.endswith(suffix) if suffix.startswith(".") else name == suffix for suffix in suffixes):
            yield path


def includes(source):
    """(line number, '<' or '"', header) for each include of a text."""
    for match in _INCLUDE.finditer(source):
        yield source.count("\n", 0, match.start(2)) + 1, match.group(1), match.group(2)


def folder_of(path):
    """The layer that a file belongs to: "http" for core/http/…, "oauth2-mock", "simulator", "tests"; or ""."""
    parts = path.split("/")
    if parts[0] == "core" and len(parts) > 2:
        return parts[1]
    if parts[0] in ("oauth2-mock", "simulator", "tests", "bench") and len(parts) > 1:
        return parts[0]
    return ""


def libraries():
    """name -> its DEPS, read from every CMakeLists.txt that declares one."""
    found = {}
    for path in files():
        if path.endswith("CMakeLists.txt"):
            source = re.sub(r"#[^\n]*", "", text(path))
            for name, arguments in _LIBRARY.findall(source):
                words = re.sub(r"\b(VENDOR|DEPS)\b", r"|\1", arguments).split("|")
                deps = [word.split()[1:] for word in words if word.split()[:1] == ["DEPS"]]
                found[name] = (deps[0] if deps else [], path)
    return found


def reachable(name, libs):
    """The folders a library may include: itself and its DEPS, transitively."""
    seen, todo = set(), [name]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += libs.get(current, ([], ""))[0]
    return seen

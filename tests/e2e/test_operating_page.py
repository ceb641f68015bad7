"""docs/operating.md: the messages it tells are those of the program, and no error of the log is missing."""

import re
import unittest

from gateway import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text()
LOGGED = re.compile(r'\blog\w*(?:\(\))?(?:->|\.)(error|warn)\(\s*"((?:[^"\\]|\\.)*)"')


def sources():
    for folder in ("core", "oauth2-mock"):
        for path in sorted((ROOT / folder).rglob("*.cpp")):
            # Literals that stand side by side are one.
            yield re.sub(r'"\s*\n\s*"', "", path.read_text())
    for path in sorted((ROOT / "lua").rglob("*.lua")):
        yield path.read_text()


def rows_of(title, columns):
    part = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and len(cells) == columns and "`" in line:
            yield cells


class OperatingPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = "\n".join(sources())
        cls.logged = set(LOGGED.findall(cls.text))

    def test_every_text_that_it_tells_is_in_the_program(self):
        told = [text for cells in rows_of("Errors that clients see", 3) for text in re.findall(r"`([^`]+)`", cells[1])]
        told += [text for cells in rows_of("Errors at the start", 2) for text in re.findall(r"`([^`]+)`", cells[0])]
        told += [part for cells in rows_of("Restore", 2) for part in cells[0].split("; ")]
        self.assertGreater(len(told), 25)
        gone = [text for text in told if not all(piece.strip() in self.text for piece in text.split("…") if piece.strip())]
        self.assertEqual(gone, [])

    def test_every_message_of_its_table_is_logged(self):
        told = {(cells[0], cells[1].strip("`")) for cells in rows_of("Errors in the log", 3)}
        self.assertEqual(told - self.logged, set())

    def test_every_error_that_is_logged_is_in_its_table(self):
        told = {(cells[0], cells[1].strip("`")) for cells in rows_of("Errors in the log", 3)}
        self.assertEqual({each for each in self.logged if each[0] == "error"} - told, set(),
                         "add a row to docs/operating.md, Errors in the log")


if __name__ == "__main__":
    unittest.main()

"""Commands as users have them (tests/cases/seeds/), and those of the documentation, run as they stand but for host and port."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from deadline import SLOWER
from gateway import BINARY, CLIENT_TOKEN, ROOT, Gateway, clean_environment

SEEDS = ROOT / "tests" / "cases" / "seeds"
MARK = "--8<-- the next check --8<--"


class SeedCase(unittest.TestCase):
    """Each test has a gateway of its own: the commands make users of the same names."""

    def setUp(self):
        self.gateway = Gateway()
        self.gateway.start()
        self.addCleanup(self.gateway.stop)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="moongate-seeds-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "bin").mkdir()
        (self.folder / "home").mkdir()
        (self.folder / "bin" / "moongate").symlink_to(BINARY.resolve())
        (self.folder / "bin" / "python3").symlink_to("/usr/bin/python3")  # Debian's has Google's library

    def run_text(self, text, **environment):
        """What was printed, cut where the checks stand."""
        for name, port in (("http", 8888), ("https", 8443), ("control", 8889)):
            text = re.sub(rf"\b(localhost|127\.0\.0\.1):{port}\b", rf"127.0.0.1:{self.gateway.ports[name]}", text)
        variables = clean_environment(KEY=CLIENT_TOKEN, ADMIN=self.gateway.admin_token, HOME=str(self.folder / "home"),
                                      PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}", **environment)
        variables.pop("XDG_CONFIG_HOME", None)
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60 * SLOWER, env=variables)
        self.assertEqual(done.returncode, 0, f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
        return done.stdout.split(MARK + "\n")

    def run_seed(self, name):
        text = (SEEDS / name).read_text()
        wanted = re.findall(r"(?m)^#> (.*)$", text)
        self.assertTrue(wanted, name)
        printed = self.run_text(re.sub(r"(?m)^#> .*$", f"echo '{MARK}'", text))
        for number, pattern in enumerate(wanted):
            self.assertRegex(printed[number], re.compile(pattern, re.M), f"{name}: check {number + 1}")


def add(name):
    def test(self):
        self.run_seed(name)
    test.__name__ = "test_" + name.removesuffix(".sh").replace("-", "_")
    setattr(Seeds, test.__name__, test)


class Seeds(SeedCase):
    """One test a file."""


for file in sorted(SEEDS.glob("*.sh")):
    add(file.name)


class Documentation(SeedCase):
    def block(self, page, heading):
        text = (ROOT / "docs" / page).read_text()
        return text.split(heading + "\n", 1)[1].split("```sh\n", 1)[1].split("```", 1)[0]

    def run_block(self, page, heading, before=""):
        self.run_text(before + self.block(page, heading))

    def test_of_the_admin_api(self):
        self.run_block("admin-api.md", "# The admin API")

    def test_of_the_command_line(self):
        self.run_block("command-line.md", "## An afternoon with it",
                       "export MOONGATE_URL=http://localhost:8889 MOONGATE_ADMIN_TOKEN=$ADMIN\n"
                       "printf '{\"type\":\"anthropic_api_key\",\"api_key\":\"sk-of-the-docs-0123456789\"}' > key.json\n")

    def test_of_virtual_service_accounts(self):
        self.run_block("oauth2.md", "## Virtual service accounts in five lines")

    def test_of_oauth_clients(self):
        self.run_block("oauth2.md", "## Clients of the store")


if __name__ == "__main__":
    unittest.main()

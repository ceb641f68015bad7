"""client-setup.sh and moongate-admin.sh as the gateway gives them out, run by dash in homes of their own."""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile

from deadline import SLOWER
from fixture import GatewayCase
from gateway import CLIENT_TOKEN, clean_environment
from money import Admin

SH = shutil.which("dash") or "/bin/sh"
CODEX = 'model = "x"\n\n[model_providers.mine]\nname = "mine"\n'


def tree_of(folder):
    """Every file with what it holds and its mode; folders as None."""
    return {str(path.relative_to(folder)): (path.read_text(), stat.S_IMODE(path.stat().st_mode)) if path.is_file() else None
            for path in sorted(folder.rglob("*"))}


class ScriptCase(GatewayCase):
    script = ""

    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="moongate-home-"))
        self.addCleanup(shutil.rmtree, self.home)
        place = pathlib.Path(tempfile.mkdtemp(prefix="moongate-script-"))
        self.addCleanup(shutil.rmtree, place)
        self.file = place / self.script
        self.file.write_text(self.gateway.control("GET", "/" + self.script).text)

    def run_script(self, *words, expect=0, given="", file=None, **environment):
        variables = {name: value for name, value in clean_environment().items() if not name.startswith("XDG_")}
        done = subprocess.run([SH, str(file or self.file), *words], cwd=self.home, text=True, input=given, capture_output=True,
                              timeout=30 * SLOWER, env=variables | {"HOME": str(self.home)} | environment)
        self.assertEqual(done.returncode, expect, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def in_new_shell(self, command):
        """As a login shell would have it."""
        done = subprocess.run([SH, "-c", f'. "$HOME/.profile"; {command}'], text=True, capture_output=True, timeout=30 * SLOWER,
                              env=clean_environment(HOME=str(self.home)), check=True)
        return done.stdout


class ClientSetup(ScriptCase):
    script = "client-setup.sh"

    def test_it_sets_clients_up_so_that_they_reach_the_gateway(self):
        self.run_script(given=CLIENT_TOKEN + "\n")
        api = f"http://127.0.0.1:{self.gateway.ports['http']}"
        self.assertEqual(self.in_new_shell('printf "%s %s" "$ANTHROPIC_BASE_URL" "$GOOGLE_GEMINI_BASE_URL"'), f"{api} {api}")
        status = self.in_new_shell(
            'curl -s -o /dev/null -w "%{http_code}" "$ANTHROPIC_BASE_URL/v1/messages" -H "Authorization: Bearer $ANTHROPIC_AUTH_TOKEN" '
            '-H "content-type: application/json" '
            '''-d '{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}' ''')
        self.assertEqual(status, "200")
        status = self.in_new_shell(
            'curl -s -o /dev/null -w "%{http_code}" "$GOOGLE_GEMINI_BASE_URL/v1beta/models/gemini-2.5-pro:generateContent" '
            '''-H "x-goog-api-key: $GEMINI_API_KEY" -d '{"contents":[{"parts":[{"text":"hi"}]}]}' ''')
        self.assertEqual(status, "200")
        self.assertIn(f'base_url = "{api}/v1"', (self.home / ".codex" / "config.toml").read_text())
        self.assertEqual(json.loads((self.home / ".gemini" / "settings.json").read_text()),
                         {"security": {"auth": {"selectedType": "gemini-api-key"}}})
        mode = stat.S_IMODE((self.home / ".config" / "moongate" / "env.sh").stat().st_mode)
        self.assertEqual(mode, 0o600)

    def test_again_it_changes_nothing_and_undo_leaves_what_was_there(self):
        (self.home / ".bashrc").write_text("alias ll='ls -l'\n")
        (self.home / ".bashrc").chmod(0o644)
        (self.home / ".codex").mkdir()
        (self.home / ".codex" / "config.toml").write_text(CODEX)
        (self.home / ".gemini").mkdir()
        (self.home / ".gemini" / "settings.json").write_text("{}\n")
        (self.home / "dotfiles").mkdir()
        (self.home / "dotfiles" / "zshrc").write_text("setopt autocd\n")
        (self.home / ".zshrc").symlink_to("dotfiles/zshrc")
        before = tree_of(self.home)
        self.run_script(given=CLIENT_TOKEN + "\n")
        once = tree_of(self.home)
        self.assertNotEqual(once, before)
        self.assertTrue((self.home / ".zshrc").is_symlink())
        self.run_script(MOONGATE_TOKEN=CLIENT_TOKEN)
        self.assertEqual(tree_of(self.home), once)
        self.run_script("--undo")
        after = tree_of(self.home)
        self.assertEqual({name: what for name, what in after.items() if name != ".config"}, before)
        self.run_script("--undo")
        self.assertEqual(tree_of(self.home), after)

    def test_undo_of_a_new_home_leaves_it_empty(self):
        self.run_script(MOONGATE_TOKEN=CLIENT_TOKEN)
        self.run_script("--undo")
        self.assertEqual([name for name, what in tree_of(self.home).items() if what is not None], [])

    def test_settings_that_were_changed_since_are_not_taken_away(self):
        self.run_script(MOONGATE_TOKEN=CLIENT_TOKEN)
        changed = '{"security": {"auth": {"selectedType": "gemini-api-key"}}, "theme": "mine"}\n'
        (self.home / ".gemini" / "settings.json").write_text(changed)
        (self.home / ".profile").write_text("before=1\n" + (self.home / ".profile").read_text() + "after=1\n")
        self.run_script("--undo")
        self.assertEqual((self.home / ".gemini" / "settings.json").read_text(), changed)
        self.assertEqual((self.home / ".profile").read_text(), "before=1\nafter=1\n")

    def test_half_a_block_is_not_taken_for_a_whole_one(self):
        (self.home / ".profile").write_text("# >>> moongate >>>\nprecious=1\n")
        said = self.run_script(expect=1, MOONGATE_TOKEN=CLIENT_TOKEN)
        self.assertIn("mend it by hand", said)
        self.assertIn("precious=1", (self.home / ".profile").read_text())

    def test_what_could_run_as_a_command_is_refused(self):
        for token in ("x'; touch gone; '", "$(touch gone)", "`touch gone`", "a b"):
            self.run_script(expect=1, MOONGATE_TOKEN=token)
        for url in ("ftp://x", "http://x'; touch gone; '", "http://x$(touch gone)"):
            self.run_script("--url", url, expect=1, MOONGATE_TOKEN=CLIENT_TOKEN)
        self.run_script(expect=1)
        self.run_script("--nonsense", expect=2)
        self.assertEqual(tree_of(self.home), {})

    def test_both_scripts_are_clean_for_shellcheck(self):
        other = self.file.parent / "moongate-admin.sh"
        other.write_text(self.gateway.control("GET", "/moongate-admin.sh").text)
        done = subprocess.run(["shellcheck", "--shell=sh", str(self.file), str(other)], text=True, capture_output=True,
                              timeout=60 * SLOWER)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class AdminScript(ScriptCase):
    script = "moongate-admin.sh"

    def admin(self, *words, **more):
        return self.run_script(*words, file=self.home / ".local" / "bin" / "moongate-admin", **more)

    def install(self):
        self.run_script("--install", given=self.gateway.admin_token + "\n")

    def test_it_looks_after_users_keys_and_balances(self):
        self.install()
        self.admin("user-add", "ann.o@x.test", "50")
        key = json.loads(self.admin("token", "ann.o@x.test"))["key"]
        self.assertEqual(self.gateway.messages(token=key).status, 200)
        self.admin("balance", "ann.o@x.test", "+25", "order-7")
        self.admin("balance", "ann.o@x.test", "+25", "order-7")
        self.admin("balance", "ann.o@x.test", "-3.50")
        Admin(self.gateway).ledger_of("ann.o@x.test", 1)
        told = json.loads(self.admin("balance", "ann.o@x.test"))
        self.assertEqual(told["credited"], "75.00")
        self.admin("disable", "ann.o@x.test")
        self.assertFalse(json.loads(self.admin("get", "users/ann.o%40x.test"))["enabled"])
        self.assertIn("version", json.loads(self.admin("status")))
        for verb in ("users", "clients", "keys", "accounts", "balances", "audit", "notifications", "usage"):
            json.loads(self.admin(verb))

    def test_refusals_are_told_and_fail(self):
        self.install()
        self.assertIn("404", self.admin("token", "nobody", expect=1))
        self.admin("nonsense", expect=2)
        self.admin(expect=2)
        self.admin("token", expect=2)
        wrong = self.admin("users", expect=1, MOONGATE_ADMIN_TOKEN="mga-wrong")
        self.assertIn("401", wrong)

    def test_installing_again_changes_nothing_and_undo_leaves_nothing(self):
        self.install()
        once = tree_of(self.home)
        config = self.home / ".config" / "moongate" / "admin"
        self.assertEqual(stat.S_IMODE(os.stat(config).st_mode), 0o600)
        self.install()
        self.assertEqual(tree_of(self.home), once)
        self.run_script("--undo")
        self.run_script("--undo")
        self.assertEqual([name for name, what in tree_of(self.home).items() if what is not None], [])

    def test_a_name_cannot_become_anything_else(self):
        self.install()
        refused = self.admin("user-add", 'x","role":"admin', "1", expect=1)
        self.assertIn('"name\\" must be', refused)
        self.assertIn("404", self.admin("disable", "../clients/x?a=b", expect=1))
        self.assertNotIn("admin", [user["role"] for user in json.loads(self.admin("users"))["users"]])


if __name__ == "__main__":
    import unittest
    unittest.main()

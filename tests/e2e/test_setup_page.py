"""What a user finds at the control port's address: the page, its address filled in, and nothing that a hostile Host can bend."""

import re
import unittest

from fixture import GatewayCase
from gateway import Gateway

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class SetupPage(GatewayCase):
    def get(self, path="/", **headers):
        return self.gateway.control("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def page(self, **headers):
        return self.get("/", **(BROWSER | headers))

    def test_a_browser_gets_a_page_that_takes_nothing_from_elsewhere(self):
        answer = self.page()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Content-Type"), "text/html; charset=utf-8")
        policy = answer.getheader("Content-Security-Policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(answer.getheader("Cache-Control"), "no-store")
        for text in (r"<script(?![^>]*src=\"/setup/)", r"\bstyle=", r"\bon\w+=", r"https?://(?!127)"):
            self.assertIsNone(re.search(text, answer.text), text)

    def test_everything_that_it_names_is_there(self):
        names = re.findall(r'(?:href|src)="(/[^"]+)"', self.page().text)
        self.assertGreaterEqual(len(names), 4)
        for name in set(names) - {"/admin/"}:
            answer = self.get(name)
            self.assertEqual(answer.status, 200, name)
            for each in re.findall(r"from '\./([\w.]+)'", answer.text):
                self.assertEqual(self.get("/setup/" + each).status, 200, each)

    def test_both_languages_say_the_same_things(self):
        text = self.get("/setup/texts.js").text
        english, chinese = text.split("zh: {")
        keys = re.compile(r"^    (\w+): '", re.M)
        self.assertEqual(keys.findall(english), keys.findall(chinese))
        used = set(re.findall(r"data-text=\"(\w+)\"", self.page().text))
        used |= set(re.findall(r"text\('(\w+)'\)", self.get("/setup/setup.js").text))
        used |= set(re.findall(r"remark: '(\w+)'", self.get("/setup/clients.js").text))
        self.assertLessEqual(used, set(keys.findall(english)))

    def test_the_addresses_are_those_by_which_the_browser_came(self):
        port = self.gateway.ports["http"]
        text = self.page(Host=f"moon.example.com:{self.gateway.control_port}").text
        self.assertIn(f'name="moongate-api" content="http://moon.example.com:{port}"', text)
        script = self.get("/client-setup.sh", Host="[::1]:8889").text
        self.assertIn(f"api='http://[::1]:{port}'", script)

    def test_a_hostile_host_gets_into_nothing(self):
        for host in ('x"><script>alert(1)</script>', "x'; rm -rf ~; '", "a b", "x$(id)", "-x", "a:b", "a:99999", "[::1", "x`id`",
                     "a" * 300, "x/../y", "x@y", ""):
            for path in ("/", "/client-setup.sh", "/moongate-admin.sh"):
                answer = self.get(path, Host=host, **(BROWSER if path == "/" else {}))
                if answer.status == 400:
                    continue
                self.assertEqual(answer.status, 200)
                self.assertTrue(host == "" or host not in answer.text, (host, path))
                self.assertRegex(answer.text, r"http://(localhost|127\.0\.0\.1):\d+")

    def test_who_is_no_browser_gets_text_that_names_the_paths(self):
        answer = self.get("/", Accept="*/*")
        self.assertTrue(answer.getheader("Content-Type").startswith("text/plain"))
        for path in ("/client-setup.sh", "/moongate-admin.sh", "/metrics"):
            self.assertIn(path, answer.text)

    def test_a_google_library_still_finds_its_metadata_server(self):
        answer = self.page(Metadata_Flavor="Google")
        self.assertEqual(answer.getheader("Metadata-Flavor"), "Google")
        self.assertNotIn("<html", answer.text)

    def test_other_methods_and_files_are_refused(self):
        self.assertEqual(self.gateway.control("POST", "/client-setup.sh", "x").status, 405)
        self.assertEqual(self.gateway.control("POST", "/setup/setup.js", "x").status, 405)
        for path in ("/setup/none.js", "/setup/../setup.js", "/setup/index.html", "/setup/"):
            self.assertEqual(self.get(path).status, 404, path)


class SetAddresses(unittest.TestCase):
    def test_settings_beat_the_host(self):
        with Gateway(settings={"console.api_url": "https://ai.example.com/", "oauth.public_url": "https://id.example.com"}) as gateway:
            text = gateway.control("GET", "/", headers=BROWSER | {"Host": "other"}).text
            self.assertIn('name="moongate-api" content="https://ai.example.com"', text)
            self.assertIn('name="moongate-control" content="https://id.example.com"', text)
            self.assertIn("url='https://id.example.com'", gateway.control("GET", "/moongate-admin.sh").text)


if __name__ == "__main__":
    unittest.main()

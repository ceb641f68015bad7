"""The console's files as the process serves them."""

import gzip
import re
import unittest
import urllib.request

from gateway import Gateway


def plain(gateway, path, **headers):
    request = urllib.request.Request(gateway.url("control") + path, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return answer, answer.read()


class ConsoleFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway().start()
        cls.addClassCleanup(cls.gateway.stop)

    def test_the_page_comes_with_a_policy_whose_nonce_it_carries(self):
        answer = self.gateway.control("GET", "/admin/")
        self.assertEqual(answer.status, 200)
        policies = [value for name, value in answer.getheaders() if name.lower() == "content-security-policy"]
        self.assertEqual(len(policies), 1, policies)
        nonce = re.search(r"'nonce-([\w-]{24})'", policies[0]).group(1)
        self.assertIn(nonce, answer.text)
        self.assertNotIn("__CSP_NONCE__", answer.text)
        self.assertEqual(answer.getheader("Cache-Control"), "no-store")
        for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy"):
            self.assertEqual(len(answer.headers.get_all(name)), 1, name)

    def test_its_files_are_compressed_kept_and_asked_for_once(self):
        path = re.search(r'src="(/admin/assets/[^"]+\.js)"', self.gateway.control("GET", "/admin/").text).group(1)
        answer, packed = plain(self.gateway, path, **{"Accept-Encoding": "gzip"})
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertIn("immutable", answer.headers["Cache-Control"])
        self.assertEqual(gzip.decompress(packed), plain(self.gateway, path)[1])
        again = self.gateway.control("GET", path, headers={"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "gzip"})
        self.assertEqual((again.status, again.text), (304, ""))

    def test_a_head_tells_the_length_and_sends_nothing(self):
        answer = self.gateway.control("HEAD", "/admin/")
        self.assertEqual((answer.status, answer.text), (200, ""))
        self.assertGreater(int(answer.getheader("Content-Length")), 0)

    def test_nobody_needs_to_sign_in_for_the_files_and_nobody_can_write_them(self):
        self.assertEqual(self.gateway.control("GET", "/admin").status, 308)
        self.assertEqual(self.gateway.control("PUT", "/admin/index.html", "x").status, 405)
        self.assertEqual(self.gateway.control("GET", "/admin/assets/none.js").status, 404)


class WithoutConsole(unittest.TestCase):
    def test_it_can_be_taken_away(self):
        with Gateway(settings={"console.enabled": "false"}) as gateway:
            self.assertEqual(gateway.control("GET", "/admin/").status, 404)

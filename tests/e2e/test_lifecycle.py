"""Starting, stopping, and everything that can be in the way of either."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from deadline import SLOWER, wait_until
from fixture import ASK, ASK_STREAM, KEY, UpstreamCase
from gateway import BINARY, Gateway, clean_environment
from upstream import message_events
from wire import get, post


class Starts(unittest.TestCase):
    def fails(self, *words, **parts):
        gateway = Gateway(**parts)
        self.addCleanup(gateway.remove)
        result = gateway.run()
        said = result.stdout + result.stderr
        self.assertNotEqual(result.returncode, 0, said)
        self.assertLess(result.returncode, 128, "it fell over: " + said)
        for word in words:
            self.assertIn(word, said)
        lines = [line for line in said.splitlines() if line.strip()]
        self.assertLessEqual(len(lines), 3, "one clear line: " + said)
        return said

    def test_a_port_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for name in ("listen.http", "listen.https", "listen.control"):
                with self.subTest(setting=name):
                    said = self.fails(f"127.0.0.1:{port}", name, settings={name: f"127.0.0.1:{port}"})
                    self.assertIn("use", said)

    def test_two_gateways_do_not_share_a_port_by_accident(self):
        first = Gateway()
        with first:
            port = first.ports["http"]
            self.fails(f"127.0.0.1:{port}", settings={"listen.http": f"127.0.0.1:{port}"})

    def test_an_address_that_is_not_ours(self):
        self.fails("192.0.2.1", settings={"listen.http": "192.0.2.1:8888"})

    def test_a_data_directory_that_cannot_be_made(self):
        self.fails("/dev/null", settings={"data_dir": "/dev/null/x"})

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_a_data_directory_without_permission(self):
        gateway = Gateway()
        self.addCleanup(gateway.remove)
        gateway.data.mkdir(mode=0o700)
        gateway.directory.chmod(0o755)
        for path in gateway.directory.rglob("*"):
            if path != gateway.data:
                path.chmod(0o755 if path.is_dir() else 0o644)
        result = subprocess.run(gateway.arguments(), text=True, capture_output=True, timeout=20 * SLOWER, cwd="/",
                                env=clean_environment(), user=65534, group=65534, extra_groups=[])
        said = result.stdout + result.stderr
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("ermission", said)

    def test_a_privileged_port_without_permission(self):
        if os.geteuid() == 0 or int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read()) <= 80:
            self.skipTest("this user may open port 80")
        self.fails("127.0.0.1:80", settings={"listen.http": "127.0.0.1:80"})

    def test_a_broken_database(self):
        gateway = Gateway()
        self.addCleanup(gateway.remove)
        gateway.data.mkdir(mode=0o700)
        (gateway.data / "moongate.db").write_text("this is no database, and it is long enough to be seen as none" * 20)
        result = gateway.run()
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("moongate.db", result.stdout + result.stderr)

    def test_a_broken_certificate(self):
        gateway = Gateway()
        self.addCleanup(gateway.remove)
        bad = gateway.directory / "bad.crt"
        bad.write_text("no certificate")
        gateway.settings |= {"tls.certificate": bad, "tls.key": bad}
        result = gateway.run()
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("bad.crt", result.stdout + result.stderr)

    def test_a_policy_directory_that_is_not_there(self):
        self.fails("/no/such/policy", settings={"policy.dir": "/no/such/policy"})

    def test_an_unknown_subcommand_and_an_unknown_option(self):
        for words in (["nonsense"], ["serve", "--nonsense"], ["serve", "--set"], ["serve", "--set", "x"]):
            result = subprocess.run([str(BINARY)] + words, text=True, capture_output=True, timeout=20, cwd="/",
                                    env=clean_environment())
            self.assertNotEqual(result.returncode, 0, words)
            self.assertTrue(result.stdout + result.stderr)

    def test_version(self):
        result = subprocess.run([str(BINARY), "version"], text=True, capture_output=True, timeout=20,
                                env=clean_environment())
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"moongate \d+\.\d+\.\d+")

    def test_the_second_start_is_quick_and_keeps_what_was(self):
        gateway = Gateway()
        gateway.start()
        token, certificate = gateway.admin_token, gateway.certificate.read_bytes()
        quickest = 60.0
        for _ in range(3):
            gateway.stop(remove=False)
            begun = time.monotonic()
            gateway.start()
            quickest = min(quickest, time.monotonic() - begun)
        self.assertLess(quickest, 0.5 * SLOWER)
        self.assertEqual((gateway.admin_token, gateway.certificate.read_bytes()), (token, certificate))
        self.assertEqual(gateway.admin("POST", "/api/admin/service-accounts/virtual", {"name": "x", "project": "p"}).status // 100, 2)
        gateway.stop()


class Stops(UpstreamCase):
    settings = {"timeouts.drain_ms": 4000}

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        UpstreamCase.setUpClass.__func__(type(self))
        super().setUp()

    def tearDown(self):
        super().tearDown()
        UpstreamCase.tearDownClass.__func__(type(self))

    def streaming(self):
        """A stream that has begun, and the event that lets it end."""
        go = threading.Event()

        def script(peer):
            peer.stream_head()
            parts = list(message_events(["a"]))
            peer.chunk(parts[0])
            go.wait(20 * SLOWER)
            peer.chunk("".join(parts[1:]))
            return peer.last_chunk()

        self.upstream.script = script
        connection = self.ask(ASK_STREAM)
        connection.head()
        events = connection.events()
        next(events)
        return go, events, connection

    def test_a_drain_finishes_streams_and_takes_no_new_work(self):
        go, events, connection = self.streaming()
        idle = self.connect().send(get("/health"))
        self.assertEqual(idle.answer().status, 200)
        self.gateway.process.send_signal(signal.SIGTERM)

        def not_ready():
            try:
                return self.gateway.control("GET", "/health/ready").status == 503
            except OSError:
                return True

        wait_until(not_ready, "readiness goes false")
        self.assertIsNone(self.gateway.process.poll(), "it waits for the stream")
        go.set()
        self.assertIn("message_stop", list(events)[-1])
        self.assertTrue(connection.is_closed())
        self.assertTrue(idle.is_closed())
        self.assertEqual(self.gateway.process.wait(10 * SLOWER), 0)

    def test_answers_during_a_drain_say_that_the_connection_ends(self):
        go, events, _ = self.streaming()
        waiting = threading.Event()

        def script(peer):
            waiting.wait(10 * SLOWER)
            return peer.reply("{}")

        self.upstream.script = script
        connection = self.ask()
        self.upstream.next_request()
        self.upstream.next_request()
        self.gateway.process.send_signal(signal.SIGTERM)
        waiting.set()
        answer = connection.answer()
        self.assertEqual(answer.status, 200)
        self.assertTrue(connection.is_closed())
        go.set()
        list(events)
        self.assertEqual(self.gateway.process.wait(10 * SLOWER), 0)

    def test_a_drain_ends_at_its_deadline(self):
        _, events, connection = self.streaming()
        begun = time.monotonic()
        self.gateway.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.gateway.process.wait(20 * SLOWER), 0)
        took = time.monotonic() - begun
        self.assertGreater(took, 3.0)
        self.assertLess(took, 4 + 4 * SLOWER)
        rest = connection.rest()
        self.assertNotIn(b"message_stop", rest)
        self.assertFalse(rest.endswith(b"0\r\n\r\n") and b"event: error" not in rest, "a clean end for a cut stream")

    def test_an_interrupt_from_the_keyboard_stops_cleanly(self):
        self.gateway.process.send_signal(signal.SIGINT)
        self.assertEqual(self.gateway.process.wait(10 * SLOWER), 0)

    def test_a_second_interrupt_does_not_wait(self):
        self.streaming()
        self.gateway.process.send_signal(signal.SIGINT)

        def ended():
            self.gateway.process.send_signal(signal.SIGINT)
            return self.gateway.process.poll() is not None

        begun = time.monotonic()
        wait_until(ended, "the second interrupt ends it", 3)
        self.assertLess(time.monotonic() - begun, 3.5 * SLOWER)
        self.assertIn(self.gateway.process.returncode, (0, 130))
        self.gateway.process = None

    def test_nothing_is_lost_from_the_access_log(self):
        for _ in range(50):
            self.assertEqual(self.ask().answer().status, 200)
        self.gateway.process.send_signal(signal.SIGTERM)
        self.gateway.process.wait(10 * SLOWER)
        self.assertEqual(sum(line["outcome"] == "done" for line in self.gateway.access_lines()), 50)

    def test_the_certificate_is_replaced_without_a_restart(self):
        import ssl
        first = ssl.get_server_certificate(("127.0.0.1", self.gateway.ports["https"]))
        directory = self.gateway.certificate.parent
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                               "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                               "-keyout", directory / "new.key", "-out", directory / "new.crt"], capture_output=True)
        self.assertEqual(made.returncode, 0)
        key = next(path for path in directory.glob("*.key") if path.name != "new.key")
        (directory / "new.key").chmod(0o600)
        (directory / "new.key").rename(key)
        (directory / "new.crt").rename(self.gateway.certificate)
        self.gateway.process.send_signal(signal.SIGHUP)
        wait_until(lambda: ssl.get_server_certificate(("127.0.0.1", self.gateway.ports["https"])) != first,
                   "the new certificate is shown")


class DemoBlock(unittest.TestCase):
    """What ./run prints must work as printed."""

    def test_every_curl_line_of_the_block_works_as_printed(self):
        gateway = Gateway(clients=[])
        # As ./run starts it: the map is not there, the demo makes do, and the data directory is named as in the
        # settings. The lines are for another terminal, wherever that stands.
        gateway.map_file.unlink()
        gateway.settings["data_dir"] = "data"
        with gateway:
            block = wait_until(lambda: gateway.output.read_text().count("curl") and gateway.output.read_text(), "the block")
            self.assertIn(gateway.admin_token, block)
            for face in ("http", "https", "control"):
                self.assertIn(str(gateway.ports[face]), block)
            self.assertRegex(block.lower(), "simulat")
            script = re.sub(r"\\\n\s*", " ", block)
            lines = [re.sub(r"^[\s$]*", "", line) for line in script.splitlines()
                     if re.match(r"[\s$]*(curl|[A-Z_]+=)", line)]
            self.assertGreaterEqual(sum("curl" in line for line in lines), 5, block)
            before = []
            for line in lines:
                with self.subTest(line=line):
                    result = subprocess.run(["bash", "-c", "\n".join(before + [line])], text=True, capture_output=True,
                                            timeout=30 * SLOWER, cwd="/", env=clean_environment())
                    self.assertEqual(result.returncode, 0, result.stderr)
                    if not re.match(r"[A-Z_]+=", line):
                        self.assertTrue(result.stdout)
                        self.assertNotRegex(result.stdout, r'"error"\s*:')
                if re.match(r"[A-Z_]+=", line):
                    before.append(line)

    def test_a_real_credential_makes_its_provider_live(self):
        gateway = Gateway(clients=[], environment={"ANTHROPIC_API_KEY": "sk-not-real"})
        gateway.map_file.unlink()
        with gateway:
            block = wait_until(lambda: gateway.output.read_text().count("curl") and gateway.output.read_text(), "the block")
            self.assertRegex(block.lower(), r"live")
            self.assertNotIn("sk-not-real", block)


class Health(UpstreamCase):
    def test_every_health_path_answers(self):
        for path in ("/health", "/health/ready", "/health/live", "/health/alive", "/health/detailed", "/metrics", "/health/metrics"):
            answer = self.gateway.control("GET", path)
            self.assertEqual(answer.status, 200, path)
        json.loads(self.gateway.control("GET", "/health/detailed").text)
        self.assertEqual(self.connect().send(post("/v1/messages", ASK, KEY)).answer().status, 200)

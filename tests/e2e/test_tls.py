"""TLS on both sides: what clients may use, and whom the gateway believes upstream."""

import pathlib
import socket
import ssl
import subprocess
import tempfile
import warnings

from fixture import ASK, KEY, GatewayCase
from gateway import Gateway
from upstream import MESSAGE, Upstream
from wire import get, post


def make_certificate(directory, name, subject, names):
    paths = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={subject}",
                    "-addext", f"subjectAltName={names}", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True)
    return paths


class SecureUpstream(Upstream):
    """Notes the name that each client asked for by SNI."""

    def __init__(self, script, certificate):
        super().__init__(script)
        self.names = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.context.sni_callback = lambda _sock, name, _context: self.names.append(name)

    def _serve(self, sock):
        try:
            sock = self.context.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        super()._serve(sock)


class ClientSide(GatewayCase):
    def context(self, least=None, most=None):
        context = ssl.create_default_context(cafile=str(self.gateway.certificate))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if least:
                context.minimum_version = least
            if most:
                context.maximum_version = most
        return context

    def handshake(self, context, session=None, name="localhost"):
        raw = socket.create_connection(("127.0.0.1", self.gateway.ports["https"]), timeout=10)
        secure = context.wrap_socket(raw, server_hostname=name, session=session)
        self.addCleanup(secure.close)
        return secure

    def exchange(self, secure):
        secure.sendall(get("/health"))
        return secure.recv(65536)

    def test_tls_1_2_and_1_3_are_served(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            secure = self.handshake(self.context(version, version))
            self.assertIn(b" 200 ", self.exchange(secure))

    def test_tls_1_1_is_not(self):
        context = self.context(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises(OSError):
            self.handshake(context)

    def test_the_certificate_is_good_for_localhost_and_the_loopback_address(self):
        for name in ("localhost", "127.0.0.1"):
            self.assertIn(b" 200 ", self.exchange(self.handshake(self.context(), name=name)))

    def test_a_session_is_resumed(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context(version, version)
            first = self.handshake(context)
            self.exchange(first)
            self.assertTrue(self.handshake(context, first.session).session_reused, version)

    def test_http_1_1_is_chosen_when_http_2_is_offered_too(self):
        context = self.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.handshake(context).selected_alpn_protocol(), "http/1.1")

    def test_clear_text_on_the_secure_port_harms_nobody(self):
        connection = self.connect("https")
        connection.send_as_far_as_possible(get("/health"))
        connection.is_closed()
        self.assertIn(b" 200 ", self.exchange(self.handshake(self.context())))

    def test_a_handshake_that_never_comes_does_not_hold_others_up(self):
        held = [self.connect("https") for _ in range(20)]
        self.assertIn(b" 200 ", self.exchange(self.handshake(self.context())))
        self.assertEqual(len(held), 20)


class OnlyTls13(ClientSide):
    settings = {"tls.min_version": "1.3"}

    def test_tls_1_2_and_1_3_are_served(self):
        secure = self.handshake(self.context())
        self.assertEqual(secure.version(), "TLSv1.3")
        with self.assertRaises(OSError):
            self.handshake(self.context(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))

    def test_a_session_is_resumed(self):
        context = self.context()
        first = self.handshake(context)
        self.exchange(first)
        self.assertTrue(self.handshake(context, first.session).session_reused)


class UpstreamSide(GatewayCase):
    @classmethod
    def make_gateway(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="moongate-test-")
        directory = pathlib.Path(cls.place.name)
        trusted = make_certificate(directory, "trusted", "localhost", "DNS:localhost")
        other_name = make_certificate(directory, "other", "other.test", "DNS:other.test")
        unknown = make_certificate(directory, "unknown", "localhost", "DNS:localhost")
        bundle = directory / "bundle.pem"
        bundle.write_bytes(trusted[0].read_bytes() + other_name[0].read_bytes())
        cls.upstreams = {name: SecureUpstream(lambda peer: peer.reply(MESSAGE), certificate)
                         for name, certificate in (("trusted", trusted), ("other", other_name), ("unknown", unknown))}
        for upstream in cls.upstreams.values():
            upstream.__enter__()
        rules = [{"model": f"claude-{name}", "domain": f"https://localhost:{upstream.port}"}
                 for name, upstream in cls.upstreams.items()]
        return Gateway(claude=[{"key_filename": "a.json", "models": rules}],
                       credentials={"a.json": {"type": "anthropic_api_key", "api_key": "sk-secret"}},
                       settings={"upstream.ca_file": bundle, "simulator.mode": "off"})

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        for upstream in cls.upstreams.values():
            upstream.close()
        cls.place.cleanup()

    def call(self, name):
        return self.gateway.messages(model=f"claude-{name}")

    def test_a_certificate_of_the_bundle_with_the_right_name_is_believed(self):
        self.assertEqual(self.call("trusted").status, 200)
        self.assertEqual(self.upstreams["trusted"].names[0], "localhost")

    def test_a_certificate_for_another_name_is_not(self):
        answer = self.call("other")
        self.assertIn(answer.status, (502, 503), answer.text)
        self.assertTrue(self.upstreams["other"].requests.empty(), "the request went out all the same")

    def test_a_certificate_that_nobody_vouches_for_is_not(self):
        answer = self.call("unknown")
        self.assertIn(answer.status, (502, 503), answer.text)
        self.assertTrue(self.upstreams["unknown"].requests.empty(), "the request went out all the same")

    def test_the_answer_passes_over_tls_at_both_ends(self):
        connection = self.connect("https", tls=self.gateway.certificate)
        body = ASK.replace("claude-sonnet-4-5", "claude-trusted")
        for _ in range(3):
            self.assertEqual(connection.send(post("/v1/messages", body, KEY)).answer().text, MESSAGE)

"""A mail server for tests: SMTP with STARTTLS and AUTH, which keeps what it is given."""

import base64
import email
import email.policy
import pathlib
import queue
import socket
import ssl
import subprocess
import threading


class MailServer:
    """with MailServer() as server: its port, its certificate (PEM), and .next() for the next message."""

    def __init__(self, starttls=True, user="mailer", password="secret of the mailer"):
        self.starttls, self.user, self.password = starttls, user, password
        self.messages = queue.Queue()
        self.said = []
        self.directory = None

    def __enter__(self):
        import tempfile
        self.directory = tempfile.TemporaryDirectory(prefix="moongate-mail-")
        self.certificate = pathlib.Path(self.directory.name) / "server.crt"
        key = pathlib.Path(self.directory.name) / "server.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", key, "-out", self.certificate], check=True, capture_output=True, timeout=30)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.directory.cleanup()

    def next(self, seconds=15):
        return self.messages.get(timeout=seconds)

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer):
        try:
            self._serve(peer)
        except (OSError, ssl.SSLError, ValueError, IndexError):
            peer.close()

    def _serve(self, peer):
        peer.settimeout(15)
        stream = peer.makefile("rb")
        secure = authenticated = False

        def say(text):
            peer.sendall(text.encode() + b"\r\n")

        say("220 mail.test ready")
        while True:
            line = stream.readline()
            if not line:
                return
            line = line.decode().rstrip("\r\n")
            word = line.split(" ")[0].upper()
            self.said.append(("TLS " if secure else "") + line.split(" ")[0])
            if word == "EHLO":
                offers = ["mail.test"]
                if self.starttls and not secure:
                    offers.append("STARTTLS")
                if secure or not self.starttls:
                    offers.append("AUTH PLAIN LOGIN")
                for each in offers[:-1]:
                    say("250-" + each)
                say("250 " + offers[-1])
            elif word == "STARTTLS":
                say("220 go on")
                peer = self.context.wrap_socket(peer, server_side=True)
                stream, secure = peer.makefile("rb"), True
            elif word == "AUTH":
                _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
                authenticated = (user, password) == (self.user, self.password)
                say("235 welcome" if authenticated else "535 no")
            elif word in ("MAIL", "RCPT"):
                say("250 ok" if authenticated else "530 sign in first")
            elif word == "DATA":
                say("354 go on")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += stream.readline()
                self.messages.put(email.message_from_bytes(data[:-3], policy=email.policy.default))
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("500 what?")

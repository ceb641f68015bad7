"""HTTP by hand: what must be sent exactly, and read exactly, no library does for us."""

import json
import socket
import ssl
import struct

from deadline import SLOWER


class Closed(Exception):
    """The other side closed, or reset, before the answer was whole."""


class Answer:
    def __init__(self, status, reason, headers, body, complete):
        self.status, self.reason, self.headers, self.body, self.complete = status, reason, headers, body, complete

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]!r} complete={self.complete}>"


class Connection:
    """One TCP (or TLS) connection. Reads fail with TimeoutError after `seconds` without a byte."""

    def __init__(self, port, tls=None, seconds=15.0, host="127.0.0.1", receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(seconds * SLOWER)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.create_default_context(cafile=str(tls))
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.left = b""
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Leaves with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def send_as_far_as_possible(self, data):
        """For requests that are refused while they are being sent."""
        try:
            self.send(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def more(self):
        """Some bytes into `left`; False at the end of the stream."""
        if self.ended:
            return False
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            self.ended = True
            self.was_reset = True
            return False
        if not data:
            self.ended = True
            return False
        self.left += data
        return True

    was_reset = False

    def until(self, mark):
        while mark not in self.left:
            if not self.more():
                raise Closed(f"ended before {mark!r}: {self.left[:500]!r}")
        part, self.left = self.left.split(mark, 1)
        return part + mark

    def exactly(self, count):
        while len(self.left) < count:
            if not self.more():
                raise Closed(f"ended {count - len(self.left)} bytes early")
        part, self.left = self.left[:count], self.left[count:]
        return part

    def rest(self):
        while self.more():
            pass
        part, self.left = self.left, b""
        return part

    def is_closed(self):
        """Waits for the end of the stream; what comes before it is kept in `left`."""
        while self.more():
            pass
        return True

    def head(self):
        """(status, reason, headers); interim 100 answers are returned like others."""
        lines = self.until(b"\r\n\r\n")[:-4].decode("latin-1").split("\r\n")
        version, _, rest = lines[0].partition(" ")
        if version not in ("HTTP/1.1", "HTTP/1.0"):
            raise AssertionError(f"not a status line: {lines[0]!r}")
        status, _, reason = rest.partition(" ")
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise AssertionError(f"not a header: {line!r}")
            headers.append((name, value.strip()))
        return int(status), reason, headers

    def chunks(self):
        """The chunks of a chunked body as they come. Closed when it ends without its last chunk."""
        while True:
            size = int(self.until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                while self.until(b"\r\n") != b"\r\n":
                    pass
                return
            data = self.exactly(size)
            if self.exactly(2) != b"\r\n":
                raise AssertionError("a chunk without its line end")
            yield data

    def answer(self, head_only=False):
        """A whole answer. `complete` is False when the connection broke before its framed end."""
        status, reason, headers = self.head()
        found = {name.lower(): value for name, value in headers}
        body, complete = b"", True
        if head_only or status in (204, 304) or status < 200:
            return Answer(status, reason, headers, body, complete)
        try:
            if found.get("transfer-encoding", "").lower() == "chunked":
                for chunk in self.chunks():
                    body += chunk
            elif "content-length" in found:
                body = self.exactly(int(found["content-length"]))
            else:
                body = self.rest()
                complete = not self.was_reset
        except Closed:
            body += self.left
            complete = False
        return Answer(status, reason, headers, body, complete)

    def events(self):
        """The body of a streamed answer, event by event, as text; after head(). Closed when it breaks."""
        held = b""
        for chunk in self.chunks():
            held += chunk
            while b"\n\n" in held.replace(b"\r\n", b"\n"):
                held = held.replace(b"\r\n", b"\n")
                event, held = held.split(b"\n\n", 1)
                yield event.decode("utf-8")
        if held.strip():
            yield held.decode("utf-8")


def post(path, body, headers=None, host="gateway.test", length=True):
    """The bytes of a POST with Content-Length."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def get(path, headers=None, host="gateway.test"):
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}"] + [f"{n}: {v}" for n, v in (headers or {}).items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def event_data(event):
    """The JSON in an event's data lines, or None."""
    data = "\n".join(line[5:].lstrip() for line in event.split("\n") if line.startswith("data:"))
    return json.loads(data) if data else None

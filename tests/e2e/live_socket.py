"""A WebSocket (RFC 6455) as a program opens it: what GET /ws of the control port is met with."""

import base64
import json
import os
import struct

from deadline import wait_until
from wire import Connection


class Ended(Exception):
    """The server has closed the WebSocket; `code` and `reason` are what it said, None when it said nothing."""

    def __init__(self, code, reason):
        super().__init__(f"closed with {code} {reason!r}")
        self.code, self.reason = code, reason


class LiveSocket:
    """`status` is 101, or the refusal's; then send() and receive()."""

    def __init__(self, port, headers=None, receive_buffer=None):
        self.connection = Connection(port, receive_buffer=receive_buffer)
        self.left = b""
        lines = ["GET /ws HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.connection.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.left:
            self._more()
        head, self.left = self.left.split(b"\r\n\r\n", 1)
        self.head = head.decode("latin-1")
        self.status = int(self.head.split(" ")[1])

    def _more(self):
        data = self.connection.socket.recv(65536)
        if not data:
            raise Ended(None, "")
        self.left += data

    def _take(self, count):
        while len(self.left) < count:
            self._more()
        part, self.left = self.left[:count], self.left[count:]
        return part

    def frame(self, opcode, payload):
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size)
        mask = os.urandom(4)
        self.connection.socket.sendall(bytes([0x80 | opcode]) + length + mask +
                                       bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))

    def send(self, message):
        self.frame(1, (message if isinstance(message, str) else json.dumps(message)).encode())
        return self

    def receive(self):
        """The next message; pings are answered on the way."""
        while True:
            first, second = self._take(2)
            size = second & 127
            if size == 126:
                size = struct.unpack(">H", self._take(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self._take(8))[0]
            payload = self._take(size)
            if first & 15 == 8:
                code = struct.unpack(">H", payload[:2])[0] if payload else None
                raise Ended(code, payload[2:].decode())
            if first & 15 == 9:
                self.frame(10, payload)
            elif first & 15 == 1:
                return json.loads(payload)

    def until(self, wanted, what):
        """The first message for which wanted(message) holds."""
        return wait_until(lambda: next((message for message in [self.receive()] if wanted(message)), None), what)

    def subscribe(self, *topics, **filters):
        """Returns once the server has read it: a word that it does not know is complained about after it."""
        self.send({"subscribe": list(topics), "filter": filters}).send({"are you there": "?"})
        self.until(lambda message: message["type"] == "error", "the server answers")
        return self

    def close(self):
        self.connection.close()

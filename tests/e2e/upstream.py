"""A scripted upstream: it keeps every byte that arrives and does exactly what the test says.

    with Upstream(lambda peer: peer.reply('{"ok":true}')) as upstream:

The script is called once a request head has been read, with a Peer; it reads the body as it likes, answers as
it likes and may break off. One thread a connection; the connection is kept when the script returns True.
"""

import contextlib
import queue
import socket
import struct
import threading

from deadline import SLOWER


class Request:
    def __init__(self, raw):
        lines = raw.decode("latin-1").split("\r\n")
        self.raw = raw
        self.method, self.target, self.version = lines[0].split(" ", 2)
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
        self.body = None

    def header(self, name):
        values = self.all(name)
        return values[0] if values else None

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Peer:
    def __init__(self, sock):
        self.socket = sock
        self.left = bytearray()
        self.request = None

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.left += data

    def _take(self, count):
        while len(self.left) < count:
            self._more()
        part = bytes(self.left[:count])
        del self.left[:count]
        return part

    def _until(self, mark):
        """What comes before the mark, which is taken too."""
        searched = 0
        while (at := self.left.find(mark, max(0, searched - len(mark)))) < 0:
            searched = len(self.left)
            self._more()
        part = bytes(self.left[:at])
        del self.left[:at + len(mark)]
        return part

    def read_head(self):
        self.request = Request(self._until(b"\r\n\r\n"))
        return self.request

    def read_body(self):
        """The whole body, dechunked; it is read once and kept in request.body."""
        request = self.request
        if request.body is not None:
            return request.body
        if (request.header("transfer-encoding") or "").lower() == "chunked":
            body = b""
            while True:
                size = int(self._until(b"\r\n").split(b";")[0], 16)
                body += self._take(size + 2)[:size]
                if size == 0:
                    request.body = body
                    return body
        length = int(request.header("content-length") or 0)
        request.body = self._take(length)
        return request.body

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def reply(self, body, status="200 OK", headers=(), content_type="application/json"):
        """Reads the request's body, then a whole answer with Content-Length."""
        self.read_body()
        body = body.encode() if isinstance(body, str) else body
        head = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers]
        self.send("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return True

    def stream_head(self, content_type="text/event-stream", headers=()):
        self.read_body()
        head = ["HTTP/1.1 200 OK", f"Content-Type: {content_type}", "Transfer-Encoding: chunked"]
        self.send("\r\n".join(head + [f"{name}: {value}" for name, value in headers]) + "\r\n\r\n")

    def chunk(self, data):
        data = data.encode() if isinstance(data, str) else data
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def last_chunk(self):
        self.send(b"0\r\n\r\n")
        return True

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def wait_for_close(self):
        """Until the gateway closes or resets its side. What comes is thrown away: a script that has answered must have said
        "Connection: close" before, or the gateway takes the connection for one that can be used again."""
        with contextlib.suppress(OSError):
            while self.socket.recv(65536):
                pass


class Upstream:
    def __init__(self, script):
        self.script = script
        self.requests = queue.Queue()
        self.failures = []
        self.connections = 0
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(256)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open = set()
        self._lock = threading.Lock()
        self._closing = False

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._closing = True
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def next_request(self, seconds=10):
        """The next request whose script has ended or begun, in order of arrival of their heads."""
        return self.requests.get(timeout=seconds * SLOWER)

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.settimeout(30 * SLOWER)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with self._lock:
            self._open.add(sock)
        peer = Peer(sock)
        try:
            keep = True
            while keep:
                request = peer.read_head()
                self.requests.put(request)
                keep = self.script(peer)
        except (EOFError, OSError):
            pass
        except Exception as error:  # noqa: BLE001 - a script's own mistake must be seen
            if not self._closing:
                self.failures.append(error)
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()


def anthropic_account(upstream, name="upstream.json", models=("*",)):
    """(credentials, key_filename_claude) that send every Claude model to a scripted upstream."""
    credential = {"type": "anthropic_api_key", "api_key": "sk-upstream-secret", "base_url": upstream.url}
    return {name: credential}, [{"key_filename": name,
                                 "models": [{"model": model, "domain": upstream.url} for model in models]}]


def gemini_account(upstream, name="upstream-gemini.json", models=("*",)):
    credential = {"type": "gemini_api_key", "api_key": "gemini-upstream-secret", "base_url": upstream.url}
    return {name: credential}, [{"key_filename": name,
                                 "models": [{"model": model, "domain": upstream.url} for model in models]}]


MESSAGE = ('{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":'
           '[{"type":"text","text":"ok"}],"stop_reason":"end_turn","stop_sequence":null,'
           '"usage":{"input_tokens":3,"output_tokens":1}}')


def message_events(texts, usage_out=7):
    """The events of a streamed Anthropic answer, each whole."""
    def event(kind, body):
        return f'event: {kind}\ndata: {{"type":"{kind}"{body}}}\n\n'
    yield event("message_start", ',"message":{"id":"msg_1","type":"message","role":"assistant","content":[],'
                '"model":"claude-sonnet-4-5","stop_reason":null,"usage":{"input_tokens":5,"output_tokens":1}}')
    yield event("content_block_start", ',"index":0,"content_block":{"type":"text","text":""}')
    import json
    for text in texts:
        yield event("content_block_delta", ',"index":0,"delta":{"type":"text_delta","text":' + json.dumps(text) + "}")
    yield event("content_block_stop", ',"index":0')
    yield event("message_delta", ',"delta":{"stop_reason":"end_turn","stop_sequence":null},'
                f'"usage":{{"output_tokens":{usage_out}}}')
    yield event("message_stop", "")

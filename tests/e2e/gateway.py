"""A gateway of its own for a test: the real binary, a directory of its own, free ports, the simulator."""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile

from deadline import SLOWER, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MOONGATE_BINARY", ROOT / "build" / "core" / "app" / "moongate"))
CLIENT_TOKEN = "test-client-token-0001"
SANITIZER_REPORTS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")


def clean_environment(**more):
    """This process's environment without anything that would configure a gateway or a client."""
    out = {name: value for name, value in os.environ.items()
           if not name.startswith(("MOONGATE_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "GCE_", "GCLOUD_", "NODE_"))
           and not name.lower().endswith("_proxy")}
    out.update(more)
    return out


_handed_out = set()


def free_port():
    """Below the range from which the kernel takes ports for whoever asks for none in particular: nobody else takes it
    between this look and its use."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        if port in _handed_out:
            continue
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            _handed_out.add(port)
            return port


def simple_client(token=CLIENT_TOKEN, **more):
    return {"client_token": token, "enable": True, "service_type": "any"} | more


def _end_with_the_tests():
    """In the child: the kernel ends the gateway when the tests end, however they end (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Gateway:
    """start() returns once the gateway is ready; stop() fails the test when the process did not end well.

    clients, gemini, claude: the three lists of map-config.json; credentials: file name -> content.
    settings: what --set gets. The simulator answers for every provider without a credential.
    """

    def __init__(self, clients=None, gemini=(), claude=(), credentials=None, settings=None, environment=None,
                 policy=None, raw_map=None, workers=2):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="moongate-test-"))
        self.data = self.directory / "data"
        self.map_file = self.directory / "map" / "map-config.json"
        self.credentials = self.directory / "json"
        self.lua = self.directory / "lua"
        self.access_log = self.directory / "access.log"
        self.error_log = self.directory / "error.log"
        self.output = self.directory / "output"
        for path in (self.map_file.parent, self.credentials):
            path.mkdir(parents=True)
        for name, content in (credentials or {}).items():
            self.write_credential(name, content)
        self.write_map([simple_client()] if clients is None else clients, gemini, claude, raw_map)
        shutil.copytree(ROOT / "lua", self.lua)
        for name, text in (policy or {}).items():
            (self.lua / name).write_text(text)
        self.control_port = free_port()
        self.settings = {
            "listen.http": "127.0.0.1:0", "listen.https": "127.0.0.1:0",
            "listen.control": f"127.0.0.1:{self.control_port}", "workers": workers,
            "data_dir": self.data, "policy.dir": self.lua, "map.file": self.map_file,
            "map.credentials_dir": self.credentials, "simulator.mode": "auto", "oauth.demo_client": "true",
            "oauth.public_url": f"http://127.0.0.1:{self.control_port}", "log.error": self.error_log,
            "log.access": self.access_log, "reload_ms": 50,
        } | (settings or {})
        self.environment = environment or {}
        self.process = None
        self.ports = {}
        self._admin_token = None

    # The operator's files.

    def write_map(self, clients, gemini=(), claude=(), raw=None):
        text = raw if raw is not None else json.dumps(
            {"clients": list(clients), "key_filename_gemini": list(gemini), "key_filename_claude": list(claude)})
        new = self.map_file.with_suffix(".new")
        new.write_text(text)
        new.chmod(0o600)
        new.rename(self.map_file)

    def write_credential(self, name, content):
        path = self.credentials / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        path.chmod(0o600)

    def write_policy(self, name, text):
        new = self.lua / (name + ".new")
        new.write_text(text)
        new.rename(self.lua / name)

    # The process.

    def arguments(self, subcommand="serve"):
        command = [str(BINARY), subcommand]
        for name, value in self.settings.items():
            command += ["--set", f"{name}={value}"]
        return command

    def run(self, subcommand="serve", seconds=20, cwd=None):
        """Runs to its end: for starts that must fail, and for `check`."""
        return subprocess.run(self.arguments(subcommand), cwd=cwd or self.directory, text=True, capture_output=True,
                              timeout=seconds * SLOWER, env=clean_environment(**self.environment))

    def start(self):
        ports_file = self.data / "run" / "ports.json"
        with contextlib.suppress(FileNotFoundError):
            ports_file.unlink()
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(self.arguments(), cwd=self.directory, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=subprocess.STDOUT,
                                            preexec_fn=_end_with_the_tests,
                                            env=clean_environment(**self.environment))

        def listening():
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway ended with {self.process.returncode}:\n{self.said()}")
            with contextlib.suppress(FileNotFoundError, ValueError):
                addresses = json.loads(ports_file.read_text())
                return {name: int(address.rsplit(":", 1)[1]) for name, address in addresses.items()
                        if isinstance(address, str) and ":" in address}
            return None

        self.ports = wait_until(listening, "the gateway writes its ports", 20)
        wait_until(lambda: self.control("GET", "/health/ready").status == 200, "the gateway is ready", 20)
        return self

    def stop(self, signal_number=signal.SIGTERM, remove=True, expect=0):
        """Ends the process; an exit status other than `expect` or a sanitizer's report is an error."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        try:
            status = self.process.wait(timeout=15 * SLOWER)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the gateway did not end within 15 s of its signal:\n" + self.said()[-3000:]) from None
        finally:
            said = self.said()
            self.process = None
            if remove:
                self.remove()
        if any(report in said for report in SANITIZER_REPORTS):
            raise AssertionError("a sanitizer complained:\n" + said[-6000:])
        if expect is not None and status != expect:
            raise AssertionError(f"the gateway ended with {status}, not {expect}:\n{said[-3000:]}")

    def remove(self):
        if not os.environ.get("MOONGATE_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        try:
            self.stop()
        except AssertionError:
            if kind is None:
                raise

    def said(self):
        """Everything that went to standard output, standard error and the error log."""
        return "".join(path.read_text(errors="replace") for path in (self.output, self.error_log) if path.exists())

    @property
    def admin_token(self):
        """Told once, at the first start."""
        if self._admin_token is None:
            self._admin_token = (self.data / "run" / "admin-token").read_text().strip()
        return self._admin_token

    @property
    def certificate(self):
        return self.data / "tls" / "server.crt"

    def url(self, face="http"):
        scheme = "https" if face == "https" else "http"
        return f"{scheme}://127.0.0.1:{self.ports[face]}"

    def memory_kb(self):
        """Resident memory of the process."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    # Whole exchanges, where the bytes do not matter.

    def exchange(self, port, method, path, body=None, headers=None, seconds=20):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=seconds * SLOWER)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.text = answer.read().decode("utf-8", "replace")
            return answer
        finally:
            connection.close()

    def control(self, method, path, body=None, headers=None):
        return self.exchange("control", method, path, body, headers)

    def admin(self, method, path, body=None):
        return self.control(method, path, body, {"Authorization": f"Bearer {self.admin_token}",
                                                 "Content-Type": "application/json"})

    def messages(self, text="hi", token=CLIENT_TOKEN, headers=None, **body):
        """One Anthropic call, as curl would make it."""
        body = {"model": "claude-sonnet-4-5", "max_tokens": 100,
                "messages": [{"role": "user", "content": text}]} | body
        return self.exchange("http", "POST", "/v1/messages", body,
                             {"x-api-key": token, "content-type": "application/json"} | (headers or {}))

    def generate(self, text="hi", token=CLIENT_TOKEN, verb="generateContent", model="gemini-2.5-pro", headers=None):
        """One Gemini call."""
        return self.exchange("http", "POST", f"/v1beta/models/{model}:{verb}", {"contents": [{"parts": [{"text": text}]}]},
                             {"x-goog-api-key": token, "content-type": "application/json"} | (headers or {}))

    # What others saw.

    def simulator_log(self):
        answer = self.exchange("simulator", "GET", "/__simulator/log")
        return [json.loads(line) for line in answer.text.splitlines() if line]

    def simulator_reset(self):
        self.exchange("simulator", "POST", "/__simulator/reset", "")

    def access_lines(self):
        if not self.access_log.exists():
            return []
        return [json.loads(line) for line in self.access_log.read_text().splitlines() if line.endswith("}")]

    def metrics(self):
        return self.control("GET", "/metrics").text

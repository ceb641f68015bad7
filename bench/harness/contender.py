"""What every contender of a run has in common."""
import http.client
import json
import subprocess
import time

from .processes import BenchError
from .stage import MODELS, caller_key

REQUEST = json.dumps({"model": MODELS[0], "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]})


# What a contender is started through, and how long its first answer may take: bench/profile changes both.
LAUNCHER = []
PATIENCE_S = 20


class Contender:
    """One proxy under measurement. start() leaves it answering; `pid` is the process whose CPU and memory count."""

    def __init__(self, stage, name, label, has_policy):
        self.stage = stage
        self.name = name
        self.label = label
        self.has_policy = has_policy
        self.folder = stage.folder / name
        self.folder.mkdir()
        self.process = None
        self.pid = 0
        self.http_port = 0
        self.https_port = 0
        self.start_s = 0.0  # from exec to the first answer, of the last start

    def start(self):
        raise NotImplementedError

    def launch(self, argv):
        """Starts the program on the contender's core, and waits until it has answered a request with 200."""
        with open(self.folder / "stderr", "ab") as stderr:
            began = time.monotonic()
            self.process = self.stage.processes.start([*LAUNCHER, *argv], self.stage.contender_core, stdout=subprocess.DEVNULL,
                                                      stderr=stderr, cwd=self.folder)
            self._wait_for_answer(began + PATIENCE_S)
            self.start_s = time.monotonic() - began

    def stop(self):
        if self.process:
            self.stage.processes.stop(self.process, patience_s=10)
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def after_measure(self):
        """Called after each measurement, for what would pile up otherwise."""

    @property
    def target(self):
        return f"127.0.0.1:{self.http_port}"

    @property
    def tls_target(self):
        return f"127.0.0.1:{self.https_port}"

    def ask(self, key=None):
        """One small request by plain Python; the status."""
        link = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=5)
        try:
            link.request("POST", "/v1/messages", REQUEST, {
                "content-type": "application/json", "anthropic-version": "2023-06-01",
                "authorization": f"Bearer {key or caller_key(0)}"})
            return link.getresponse().status
        finally:
            link.close()

    def _wait_for_answer(self, end):
        while True:
            try:
                status = self.ask()
                if status == 200:
                    return
                problem = f"status {status}"
            except (OSError, http.client.HTTPException) as error:
                problem = error
            if self.process.poll() is not None or time.monotonic() > end:
                raise BenchError(f"{self.name} does not answer ({problem}):\n{self.complaints()}")
            time.sleep(0.001)

    def complaints(self):
        """The end of what it wrote to its error log and standard error."""
        text = ""
        for name in ("stderr", "error.log"):
            path = self.folder / name
            if path.exists():
                text += path.read_text(errors="replace")[-3000:]
        return text

    def verify(self):
        """That it does the job that is measured: each model to its own upstream, with that account's credential."""
        before = self.stage.upstream_counters()
        self.stage.load("requests", "--target", self.target, "--connections", 30, "--warmup-ms", 0, "--duration-ms", 250)
        seen = [{name: after[name] - old[name] for name in after}
                for after, old in zip(self.stage.upstream_counters(), before)]
        requests = sum(port["requests"] for port in seen)
        if self.has_policy:
            if any(port["requests"] == 0 for port in seen):
                raise BenchError(f"{self.name}: the three models did not go to three upstreams: {seen}")
            if sum(port["replaced_credentials"] for port in seen) != requests:
                raise BenchError(f"{self.name}: requests reached the upstream without the account's credential: {seen}")
            if any(port["caller_credentials"] for port in seen):
                raise BenchError(f"{self.name}: the caller's key reached the upstream: {seen}")
            status = self.ask("bench-client-key-wrong")
            if status != 401:
                raise BenchError(f"{self.name}: an unknown key was answered with {status} instead of 401")
        elif seen[0]["requests"] != requests:
            raise BenchError(f"{self.name}: requests went astray: {seen}")

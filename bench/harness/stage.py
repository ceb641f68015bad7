"""What stands around the contenders: the upstream, Redis, a certificate, a temporary folder, and the load client."""
import getpass
import json
import socket
import subprocess
import tempfile
from pathlib import Path

from .processes import BenchError, Processes, free_port, wait_until

CALLERS = 1000
POLICY_PREFIX = "mg:lua:"  # what the gateway puts before a key of moon.cache
MODELS = ("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5")


def caller_key(number):
    return f"bench-client-key-{number:04d}"


def account_key(number):
    return f"bench-account-key-{number}"


class Stage:
    """Upstream, Redis and load share one core; the contender has the other to itself."""

    def __init__(self, programs, contender_core, load_core, open_files):
        self.programs = programs
        self.contender_core = contender_core
        self.load_core = load_core
        self.open_files = open_files
        self.processes = Processes()
        self._folder = tempfile.TemporaryDirectory(prefix="moongate-bench-")
        self.folder = Path(self._folder.name)
        self.upstream_ports = []
        self.redis_port = 0
        self.database_url = ""
        self._control_port = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.processes.stop_all()
        self._folder.cleanup()

    def set_up(self):
        upstream = self.processes.start([self.programs.upstream, "--ports", len(MODELS)], self.load_core,
                                        stdout=subprocess.PIPE)
        said = json.loads(upstream.stdout.readline())
        self.upstream_ports, self._control_port = said["ports"], said["control"]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", self.folder / "tls.key", "-out", self.folder / "tls.crt"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if self.programs.redis:
            self._start_redis()
        if self.programs.mariadb:
            self._start_mariadb()

    def _start_mariadb(self):
        """A database of this run alone, with the durability that MariaDB has by default."""
        folder, port = self.folder / "mariadb", free_port()
        socket_file = self.folder / "mariadb.sock"
        user = getpass.getuser()
        subprocess.run([self.programs.mariadb_install, "--no-defaults", f"--datadir={folder}", f"--user={user}",
                        "--auth-root-authentication-method=normal", "--skip-test-db"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.start([self.programs.mariadb, "--no-defaults", f"--datadir={folder}", f"--user={user}",
                              f"--socket={socket_file}", f"--port={port}", "--bind-address=127.0.0.1", "--skip-log-bin",
                              f"--pid-file={self.folder / 'mariadb.pid'}"], self.load_core,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def runs(sql):
            return subprocess.run([self.programs.mariadb_client, "--no-defaults", f"--socket={socket_file}", "-uroot", "-e", sql],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
        wait_until(lambda: runs("SELECT 1"), 30, "MariaDB answers")
        if not runs("CREATE DATABASE bench CHARACTER SET utf8mb4; CREATE USER bench@'127.0.0.1' IDENTIFIED BY 'bench'; "
                    "CREATE USER bench@localhost IDENTIFIED BY 'bench'; GRANT ALL ON bench.* TO bench@'127.0.0.1'; "
                    "GRANT ALL ON bench.* TO bench@localhost"):
            raise BenchError("MariaDB does not take the bench's database")
        self.database_url = f"mysql://bench:bench@127.0.0.1:{port}/bench"

    def _start_redis(self):
        self.redis_port = free_port()
        self.processes.start([self.programs.redis, "--port", self.redis_port, "--bind", "127.0.0.1", "--save", "",
                              "--appendonly", "no", "--dir", self.folder, "--loglevel", "warning"], self.load_core,
                             stdout=subprocess.DEVNULL)

        def answers():
            try:
                return self.redis("PING").startswith(b"+PONG")
            except OSError:
                return False
        wait_until(answers, 5, "Redis answers")
        for number in range(CALLERS):
            for prefix in ("", POLICY_PREFIX):
                self.redis("SET", f"{prefix}client:{caller_key(number)}", "enabled")

    def redis(self, *words):
        """One command, and the raw reply."""
        command = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        with socket.create_connection(("127.0.0.1", self.redis_port), timeout=5) as link:
            link.sendall(command.encode())
            return link.recv(65536)

    def upstream_counters(self):
        """What each upstream port has seen: requests, streams, and whose credentials they carried."""
        with socket.create_connection(("127.0.0.1", self._control_port), timeout=5) as link:
            text = b""
            while piece := link.recv(65536):
                text += piece
        return json.loads(text)

    def load(self, *arguments, seconds=60, failing=False):
        """Runs the load client to its end; its last line of figures. What went wrong there is an error here, unless
        `failing` says that failures are what is counted."""
        client = self.start_load(*arguments)
        try:
            out, err = client.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            self.processes.stop(client)
            raise BenchError(f"load client still running after {seconds} s: {' '.join(map(str, arguments))}") from late
        self.processes.stop(client)
        return self._figures(client, out, err, arguments, failing)

    def start_load(self, *arguments):
        return self.processes.start([self.programs.load, *arguments], self.load_core, stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish_load(self, client, arguments, read_before=b"", seconds=30):
        """Tells a client that waits at its gate to go on to its end; its figures, which may have been read before."""
        out, err = client.communicate(b"\n", timeout=seconds)
        self.processes.stop(client)
        return self._figures(client, read_before + out, err, arguments)

    @staticmethod
    def _figures(client, out, err, arguments, failing=False):
        lines = out.decode().strip().splitlines()
        if not lines or (client.returncode != 0 and not failing):
            raise BenchError(f"bench_load {' '.join(map(str, arguments))} failed:\n{err.decode()}{out.decode()}")
        return json.loads(lines[-1])

"""A private Redis and a private MariaDB for process tests: own folders, free ports, ended by their pids."""

import contextlib
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from deadline import SLOWER, wait_until
from gateway import free_port


def _end_with_the_tests():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Server:
    """start() and kill() as often as a test likes; what it keeps stays until close()."""

    def __init__(self, program, package):
        self.program = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not self.program:
            raise AssertionError(f"{program} is missing: apt-get install {package}")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="moongate-server-"))
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def ready(self):
        return _accepts(self.port)

    def start(self):
        with open(self.directory / "output", "ab") as output:
            self.process = subprocess.Popen(self.command(), cwd=self.directory, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, preexec_fn=_end_with_the_tests)

        def up():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.program} ended:\n" + (self.directory / "output").read_text()[-3000:])
            return self.ready()

        wait_until(up, f"{self.program} accepts connections", 40)
        return self

    def kill(self):
        """As a crash of its machine would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=20 * SLOWER)
            self.process = None

    def pause(self):
        """Alive and silent: the slow server."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


class Redis(Server):
    def __init__(self, password=None):
        super().__init__("redis-server", "redis-server")
        self.password = password

    def command(self):
        more = ["--requirepass", self.password] if self.password else []
        return [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", str(self.directory), *more]

    @property
    def url(self):
        return f"redis://{':' + self.password + '@' if self.password else ''}127.0.0.1:{self.port}/0"


class MariaDb(Server):
    """One database, `moongate`, one user, `moongate`, password PASSWORD."""

    PASSWORD = "p4ss-of-the-tests"

    def __init__(self):
        super().__init__("mariadbd", "mariadb-server")
        self.socket = self.directory / "socket"
        self.user = pwd.getpwuid(os.getuid()).pw_name
        installer = shutil.which("mariadb-install-db")
        subprocess.run([installer, "--no-defaults", f"--datadir={self.directory / 'data'}", f"--user={self.user}",
                        "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True,
                       timeout=120 * SLOWER)
        self.prepared = False

    def command(self):
        return [self.program, "--no-defaults", f"--datadir={self.directory / 'data'}", f"--user={self.user}",
                f"--socket={self.socket}", f"--pid-file={self.directory / 'pid'}", f"--port={self.port}",
                "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=1",
                "--character-set-server=utf8mb4", "--skip-log-bin"]

    def start(self):
        super().start()
        if not self.prepared:
            self.sql("CREATE DATABASE moongate CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; "
                     f"CREATE USER moongate@'127.0.0.1' IDENTIFIED BY '{self.PASSWORD}'; "
                     f"CREATE USER moongate@localhost IDENTIFIED BY '{self.PASSWORD}'; "
                     "GRANT ALL ON moongate.* TO moongate@'127.0.0.1'; GRANT ALL ON moongate.* TO moongate@localhost;",
                     database="")
            self.prepared = True
        return self

    def ready(self):
        return self.socket.exists() and _accepts(self.port)

    def sql(self, text, database="moongate"):
        """The rows, a list of texts each."""
        client = shutil.which("mariadb")
        done = subprocess.run([client, "--no-defaults", f"--socket={self.socket}", "-uroot", "--batch",
                               "--skip-column-names", *([database] if database else [])], input=text, text=True,
                              capture_output=True, timeout=30 * SLOWER)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    @property
    def url(self):
        return f"mysql://moongate:{self.PASSWORD}@127.0.0.1:{self.port}/moongate"

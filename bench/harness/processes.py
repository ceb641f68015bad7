"""Processes that a bench run starts: pinned, watched, and ended by pid whatever happens."""
import contextlib
import os
import resource
import signal
import socket
import subprocess
import time


class BenchError(Exception):
    """Something that makes the figures worthless; its text says what to do."""


class Processes:
    """Every process of a run. stop_all ends them all; each is ended by its own pid, never by name."""

    def __init__(self):
        self._running = []

    def start(self, argv, core, stdout=None, stderr=None, stdin=None, cwd=None):
        """Starts `argv` on one core. taskset replaces itself by the program, so the pid is the program's."""
        process = subprocess.Popen(["taskset", "-c", str(core), *map(str, argv)], stdout=stdout,
                                   stderr=stderr, stdin=stdin, cwd=cwd)
        self._running.append(process)
        return process

    def stop(self, process, patience_s=5.0):
        """SIGTERM, and SIGKILL when that does not help in time."""
        if process.poll() is None:
            children = children_of(process.pid)
            process.terminate()
            try:
                process.wait(patience_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
                for child in children:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        if process in self._running:
            self._running.remove(process)

    def stop_all(self):
        for process in list(reversed(self._running)):
            self.stop(process, patience_s=3.0)


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_open_files(wanted):
    """Raises the limit of open files to `wanted`, or as far as this user may, for all processes started after it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        return wanted
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return hard


def memory_of(pid):
    """Memory of a process in KiB, from smaps_rollup: what is its own (private dirty), its share, all that is resident."""
    wanted = {"Rss": "rss", "Pss": "pss", "Private_Dirty": "private_dirty"}
    figures = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            name = line.split(":")[0]
            if name in wanted:
                figures[wanted[name]] = int(line.split()[1])
    return figures


def is_traced(pid, thread):
    with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as file:
        return all(line.split() != ["TracerPid:", "0"] for line in file)


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise BenchError(f"{what}: not within {seconds} s")
        time.sleep(0.005)


def thread_times(pid):
    """Nanoseconds of CPU by name of thread, those of one name together."""
    times = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf-8") as file:
                name = file.read().strip()
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                times[name] = times.get(name, 0) + int(file.read().split()[0])
    return times

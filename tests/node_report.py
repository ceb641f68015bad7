"""Runs files of Node's own test runner, and tells their cases as the other runners here do."""

import pathlib
import re
import subprocess
import sys


def node_of(directory):
    """The Node that the folder's package.json brings along, so that every machine runs the same."""
    found = sorted(pathlib.Path(directory).glob("node_modules/node-linux-*/bin/node"))
    if not found:
        sys.exit(f"the packages of {directory} are not installed: ./test {pathlib.Path(directory).name} installs them")
    return str(found[0])


def run_node(directory, environment, words, verbose, at_once=1):
    """(passed, failed, skipped) of directory/*.test.mjs; words choose files, or after a colon, names of cases."""
    files = sorted(pathlib.Path(directory).glob("*.test.mjs"))
    names = [word.split(":", 1)[1] for word in words if ":" in word]
    wanted = [word.split(":")[0] for word in words]
    files = [file for file in files if not wanted or any(word in file.name for word in wanted)]
    if not files:
        return 0, 0, 0
    command = [node_of(directory), "--test", "--test-reporter=tap", f"--test-concurrency={at_once}"]
    command += [f"--test-name-pattern={name}" for name in names] + [str(file) for file in files]
    process = subprocess.Popen(command, cwd=directory, env=environment, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    counts, failing, group, has_cases = {}, False, "", False
    for line in process.stdout:
        text = line.strip()
        if match := re.match(r"# (pass|fail|skipped|cancelled) (\d+)$", text):
            counts[match[1]] = int(match[2])
        elif match := re.match(r"# Subtest: (.*)", line):
            group, has_cases = match[1], False
        elif match := re.match(r"( *)(not )?ok \d+ - (.*)", line):
            # A group fails with its cases, and says nothing of its own.
            case = bool(match[1]) or not has_cases
            has_cases = has_cases or bool(match[1])
            failing = bool(match[2]) and case
            if case and (failing or verbose):
                where = f"{group}: {match[3]}" if match[1] else match[3]
                print(f"{'FAILED' if failing else 'ok    '} {where}", flush=True)
        elif failing and re.match(r"error: |code: |stack: |name: |expected: |actual: |    ", text) or (
                failing and not re.match(r"(---|\.\.\.|duration_ms|type|location|failureType|\d+\.\.\d+|#)", text)):
            print("       " + text[:400], flush=True)
    process.wait()
    failed = counts.get("fail", 0) + counts.get("cancelled", 0)
    if process.returncode and not failed:
        failed = 1
    return counts.get("pass", 0), failed, counts.get("skipped", 0)

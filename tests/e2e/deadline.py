"""The one place of these tests that lets time pass: waiting for something to become true, with a deadline."""

import os
import time

# Sanitized gateways are slower: deadlines (never the times under test) are multiplied by this.
SLOWER = float(os.environ.get("MOONGATE_SLOWER", "1"))


def wait_until(condition, what, seconds=5.0):
    """condition() until it is truthy, then its value. AssertionError naming `what` after the deadline."""
    end = time.monotonic() + seconds * SLOWER
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds * SLOWER:g} s: {what}")
        time.sleep(0.005)

"""Runs on a host of the benchmark, on its own Python: what an effect looks like from there, a thousand times a second.

beat FILE: appends its CLOCK_MONOTONIC ns to FILE; a stopped process leaves a gap.
send ADDRESS PORT FILE: sends numbered datagrams, and appends each one's moment. receive PORT FILE: appends the numbers.
"""

import array
import contextlib
import socket
import sys
import time
from collections.abc import Callable

PERIOD = 1_000_000
"""ns."""


def paced(act: Callable[[int, int], object]) -> None:
    """Call `act(number, moment)` every PERIOD; a late call is made at once, a missed one is left out."""
    at = time.monotonic_ns() + PERIOD
    number = 0
    while True:
        left = at - time.monotonic_ns()
        if left > 0:
            time.sleep(left / 1e9)
        act(number, time.monotonic_ns())
        number += 1
        at = max(at + PERIOD, time.monotonic_ns() - PERIOD)


def beat(path: str) -> None:
    with open(path, "wb", buffering=0) as file:
        paced(lambda number, moment: file.write(moment.to_bytes(8, "little")))


def send(address: str, port: str, path: str) -> None:
    to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with open(path, "wb", buffering=0) as file:

        def one(number: int, moment: int) -> None:
            file.write(moment.to_bytes(8, "little"))
            with contextlib.suppress(OSError):  # cut on the way out: it does not arrive
                to.sendto(number.to_bytes(8, "little"), (address, int(port)))

        paced(one)


def receive(port: str, path: str) -> None:
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.bind(("", int(port)))
    with open(path, "wb", buffering=0) as file:
        while True:
            file.write(here.recv(64)[:8])


def numbers(path: str) -> "array.array[int]":
    """What such a file holds."""
    found = array.array("Q")
    with open(path, "rb") as file:
        text = file.read()
    found.frombytes(text[: len(text) // 8 * 8])
    return found


if __name__ == "__main__":
    acts: dict[str, Callable[..., None]] = {"beat": beat, "send": send, "receive": receive}
    acts[sys.argv[1]](*sys.argv[2:])

"""Paced UDP between two hosts: `server` echoes, `client ADDRESS COUNT GAP` prints JSON of what came back."""

import itertools
import json
import select
import socket
import sys
import time

PORT = 7777


def server() -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", PORT))
    while True:
        data, peer = sock.recvfrom(100)
        sock.sendto(data, peer)


def client(address: str, count: int, gap: float) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sent: dict[int, float] = {}
    order: list[int] = []
    rtts: list[float] = []
    errors = 0
    due = time.monotonic()
    for number in [*range(count), -1]:
        while (left := due - time.monotonic()) > 0:
            if select.select([sock], [], [], left)[0]:
                got = int(sock.recv(100))
                order.append(got)
                rtts.append(time.monotonic() - sent[got])
        if number >= 0:
            sent[number] = time.monotonic()
            try:
                sock.sendto(str(number).encode(), (address, PORT))
            except OSError:
                errors += 1
        due += gap if number < count - 1 else 0.3
    rtts.sort()
    swaps = sum(a > b for a, b in itertools.pairwise(order))
    middle = rtts[len(rtts) // 2] if rtts else None
    print(json.dumps({"got": len(order), "distinct": len(set(order)), "rtt": middle, "swaps": swaps, "errors": errors}))


if __name__ == "__main__":
    server() if sys.argv[1] == "server" else client(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))

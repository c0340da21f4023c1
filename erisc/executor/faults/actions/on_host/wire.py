"""A wire that takes its time, for kernels without netem: DELAY JITTER OVERTAKE MARK READY DEVICE:TAP...

Every frame that nftables forwards to TAP leaves by DEVICE after DELAY s, more or less up to JITTER; with probability
OVERTAKE at once. It leaves with the packet mark MARK, by which nftables knows it again. The TAPs vanish with this
process.
"""

import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
FRAME = 1 << 17


def tap_of(name: str) -> "tuple[int, bytes]":
    """A TAP that is up, as (descriptor, its own hardware address)."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "txqueuelen", "20000", "up"], check=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        asked = fcntl.ioctl(sock, 0x8927, struct.pack("256s", name.encode()))  # SIOCGIFHWADDR
    return fd, asked[18:24]


def port_of(device: str, mark: int) -> socket.socket:
    """A way out by the device."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    sock.bind((device, 0))
    return sock


def main(words: "list[str]") -> None:
    """Runs until it is killed."""
    delay, jitter, overtake, mark = float(words[0]), float(words[1]), float(words[2]), int(words[3])
    ways = {}
    for pair in words[5:]:
        device, _, name = pair.rpartition(":")
        fd, own = tap_of(name)
        ways[fd] = (own, port_of(device, mark))
    with open(words[4], "w") as ready:
        ready.write("ready\n")
    waiting: list[tuple[float, int, bytes, socket.socket]] = []
    number = 0
    while True:
        wait = max(waiting[0][0] - time.monotonic(), 0.0) if waiting else None
        for fd in select.select(list(ways), [], [], wait)[0]:
            own, port = ways[fd]
            for _ in range(64):
                try:
                    frame = os.read(fd, FRAME)
                except BlockingIOError:
                    break
                if frame[6:12] == own:
                    continue  # the TAP's own, not the host's
                late = 0.0 if overtake and random.random() < overtake else delay + random.uniform(-jitter, jitter)
                number += 1
                heapq.heappush(waiting, (time.monotonic() + late, number, frame, port))
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, frame, port = heapq.heappop(waiting)
            try:
                port.send(frame)
            except OSError:
                continue  # the device is down or its queue is full: the frame is lost, as on any wire


main(sys.argv[1:])

"""So many callers: each has an allocation at the supernode that has the least to do when it comes.

    python3 /lab/crowd.py MANY SECONDS

They stay so many seconds, or until SIGTERM. A line says for each by which address it is reached, or why by none.
"""

import json
import os
import signal
import socket
import ssl
import sys
import time
from collections import Counter
from typing import Any

from catenet.nodes.application.directory.fields import parse_endpoint
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.turn.client import Allocated, Client

DIRECTORY, USER, PASSWORD = "login", "crowd", "all of them by one name"


def credentials() -> dict[str, Any]:
    """For the supernode that has the least to do."""
    raw = socket.create_connection((DIRECTORY, 5223), 10)
    with ssl.create_default_context().wrap_socket(raw, server_hostname=DIRECTORY) as connection:
        lines = connection.makefile("rwb")
        answers = []
        for request in ({"ask": "login", "user": USER, "password": PASSWORD}, {"ask": "credentials"}):
            lines.write(json.dumps({"id": request["ask"], **request}).encode() + b"\n")
            lines.flush()
            while "id" not in (said := json.loads(lines.readline())):
                pass
            answers.append(said["ok"])
        connection.unwrap()
    server: dict[str, Any] = answers[1]["servers"][0]
    return server


def outcome(client: Client, port: socket.socket) -> str:
    """Whether it gets its allocation, in words."""
    until = time.monotonic() + 3.0
    port.settimeout(0.2)
    while time.monotonic() < until:
        for message in client.take_sends():
            port.send(message)
        try:
            client.receive(port.recv(2048), time.monotonic())
        except (TimeoutError, ConnectionError):
            client.wake(time.monotonic())
        for event in client.take_events():
            return f"by {event.relayed}" if isinstance(event, Allocated) else f"by none: {event}"
    return "by none: no answer"


def main(many: int, seconds: float) -> None:
    """They come one after the other, and go together."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    callers = []
    counters = Counter[str]()
    for _ in range(many):
        server = credentials()
        at = parse_endpoint("at", server["at"])
        port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port.connect((str(at.address), at.port))
        login = Login(server["username"], server["password"])
        client = Client(login, os.urandom, lambda word, by=1: counters.update({word: by}))
        client.allocate(time.monotonic())
        print(outcome(client, port), flush=True)
        callers.append((client, port))
    signal.sigtimedwait([signal.SIGTERM], seconds)
    for client, port in callers:
        client.release(time.monotonic())
        for message in client.take_sends():
            port.send(message)


main(int(sys.argv[1]), float(sys.argv[2]))

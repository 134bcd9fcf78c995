#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A PPTP client (RFC 2637, the PNS) without a data path: a program of its own has that.

  pptp_call.py SERVER COMMAND...

It connects to port 1723 and makes one outgoing call.  When that is up COMMAND runs, with
{local}, {peer}, {call} and {peer_call} in its words replaced; it has GRE and the PPP.  The
call lasts as long as COMMAND does.  Meanwhile Echo-Requests are answered.  When COMMAND has
ended the call is cleared; when the server disconnects the call first, COMMAND is ended.
Then the connection is stopped.  SIGTERM goes to COMMAND.

Each step is a line on standard output.  The status is 0 when all requests had their replies,
or the server stopped the connection in order.
"""
import select
import signal
import socket
import struct
import subprocess
import sys
import time

COOKIE = 0x1A2B3C4D
SCCRQ, SCCRP, STOPRQ, STOPRP, ECHORQ, ECHORP, OCRQ, OCRP, CCRQ, CDN, WEN, SLI = \
    1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15
NAMES = {SCCRQ: "Start-Request", SCCRP: "Start-Reply", STOPRQ: "Stop-Request",
         STOPRP: "Stop-Reply", ECHORQ: "Echo-Request", ECHORP: "Echo-Reply",
         OCRQ: "Call-Request", OCRP: "Call-Reply", CCRQ: "Call-Clear-Request",
         CDN: "Call-Disconnect-Notify", WEN: "WAN-Error-Notify", SLI: "Set-Link-Info"}
CALL = 7007
# Seconds: it is a slow machine.
PATIENCE = 60


def say(*words):
    print(*words, flush=True)


class Trouble(Exception):
    """The server does what it must not, or nothing."""


class Stopped(Trouble):
    """It has ended the connection, in order."""


class Client:
    def __init__(self, server, command):
        self.tcp = socket.create_connection((server, 1723), PATIENCE)
        self.local, self.peer = self.tcp.getsockname()[0], server
        self.command, self.child, self.told = command, None, False
        self.buffer = b""

    def send(self, kind, body):
        say("sent", NAMES[kind])
        self.tcp.sendall(struct.pack("!HHIHH", len(body) + 12, 1, COOKIE, kind, 0) + body)

    def messages(self):
        """What has come within a moment, without what is answered here."""
        ready, _, _ = select.select([self.tcp], [], [], 0.2)
        if ready:
            data = self.tcp.recv(4096)
            if not data:
                raise Trouble("the server closed the connection")
            self.buffer += data
        while len(self.buffer) >= 12:
            length, _, cookie, kind = struct.unpack("!HHIH", self.buffer[:10])
            if length < 12 or cookie != COOKIE or kind not in NAMES:
                raise Trouble(f"no message of PPTP: {self.buffer[:12].hex()}")
            if len(self.buffer) < length:
                return
            body, self.buffer = self.buffer[12:length], self.buffer[length:]
            say("received", NAMES[kind])
            if kind == ECHORQ:
                self.send(ECHORP, body[:4] + struct.pack("!BBH", 1, 0, 0))
            elif kind == STOPRQ:
                self.send(STOPRP, struct.pack("!BBH", 1, 0, 0))
                raise Stopped("the server stopped the connection")
            else:
                yield kind, body

    def reply(self, kind):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for got, body in self.messages():
                if got == kind:
                    return body
        raise Trouble(f"no {NAMES[kind]} within {PATIENCE} s")

    def connect(self):
        self.send(SCCRQ, struct.pack("!HHIIHH64s64s", 0x0100, 0, 3, 3, 0, 0, b"call", b"call"))
        result = self.reply(SCCRP)[2]
        if result != 1:
            raise Trouble(f"Start-Reply has result {result}")
        self.send(OCRQ, struct.pack("!HHIIIIHHHH64s64s", CALL, 1, 2400, 10000000, 3, 3, 64, 0, 0, 0,
                                    b"", b""))
        peer_call, call, result = struct.unpack("!HHB", self.reply(OCRP)[:5])
        if (call, result) != (CALL, 1):
            raise Trouble(f"Call-Reply is for call {call}, result {result}")
        say("call", CALL, peer_call)
        self.child = subprocess.Popen(
            [w.format(local=self.local, peer=self.peer, call=CALL, peer_call=peer_call)
             for w in self.command], stdin=subprocess.DEVNULL)

    def talk(self):
        """Until the call is over, whoever ends it."""
        while self.child.poll() is None:
            if self.told:
                self.told = False
                self.child.terminate()
            for kind, _ in self.messages():
                if kind == CDN:
                    self.end_command()
                    return
        say("the command ended with", self.child.returncode)
        self.send(CCRQ, struct.pack("!HH", CALL, 0))
        self.reply(CDN)

    def end_command(self):
        if not self.child or self.child.poll() is not None:
            return
        self.child.terminate()
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def stop(self):
        self.send(STOPRQ, struct.pack("!BBH", 1, 0, 0))
        self.reply(STOPRP)


def main():
    client = Client(sys.argv[1], sys.argv[2:])

    def told(*_):
        client.told = True

    signal.signal(signal.SIGTERM, told)
    try:
        client.connect()
        try:
            client.talk()
            client.stop()
        except Stopped as stopped:
            say(stopped)
    except (Trouble, OSError) as trouble:
        say("trouble:", trouble)
        return 1
    finally:
        client.end_command()
        client.tcp.close()
    say("over")
    return 0


sys.exit(main())

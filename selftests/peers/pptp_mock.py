#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A PPTP server that ends, or goes wrong, where it is told to.

  pptp_mock.py ADDRESS END [-- COMMAND...]

It serves one connection after the other on ADDRESS, port 1723 (RFC 2637), with
PPP (RFC 1661) that demands PAP and accepts everybody, and an IPCP that gives
10.8.0.2.  END says where the story ends:

  control connection: accept silent sccrq version garbage short ocrq ocrq-silent
  the call:           busy call-close call-cdn call-stop
  LCP:                lcp-silent lcp-terminate lcp-nak
  authentication:     auth-silent auth-close auth-terminate auth-reject
  IPCP:               ipcp-terminate ipcp-refuse
  all is up:          open-terminate open-cdn open-stop open-close open-silent

  exec: once the call is up COMMAND runs, with {peer}, {call} and {peer_call} in it
  replaced; it has the PPP, and the call lasts as long as it does.

Each step is a line on standard output.
"""
import select
import signal
import socket
import struct
import subprocess
import sys
import time

COOKIE = 0x1A2B3C4D
SCCRQ, SCCRP, STOPRQ, STOPRP, ECHORQ, ECHORP, OCRQ, OCRP, CCRQ, CDN = \
    1, 2, 3, 4, 5, 6, 7, 8, 12, 13
LCP, PAP, IPCP = 0xC021, 0xC023, 0x8021
CONFREQ, CONFACK, CONFNAK, CONFREJ, TERMREQ, TERMACK = 1, 2, 3, 4, 5, 6
PROTREJ, ECHOREQ, ECHOREP = 8, 9, 10
PAP_REQ, PAP_ACK, PAP_NAK = 1, 2, 3
ENDS = __doc__.replace(":", " ").split()
OURS, THEIRS = bytes([10, 8, 0, 1]), bytes([10, 8, 0, 2])


def say(*words):
    print(*words, flush=True)


def option(kind, value):
    return bytes([kind, len(value) + 2]) + value


def options(data):
    found = []
    while len(data) >= 2 and 2 <= data[1] <= len(data):
        found.append((data[0], data[2:data[1]]))
        data = data[data[1]:]
    return found


class Over(Exception):
    """The story has ended."""


class Server:
    def __init__(self, connection, peer, address, end, command):
        self.tcp, self.peer, self.end, self.command = connection, peer, end, command
        # Several of us may serve one client from several addresses.
        self.call = 1000 + int(address.split(".")[3])
        self.peer_call = None
        self.sequence = 0
        self.identifier = 1
        self.sent = {}          # protocol: our Configure-Request, until it is acknowledged
        self.acked = set()      # protocols whose request of ours was acknowledged
        self.agreed = set()     # protocols whose request of theirs we acknowledged
        self.child = None
        self.last = 0.0
        self.gre = None
        if end != "exec":
            self.gre = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
            self.gre.bind((address, 0))

    # --- Control connection, RFC 2637 section 2 ---

    def control(self, kind, body):
        self.tcp.sendall(struct.pack("!HHIHH", len(body) + 12, 1, COOKIE, kind, 0) + body)

    def at(self, *ends):
        return self.end in ends

    def message(self, kind, body):
        say("received control message", kind)
        if kind == SCCRQ:
            if self.at("sccrq"):
                raise Over
            if self.at("silent"):
                return
            if self.at("garbage"):
                self.tcp.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 8)
                return
            if self.at("short"):
                # a length below that of the header
                self.tcp.sendall(struct.pack("!HHIHH", 4, 1, COOKIE, SCCRP, 0))
                return
            result = 5 if self.at("version") else 1
            self.control(SCCRP, struct.pack("!HBBIIHH64s64s", 0x0100, result, 0, 3, 3, 1, 1,
                                            b"mock", b"mock"))
        elif kind == OCRQ:
            if self.at("ocrq"):
                raise Over
            if self.at("ocrq-silent"):
                return
            self.peer_call = struct.unpack("!H", body[:2])[0]
            result = 4 if self.at("busy") else 1
            self.control(OCRP, struct.pack("!HHBBHIHHI", self.call, self.peer_call, result, 0, 0,
                                           10000000, 64, 0, 0))
            if not self.at("busy"):
                self.up()
        elif kind == ECHORQ:
            self.control(ECHORP, body[:4] + struct.pack("!BBH", 1, 0, 0))
        elif kind == CCRQ:
            self.control(CDN, struct.pack("!HBBHH128s", self.call, 4, 0, 0, 0, b""))
        elif kind == STOPRQ:
            self.control(STOPRP, struct.pack("!BBH", 1, 0, 0))
            raise Over

    def up(self):
        say("call", self.call, self.peer_call)
        if self.at("call-close"):
            raise Over
        if self.at("call-cdn"):
            self.disconnect()
        elif self.at("call-stop"):
            self.stop()
        elif self.command:
            words = [w.format(peer=self.peer, call=self.call, peer_call=self.peer_call)
                     for w in self.command]
            self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        elif not self.at("lcp-silent"):
            self.request(LCP, option(3, struct.pack("!H", PAP)) + option(5, b"mock"))

    def disconnect(self):
        self.control(CDN, struct.pack("!HBBHH128s", self.call, 1, 0, 0, 0, b"mock"))

    def stop(self):
        self.control(STOPRQ, struct.pack("!BBH", 1, 0, 0))

    # --- PPP in GRE, RFC 2637 section 4 ---

    def frame(self, protocol, code, identifier, data):
        payload = struct.pack("!HHBBH", 0xFF03, protocol, code, identifier, len(data) + 4) + data
        header = struct.pack("!HHHHI", 0x3001, 0x880B, len(payload), self.peer_call, self.sequence)
        self.sequence += 1
        self.gre.sendto(header + payload, (self.peer, 0))

    def request(self, protocol, data):
        self.sent[protocol] = data
        self.last = time.monotonic()
        self.frame(protocol, CONFREQ, self.identifier, data)

    def again(self):
        """Our requests that nobody answered, once a second."""
        if self.sent and time.monotonic() - self.last > 1:
            for protocol, data in list(self.sent.items()):
                self.request(protocol, data)

    def packet(self, data):
        ihl = (data[0] & 15) * 4
        if socket.inet_ntoa(data[12:16]) != self.peer or len(data) < ihl + 8:
            return
        flags, protocol, length, call = struct.unpack("!HHHH", data[ihl:ihl + 8])
        if protocol != 0x880B or call != self.call or not flags & 0x1000:
            return
        start = ihl + 8 + 4 + (4 if flags & 0x80 else 0)
        ppp = data[start:start + length]
        if ppp[:2] == b"\xff\x03":
            ppp = ppp[2:]
        if len(ppp) < 2:
            return
        if ppp[0] & 1:
            protocol, ppp = ppp[0], ppp[1:]
        else:
            protocol, ppp = struct.unpack("!H", ppp[:2])[0], ppp[2:]
        if len(ppp) >= 4 and protocol in (LCP, PAP, IPCP):
            code, identifier, length = struct.unpack("!BBH", ppp[:4])
            self.ppp(protocol, code, identifier, ppp[4:length])

    def ppp(self, protocol, code, identifier, data):
        say(f"received {protocol:04x} code {code}")
        if self.at("lcp-silent"):
            return
        if self.at("lcp-terminate"):
            self.frame(LCP, TERMREQ, 9, b"go away")
            return
        if protocol == PAP:
            self.pap(code, identifier)
        elif code == CONFREQ:
            self.their_request(protocol, identifier, data)
        elif code == CONFACK:
            self.sent.pop(protocol, None)
            self.acked.add(protocol)
            self.progress(protocol)
        elif code in (CONFNAK, CONFREJ):
            self.identifier += 1
            self.request(protocol, b"" if protocol == LCP else self.sent.get(protocol, b""))
        elif code == TERMREQ:
            self.frame(protocol, TERMACK, identifier, b"")
        elif protocol == LCP and code == ECHOREQ and not self.at("open-silent"):
            self.frame(LCP, ECHOREP, identifier, b"mock" + data[4:])

    def their_request(self, protocol, identifier, data):
        if protocol == LCP and self.at("lcp-nak"):
            self.frame(LCP, CONFNAK, identifier, option(1, struct.pack("!H", 1000 + identifier)))
            return
        if protocol == IPCP:
            if self.at("ipcp-terminate"):
                self.frame(LCP, TERMREQ, 9, b"no addresses left")
                return
            if self.at("ipcp-refuse"):
                body = struct.pack("!HBBH", IPCP, CONFREQ, identifier, len(data) + 4) + data
                self.frame(LCP, PROTREJ, 9, body)
                return
            unknown = b"".join(option(k, v) for k, v in options(data) if k != 3)
            if unknown:
                self.frame(IPCP, CONFREJ, identifier, unknown)
                return
            if dict(options(data)).get(3) != THEIRS:
                self.frame(IPCP, CONFNAK, identifier, option(3, THEIRS))
                return
        self.frame(protocol, CONFACK, identifier, data)
        self.agreed.add(protocol)
        self.progress(protocol)

    def pap(self, code, identifier):
        if code != PAP_REQ or self.at("auth-silent"):
            return
        if self.at("auth-close"):
            raise Over
        if self.at("auth-terminate"):
            self.frame(LCP, TERMREQ, 9, b"changed my mind")
            return
        if self.at("auth-reject"):
            self.frame(PAP, PAP_NAK, identifier, b"\x04nope")
            return
        self.frame(PAP, PAP_ACK, identifier, b"\x00")
        if IPCP not in self.acked:
            self.request(IPCP, option(3, OURS))

    def progress(self, protocol):
        if not (protocol in self.acked and protocol in self.agreed):
            return
        say(f"{protocol:04x} is open")
        if protocol != IPCP:
            return
        if self.at("open-terminate"):
            self.frame(LCP, TERMREQ, 9, b"that was all")
        elif self.at("open-cdn"):
            self.disconnect()
        elif self.at("open-stop"):
            self.stop()
        elif self.at("open-close"):
            raise Over

    # --- The loop ---

    def serve(self):
        buffer = b""
        if self.at("accept"):
            return
        while True:
            watched = [self.tcp] + ([self.gre] if self.gre else [])
            ready, _, _ = select.select(watched, [], [], 0.2)
            if self.tcp in ready:
                data = self.tcp.recv(4096)
                if not data:
                    say("the client closed the connection")
                    return
                buffer += data
            while len(buffer) >= 12:
                length, _, _, kind = struct.unpack("!HHIH", buffer[:10])
                if length < 12 or len(buffer) < length:
                    break
                self.message(kind, buffer[12:length])
                buffer = buffer[length:]
            if self.gre in ready:
                self.packet(self.gre.recv(65536))
            if self.gre:
                self.again()
            if self.child and self.child.poll() is not None:
                say("the command ended with", self.child.returncode)
                self.child = None
                self.disconnect()

    def close(self):
        if self.child:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait()
        self.tcp.close()
        if self.gre:
            self.gre.close()


def main():
    address, end = sys.argv[1:3]
    command = sys.argv[4:] if sys.argv[3:4] == ["--"] else []
    if end not in ENDS:
        sys.exit(f"pptp_mock.py: no such end: {end}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener = socket.create_server((address, 1723))
    say("listening")
    while True:
        connection, peer = listener.accept()
        say("connection from", peer[0])
        server = Server(connection, peer[0], address, end, command)
        try:
            server.serve()
        except (Over, ConnectionError, BrokenPipeError) as over:
            say("over", type(over).__name__)
        finally:
            server.close()


main()

// SPDX-License-Identifier: GPL-2.0-or-later
//
// What others' control connections fell over, one test for each failure that is known; each has its
// name. The tables in docs/SECURITY.md have those, too, that a test of another room shows.
#include <tests/pptp/bench.h>
#include <tests/pptp/server_bench.h>

#include <wire/pptp.h>

namespace rtun::pptp {
namespace {

namespace st = server_test;

base::Bytes header(std::size_t length, std::uint16_t type, std::size_t octets) {
    base::Writer out;
    out.be16(static_cast<std::uint16_t>(length)).be16(1).be32(wp::magic_cookie).be16(type);
    out.zeros(octets);
    return out.take();
}

// CVE-2003-0213, pptpd: a length of 0 or 1 became a huge read. And accel-ppp's of 2025: a message
// of length 0 stalled the connection. Both ends, and no octet behind the length has to come for it.
TEST(KnownFailure, Cve2003_0213_ALengthBelowThatOfTheHeaderClosesTheConnectionAtOnce) {
    for (std::uint8_t length = 0; length < 12; ++length) {
        st::Bench server;
        server.reach(st::Stage::NoCall);
        server.feed(base::Bytes{0, length});
        EXPECT_EQ(server.log(), "ended protocol-error") << int{length};
        EXPECT_EQ(server.server.deadline(), std::nullopt);

        Bench client;
        client.reach(Stage::Up);
        client.feed(base::Bytes{0, length});
        EXPECT_EQ(client.log(), "ended protocol-error") << int{length};
    }
}

// CVE-2021-42870, accel-ppp: Call-Clear and others were read beyond their octets.
TEST(KnownFailure, Cve2021_42870_AControlMessageOfAnyOtherLengthIsNotReadByEitherEnd) {
    for (std::uint16_t type = 1; type <= 15; ++type) {
        const std::size_t right = wp::length_of(static_cast<wp::MessageType>(type));
        for (std::size_t length = 12; length < 300; ++length) {
            if (length == right)
                continue;
            st::Bench server;
            server.reach(st::Stage::Up);
            server.feed(header(length, type, 400));
            ASSERT_EQ(server.log(), "call-ended 7 protocol-error, ended protocol-error")
                << type << " " << length;
            Bench client;
            client.reach(Stage::Up);
            client.feed(header(length, type, 400));
            ASSERT_EQ(client.log(), "ended protocol-error") << type << " " << length;
        }
    }
}

// accel-ppp's of 2025: Calling and Called Number were copied by the length that they claim.
TEST(KnownFailure, AccelPpp2025_ANumberIsAsLongAsItsFieldWhateverItsLengthSays) {
    base::Bytes octets = wp::encode(st::call_request());
    ASSERT_EQ(octets.size(), 168U);
    octets[36] = octets[37] = 0xff;  // Phone Number Length
    for (std::size_t i = 40; i < octets.size(); ++i)
        octets[i] = 'A';  // and nowhere a NUL
    st::Bench bench;
    bench.reach(st::Stage::NoCall);
    bench.feed(octets);
    EXPECT_EQ(bench.log(), "asked 7");
    ASSERT_TRUE(bench.asked);
    EXPECT_EQ(bench.asked->phone_number, std::string(64, 'A'));
}

// CVE-2016-6398, IOS: replies had in them what had been in their memory. Every octet of ours that
// says nothing is zero: reserved ones and what is behind a text.
TEST(KnownFailure, Cve2016_6398_WhatSaysNothingIsZero) {
    wp::StartControlConnectionReply reply;
    reply.host_name = "a";
    reply.vendor = "b";
    const base::Bytes octets = wp::encode(reply);
    ASSERT_EQ(octets.size(), 156U);
    EXPECT_EQ(octets[10] | octets[11], 0);
    for (std::size_t i = 28; i < octets.size(); ++i)
        EXPECT_EQ(octets[i], i == 28 ? 'a' : i == 92 ? 'b' : 0) << i;
    for (const wp::Message &message :
         {wp::Message(wp::StartControlConnectionRequest{}), wp::Message(wp::OutgoingCallReply{}),
          wp::Message(wp::EchoReply{}), wp::Message(wp::StopControlConnectionReply{}),
          wp::Message(wp::CallDisconnectNotify{}), wp::Message(wp::SetLinkInfo{})}) {
        const base::Bytes other = wp::encode(message);
        EXPECT_EQ(other[10] | other[11], 0) << "Reserved0";
        EXPECT_EQ(wp::encode(message), other);
    }
}

// FreeBSD's libalias, review D57383: a helper on the path panics of a length that is too short.
TEST(KnownFailure, LibaliasD57383_EveryMessageSaysItsOwnTrueLength) {
    for (const wp::Message &message :
         {wp::Message(wp::StartControlConnectionRequest{}),
          wp::Message(wp::StartControlConnectionReply{}),
          wp::Message(wp::StopControlConnectionRequest{}),
          wp::Message(wp::StopControlConnectionReply{}), wp::Message(wp::EchoRequest{}),
          wp::Message(wp::EchoReply{}), wp::Message(wp::OutgoingCallRequest{}),
          wp::Message(wp::OutgoingCallReply{}), wp::Message(wp::IncomingCallReply{}),
          wp::Message(wp::CallClearRequest{}), wp::Message(wp::CallDisconnectNotify{}),
          wp::Message(wp::SetLinkInfo{})}) {
        const base::Bytes octets = wp::encode(message);
        const std::string name(wp::name(wp::type_of(message)));
        EXPECT_EQ(octets[0] * 256U + octets[1], octets.size()) << name;
        EXPECT_EQ(octets.size(), wp::length_of(wp::type_of(message))) << name;
    }
}

// Slow loris: an octet now and then is no sign of life.
TEST(KnownFailure, ASlowLorisIsClosedWhenItsTimeIsOver) {
    st::Bench bench;
    bench.reach(st::Stage::Idle);
    const base::Bytes request = wp::encode(st::start_request());
    for (std::size_t i = 0; i + 1 < request.size() && !bench.ended; ++i) {
        bench.feed(base::Bytes{request[i]});
        bench.pass(500ms);
        (void)bench.log();
    }
    ASSERT_TRUE(bench.ended);
    EXPECT_EQ(bench.ended->kind, EndReason::Kind::Timeout);
    EXPECT_LE(bench.now, base::Time{1000s} + 11s);
}

// ... and in the middle of a connection that is up: its Echo-Request is not answered by it.
TEST(KnownFailure, ASlowLorisBehindItsCallIsFoundOutByTheEcho) {
    st::Bench bench;
    bench.reach(st::Stage::Up);
    const base::Bytes request = wp::encode(st::call_request(8));
    for (std::size_t i = 0; i + 1 < request.size() && !bench.ended; ++i) {
        bench.feed(base::Bytes{request[i]});
        bench.pass(1s);
        (void)bench.log();
    }
    ASSERT_TRUE(bench.ended);
    EXPECT_EQ(bench.ended->kind, EndReason::Kind::EchoTimeout);
}

TEST(KnownFailure, GarbageEndsItAndIsNotAnswered) {
    fake::FakeRandom random(7);
    for (int i = 0; i < 2000; ++i) {
        base::Bytes octets(8 + random.below(600));  // up to the magic cookie at least
        for (std::uint8_t &octet : octets)
            octet = static_cast<std::uint8_t>(random.below(256));
        octets[0] |= 0x80;  // longer than any message, so that it cannot be one
        st::Bench bench;
        bench.reach(st::Stage::Idle);
        bench.feed(octets);
        ASSERT_EQ(bench.log(), "ended protocol-error");
        EXPECT_TRUE(bench.sent.empty());
    }
}

// RFC 2637 section 2.12: Call-Clear-Request goes from PNS to PAC only.
TEST(KnownFailure, AServerThatSendsACallClearRequestOfItsOwnIsCountedAndTheCallLives) {
    for (const std::uint16_t id : {our_call, peer_call, std::uint16_t{0}}) {
        Bench bench;
        bench.reach(Stage::Up);
        for (int i = 0; i < 100; ++i)
            bench.feed(wp::CallClearRequest{.call_id = id});
        EXPECT_EQ(bench.log(), "");
        EXPECT_EQ(bench.control.counters().unexpected, 100U);
        // What a server has for it is Call-Disconnect-Notify.
        bench.feed(disconnect());
        EXPECT_EQ(bench.log(), "Stop-Control-Connection-Request");
    }
}

}  // namespace
}  // namespace rtun::pptp

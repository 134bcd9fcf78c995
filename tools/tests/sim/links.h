// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two links over a bad network: side 0 is called, side 1 calls. Each has an owner, as a daemon
// would be: it knows passwords, grants addresses, follows what is said about encryption and
// networks, and complains about what makes no sense. An owner may be replaced by another program's.
#pragma once

#include <auth/authenticator.h>
#include <ppp/link.h>
#include <ppp/link_state.h>
#include <tests/fake/fake_random.h>
#include <tests/sim/network.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtun::fake {

struct End {
    ppp::LinkOptions options;
    std::map<std::string, std::string> passwords{};  // of those who prove to us who they are
    ppp::Grant grant{};                              // what they get
    base::Duration thinks{};                         // how long a verdict takes
};

class Links {
public:
    struct Side {
        End end;
        std::unique_ptr<FakeRandom> random;
        std::optional<ppp::Link> link;
        std::optional<ppp::Ipv4Up> ipv4;
        std::optional<ppp::Ipv6Up> ipv6;
        std::optional<ppp::BridgeUp> bridge;
        std::optional<ppp::EncryptionUp> encryption;
        std::optional<ppp::MultilinkReady> multilink;  // it is a link of a bundle
        std::optional<ppp::LcpOpened> lcp;
        std::optional<ppp::EndReason> ended;
        std::optional<std::pair<base::Time, auth::Verdict>> verdict;  // that is being thought about
        std::string user;
        unsigned ups = 0;
        unsigned verifies = 0;
        unsigned authenticated = 0;
        unsigned peers = 0;
        unsigned refused = 0;
        unsigned resumes = 0;
        unsigned readies = 0;
        std::vector<base::Bytes> for_bundle;
    };

    Links(std::uint64_t seed, Network::Quality quality, End called, End calling)
        : network(seed, quality) {
        int index = 0;
        for (End *end : {&called, &calling}) {
            Side &side = at(index);
            side.end = std::move(*end);
            side.random =
                std::make_unique<FakeRandom>(2 * seed + static_cast<std::uint64_t>(index));
            side.link.emplace(side.end.options, *side.random);
            ++index;
        }
    }

    void open() {
        for (int side : {0, 1}) {
            at(side).link->open(now);
            collect(side);
        }
    }

    // Instead: two ends of a bundle that begins with what one link each has said.
    void open_bundle(const ppp::BundleStart &called, const ppp::BundleStart &calling) {
        int side = 0;
        for (const ppp::BundleStart *start : {&called, &calling}) {
            at(side).user = start->first.user;
            at(side).link->begin_bundle(*start, now);
            collect(side);
            ++side;
        }
    }

    // Until the given time, or until nothing will ever happen again.
    void run(base::Duration duration) {
        const base::Time until = now + duration;
        for (;;) {
            const base::Deadline timer = base::earlier(due(0), due(1));
            const base::Deadline next = base::earlier(timer, network.next());
            if (!next || *next > until)
                break;
            ASSERT_LT(++steps, 50000) << "it does not come to rest";
            now = std::max(now, *next);
            if (network.next() && *network.next() <= now) {
                const Network::Arrival arrival = network.take();
                at(arrival.to).link->receive(arrival.frame, now);
                collect(arrival.to);
                continue;
            }
            for (int side : {0, 1})
                expire(side);
        }
        now = until;
    }

    void close(int side) {
        at(side).link->close(now, "test");
        collect(side);
    }

    // Another program takes over, if the link is in a state for it.
    bool take_over(int side) {
        Side &it = at(side);
        const auto state = it.link->state();
        if (!state)
            return false;
        EXPECT_TRUE(it.ipv4 || it.bridge || it.multilink) << "a state of a link that is not up";
        const auto read = ppp::decode_link_state(ppp::encode(*state));
        EXPECT_TRUE(read.has_value());
        it.verdict.reset();
        it.link.emplace(it.end.options, *it.random);
        it.link->resume(*read, now);
        ++it.resumes;
        EXPECT_TRUE(it.link->take_outputs().empty()) << "it goes on without a word";
        return true;
    }

    [[nodiscard]] bool both_up() { return at(0).ipv4 && at(1).ipv4; }
    [[nodiscard]] bool both_ready() { return at(0).multilink && at(1).multilink; }
    [[nodiscard]] bool both_ended() { return at(0).ended && at(1).ended; }
    Side &at(int side) { return sides_[static_cast<std::size_t>(side)]; }

    // What both believe of each other, once up. (One may have given up IPv6 where the network was
    // hopeless, and the other have heard nothing of it.)
    void expect_agreement() {
        const Side &one = at(0);
        const Side &two = at(1);
        ASSERT_TRUE(one.ipv4 && two.ipv4);
        EXPECT_EQ(one.ipv4->remote, two.ipv4->local);
        EXPECT_EQ(two.ipv4->remote, one.ipv4->local);
        if (one.ipv6 && two.ipv6) {
            EXPECT_EQ(one.ipv6->remote_interface_id, two.ipv6->local_interface_id);
            EXPECT_EQ(two.ipv6->remote_interface_id, one.ipv6->local_interface_id);
            EXPECT_NE(one.ipv6->local_interface_id, two.ipv6->local_interface_id);
        }
        ASSERT_EQ(one.encryption.has_value(), two.encryption.has_value());
        if (one.encryption) {
            expect_same(one.encryption->send, two.encryption->receive);
            expect_same(two.encryption->send, one.encryption->receive);
        }
    }

    base::Time now{};
    Network network;
    int steps = 0;

private:
    using Direction = std::optional<ppp::EncryptionUp::Direction>;

    static void expect_same(const Direction &send, const Direction &receive) {
        ASSERT_EQ(send.has_value(), receive.has_value());
        if (!send)
            return;
        EXPECT_EQ(send->mode, receive->mode);
        EXPECT_TRUE(send->start_key.same_as(receive->start_key.reveal())) << "different keys";
    }

    [[nodiscard]] base::Deadline due(int side) {
        const Side &it = at(side);
        return base::earlier(it.link->deadline(),
                             it.verdict ? base::Deadline{it.verdict->first} : base::Deadline{});
    }

    void expire(int side) {
        Side &it = at(side);
        if (it.verdict && it.verdict->first <= now) {
            const auth::Verdict verdict = it.verdict->second;
            it.verdict.reset();
            it.link->verdict(verdict, now);
            collect(side);
        }
        if (it.link->deadline() && *it.link->deadline() <= now) {
            it.link->expire(now);
            collect(side);
        }
    }

    void collect(int side) {
        for (bool more = true; more;) {
            const auto outputs = at(side).link->take_outputs();
            more = !outputs.empty();
            for (const ppp::Output &output : outputs) {
                EXPECT_FALSE(at(side).ended) << "an output after Ended";
                std::visit([this, side](const auto &it) { on(side, it); }, output);
            }
        }
    }

    void on(int side, const ppp::SendFrame &it) { network.send(1 - side, it.frame, now); }
    void on(int, const ppp::PhaseChanged &) {}
    void on(int side, const ppp::LcpOpened &it) { at(side).lcp = it; }
    void on(int side, const ppp::Authenticated &) { ++at(side).authenticated; }
    void on(int side, const ppp::Verify &it) {
        Side &from = at(side);
        ++from.verifies;
        EXPECT_FALSE(from.verdict) << "two at a time";
        const auto known = from.end.passwords.find(it.claim.user);
        auth::Verdict verdict = auth::Refused{691, true, "no such user"};
        if (known != from.end.passwords.end())
            verdict = auth::check(it.claim, base::Secret(known->second));
        if (from.end.thinks > base::Duration::zero())
            from.verdict = {now + from.end.thinks, std::move(verdict)};
        else
            from.link->verdict(verdict, now);
    }
    void on(int side, const ppp::PeerAuthenticated &it) {
        Side &from = at(side);
        ++from.peers;
        from.user = it.user;
        EXPECT_TRUE(from.end.passwords.contains(it.user)) << "nobody knows " << it.user;
        from.link->grant(from.end.grant, now);
    }
    void on(int side, const ppp::PeerRefused &) { ++at(side).refused; }
    void on(int side, const ppp::EncryptionUp &it) {
        EXPECT_FALSE(at(side).encryption) << "encrypted twice";
        at(side).encryption = it;
    }
    void on(int side, const ppp::EncryptionDown &) {
        EXPECT_TRUE(at(side).encryption) << "not encrypted";
        at(side).encryption.reset();
    }
    void on(int, const ppp::EncryptionRefused &) {}
    void on(int side, const ppp::Ipv4Up &it) {
        Side &from = at(side);
        EXPECT_FALSE(from.ipv4) << "up twice";
        EXPECT_FALSE(from.multilink) << "a link of a bundle";
        EXPECT_TRUE(from.end.options.require.empty() || !from.user.empty()) << "nobody was asked";
        EXPECT_TRUE(from.encryption || from.end.grant.encryption != ppp::Encryption::Required)
            << "in clear";
        from.ipv4 = it;
        ++from.ups;
    }
    void on(int side, const ppp::Ipv4Down &) {
        EXPECT_TRUE(at(side).ipv4) << "down without up";
        at(side).ipv4.reset();
    }
    void on(int side, const ppp::Ipv6Up &it) {
        EXPECT_FALSE(at(side).ipv6) << "up twice";
        at(side).ipv6 = it;
    }
    void on(int side, const ppp::Ipv6Down &) {
        EXPECT_TRUE(at(side).ipv6) << "down without up";
        at(side).ipv6.reset();
    }
    void on(int side, const ppp::BridgeUp &it) {
        Side &from = at(side);
        EXPECT_FALSE(from.bridge) << "up twice";
        EXPECT_FALSE(from.multilink) << "a link of a bundle";
        EXPECT_TRUE(from.end.options.require.empty() || !from.user.empty()) << "nobody was asked";
        EXPECT_TRUE(from.encryption || from.end.grant.encryption != ppp::Encryption::Required)
            << "in clear";
        from.bridge = it;
    }
    void on(int side, const ppp::BridgeDown &) {
        EXPECT_TRUE(at(side).bridge) << "down without up";
        at(side).bridge.reset();
    }
    void on(int side, const ppp::MultilinkReady &it) {
        Side &from = at(side);
        EXPECT_FALSE(from.multilink) << "ready twice";
        EXPECT_TRUE(from.end.options.require.empty() || !it.user.empty()) << "nobody was asked";
        from.multilink = it;
        ++from.readies;
    }
    void on(int side, const ppp::MultilinkDown &) {
        EXPECT_TRUE(at(side).multilink) << "down without ready";
        at(side).multilink.reset();
    }
    void on(int side, const ppp::BundleFrame &it) { at(side).for_bundle.push_back(it.frame); }
    void on(int side, const ppp::Ended &it) {
        Side &from = at(side);
        EXPECT_FALSE(from.ipv4 || from.ipv6 || from.bridge || from.encryption || from.multilink)
            << "ended while up";
        from.ended = it.reason;
    }

    std::array<Side, 2> sides_{};
};

}  // namespace rtun::fake

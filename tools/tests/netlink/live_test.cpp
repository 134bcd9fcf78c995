// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every verb of netlink::Kernel against the loaded module. Not in ctest: run it as root, where
// rtun.ko can be loaded (it makes a network namespace of its own and leaves nothing behind).
//
//      192.0.2.1 -- tunnel "here" --> lo <-- tunnel "there" -- 192.0.2.2
#include <netlink/kernel.h>
#include <netlink/rtnl.h>

#include <gtest/gtest.h>

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>

namespace rtun::netlink {
namespace {

constexpr base::Ipv4 Here{0xc0000201}, There{0xc0000202}, Nobody{0xc0000203};
constexpr base::Ipv4 InnerLocal{0x0a090002}, InnerPeer{0x0a090001};
constexpr LinkIndex Loopback{1};

template <typename T>
std::string why(const base::Result<T> &result) {
    return result ? "" : result.error().text;
}
#define WORKS(expr)                                     \
    do {                                                \
        const auto result = (expr);                     \
        ASSERT_TRUE(result.has_value()) << why(result); \
    } while (false)

struct Live : testing::Test {
    static void SetUpTestSuite() {
        ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << "run this as root";
        auto rtnl = Rtnl::open();
        ASSERT_TRUE(rtnl.has_value());
        WORKS(rtnl->link_up(Loopback, 65536));
        WORKS(rtnl->address_add(Loopback, Here, {}));
        WORKS(rtnl->address_add(Loopback, There, {}));
    }

    void SetUp() override {
        auto opened = open_kernel();
        ASSERT_TRUE(opened.has_value()) << why(opened);
        kernel = std::move(*opened);
        WORKS(kernel->bind_owner("live-test"));
    }

    void TearDown() override {
        if (!kernel)
            return;
        const auto left = kernel->tunnels();
        for (const Tunnel &remains : *left)
            EXPECT_TRUE(kernel->tunnel_del(remains.id).has_value());
    }

    // Two tunnels with a session each that are each other's peers.
    void make_pair() {
        TunnelSpec here, there;
        here.local = there.remote = Here;
        here.remote = there.local = There;
        const auto one = kernel->tunnel_add(here), two = kernel->tunnel_add(there);
        ASSERT_TRUE(one && two) << why(one) << why(two);
        tunnel = *one;
        other_tunnel = *two;
        const auto near = kernel->session_add(tunnel, 0, {});
        ASSERT_TRUE(near.has_value()) << why(near);
        SessionChange peer;
        peer.peer_id = near->local_id;
        const auto far = kernel->session_add(other_tunnel, 0, peer);
        ASSERT_TRUE(far.has_value()) << why(far);
        session = near->id;
        other_session = far->id;
        peer.peer_id = far->local_id;
        WORKS(kernel->session_set(session, peer));
    }

    // What arrives until found() is content, or two seconds have passed.
    std::vector<Event> wait_for(const std::function<bool(const Event &)> &found) {
        std::vector<Event> all;
        for (int round = 0; round < 20; round++) {
            const auto events = kernel->events();
            EXPECT_TRUE(events.has_value()) << why(events);
            if (!events)
                break;
            all.insert(all.end(), events->begin(), events->end());
            if (std::any_of(all.begin(), all.end(), found))
                break;
            std::vector<pollfd> waiting;
            for (const int descriptor : kernel->descriptors())
                waiting.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
            ::poll(waiting.data(), waiting.size(), 100);
        }
        EXPECT_TRUE(std::any_of(all.begin(), all.end(), found)) << "waited in vain";
        return all;
    }

    std::unique_ptr<Kernel> kernel;
    TunnelId tunnel{}, other_tunnel{};
    SessionId session{}, other_session{};
};

TEST_F(Live, the_module_tells_its_version_and_counts_objects) {
    const auto before = kernel->info();
    ASSERT_TRUE(before.has_value()) << why(before);
    EXPECT_FALSE(before->version.empty());
    EXPECT_EQ(before->tunnels, 0u);
    make_pair();
    const auto after = kernel->info();
    EXPECT_EQ(after->tunnels, 2u);
    EXPECT_EQ(after->sessions, 2u);
    EXPECT_NE(after->generation, before->generation);
}

TEST_F(Live, a_name_held_by_a_live_socket_is_refused) {
    auto second = open_kernel();
    ASSERT_TRUE(second.has_value());
    const auto status = (*second)->bind_owner("live-test");
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().errnum, EBUSY) << why(status);
    EXPECT_TRUE((*second)->bind_owner("another").has_value());
}

TEST_F(Live, a_tunnel_needs_an_owner) {
    auto second = open_kernel();
    ASSERT_TRUE(second.has_value());
    const auto id = (*second)->tunnel_add({.local = Here, .remote = There});
    ASSERT_FALSE(id.has_value());
    EXPECT_NE(why(id), "");
    RecordProperty("refusal", why(id));
}

TEST_F(Live, a_tunnel_is_listed_as_it_was_made) {
    TunnelSpec spec;
    spec.local = Here;
    spec.remote = There;
    spec.lifetime = Lifetime::DiesWithOwner;
    spec.fwmark = 0x77;
    spec.oif = 1;
    spec.ttl = 33;
    spec.tos = 0x20;
    spec.df = Df::Set;
    spec.blob = {9, 8, 7};
    const auto id = kernel->tunnel_add(spec);
    ASSERT_TRUE(id.has_value()) << why(id);
    const auto all = kernel->tunnels();
    ASSERT_TRUE(all.has_value()) << why(all);
    ASSERT_EQ(all->size(), 1u);
    const Tunnel &listed = (*all)[0];
    EXPECT_EQ(listed.id, *id);
    EXPECT_EQ(listed.owner, "live-test");
    EXPECT_EQ(listed.xport, "pptp");
    EXPECT_EQ(listed.spec.local, Here);
    EXPECT_EQ(listed.spec.remote, There);
    EXPECT_EQ(listed.spec.lifetime, Lifetime::DiesWithOwner);
    EXPECT_EQ(listed.spec.fwmark, 0x77u);
    EXPECT_EQ(listed.spec.oif, 1u);
    EXPECT_EQ(listed.spec.ttl, 33);
    EXPECT_EQ(listed.spec.tos, 0x20);
    EXPECT_EQ(listed.spec.df, Df::Set);
    EXPECT_EQ(listed.spec.blob, base::Bytes({9, 8, 7}));
}

TEST_F(Live, a_tunnel_from_an_address_that_is_not_ours_is_refused_with_the_attributes_name) {
    const auto id = kernel->tunnel_add({.local = Nobody, .remote = There});
    ASSERT_FALSE(id.has_value());
    EXPECT_NE(why(id).find("tunnel.local4"), std::string::npos) << why(id);
}

TEST_F(Live, a_session_is_read_as_it_was_made_and_changed) {
    make_pair();
    SessionChange change;
    change.flags = PppFlags{.pfc_rx = true, .pfc_tx = true, .echo_reply = true};
    change.np = NetworkProtocols{.ipv4 = true};
    change.reorder_slots = 64;
    change.reorder_timeout = 70;
    change.peer_window = 32;
    change.ack_delay = 150;
    change.magic = 0x11223344;
    change.blob = base::Bytes{1, 2};
    WORKS(kernel->session_set(session, change));
    const auto now = kernel->session(session);
    ASSERT_TRUE(now.has_value()) << why(now);
    EXPECT_EQ(now->tunnel, tunnel);
    EXPECT_NE(now->local_id, 0u);
    EXPECT_TRUE(now->peer_id.has_value());
    EXPECT_EQ(now->flags, *change.flags);
    EXPECT_EQ(now->np, *change.np);
    EXPECT_EQ(now->reorder_slots, 64u);
    EXPECT_EQ(now->reorder_timeout, 70u);
    EXPECT_EQ(now->peer_window, 32u);
    EXPECT_EQ(now->ack_delay, 150u);
    EXPECT_EQ(now->blob, base::Bytes({1, 2}));
    EXPECT_FALSE(now->device.has_value());

    SessionChange off;
    off.flags = PppFlags{};
    WORKS(kernel->session_set(session, off));
    EXPECT_EQ(kernel->session(session)->flags, PppFlags{});
    EXPECT_EQ(kernel->session(session)->np, *change.np);
}

TEST_F(Live, a_peer_id_is_given_once_and_a_bad_number_is_named) {
    make_pair();
    SessionChange change;
    change.peer_id = 4321;
    const auto again = kernel->session_set(session, change);
    ASSERT_FALSE(again.has_value());
    EXPECT_NE(why(again).find("session.peer-id"), std::string::npos) << why(again);
    SessionChange slots;
    slots.reorder_slots = 100;  // not a power of two
    const auto bad = kernel->session_set(session, slots);
    ASSERT_FALSE(bad.has_value());
    EXPECT_NE(why(bad).find("session.reorder-slots"), std::string::npos) << why(bad);
}

TEST_F(Live, unknown_objects_are_not_found) {
    EXPECT_EQ(kernel->session(SessionId{4242}).error().code, base::ErrorCode::NotFound);
    EXPECT_EQ(kernel->session_del(SessionId{4242}).error().code, base::ErrorCode::NotFound);
    EXPECT_EQ(kernel->tunnel_del(TunnelId{4242}).error().code, base::ErrorCode::NotFound);
    EXPECT_EQ(kernel->session_add(TunnelId{4242}, 0, {}).error().code, base::ErrorCode::NotFound);
    EXPECT_EQ(kernel->link_del(LinkIndex{4242}).error().code, base::ErrorCode::NotFound);
}

TEST_F(Live, a_hundred_sessions_are_listed_and_deleted) {
    const auto id = kernel->tunnel_add({.local = Here, .remote = There});
    ASSERT_TRUE(id.has_value()) << why(id);
    SessionChange blob;
    blob.blob = base::Bytes(1000, 0x5a);  // so that the list takes several reads
    for (std::uint32_t i = 0; i < 100; i++)
        WORKS(kernel->session_add(*id, 1000 + i, blob));
    const auto taken = kernel->session_add(*id, 1000, {});
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().errnum, EEXIST) << why(taken);
    const auto all = kernel->sessions();
    ASSERT_TRUE(all.has_value()) << why(all);
    ASSERT_EQ(all->size(), 100u);
    EXPECT_EQ(kernel->tunnels()->at(0).sessions, 100u);
    WORKS(kernel->session_del(all->front().id));
    EXPECT_EQ(kernel->sessions()->size(), 99u);
    WORKS(kernel->tunnel_del(*id));
    EXPECT_TRUE(kernel->sessions()->empty());
}

TEST_F(Live, a_control_frame_crosses_gre_and_reaches_the_owner) {
    make_pair();
    const base::Bytes frame = {0xc0, 0x21, 1, 1, 0, 4};
    WORKS(kernel->frame_send(session, frame));
    const auto events =
        wait_for([](const Event &event) { return std::holds_alternative<Frame>(event); });
    ASSERT_FALSE(events.empty());
    const auto &got = std::get<Frame>(events.back());
    EXPECT_EQ(got.session, other_session);
    EXPECT_EQ(got.data, frame);
    EXPECT_EQ(kernel->session(session)->stats.tx_control, 1u);
    EXPECT_EQ(kernel->session(other_session)->stats.rx_control, 1u);
}

// Fewer than the module lets a session send up in one burst.
TEST_F(Live, frames_that_arrive_during_requests_are_kept_and_wake_the_owner) {
    constexpr int Frames = 20;
    make_pair();
    for (int i = 0; i < Frames; i++) {
        const base::Bytes frame = {0xc0, 0x21, 1, static_cast<std::uint8_t>(i), 0, 4};
        WORKS(kernel->frame_send(session, frame));
        WORKS(kernel->info());
    }
    const auto events = wait_for([&](const Event &event) {
        const auto *frame = std::get_if<Frame>(&event);
        return frame != nullptr && frame->data[3] == Frames - 1;
    });
    ASSERT_EQ(events.size(), std::size_t{Frames});
    for (int i = 0; i < Frames; i++)
        EXPECT_EQ(std::get<Frame>(events[static_cast<std::size_t>(i)]).data[3], i);
}

TEST_F(Live, a_frame_of_a_network_protocol_is_refused) {
    make_pair();
    const auto status = kernel->frame_send(session, base::Bytes{0x00, 0x21, 0x45, 0});
    ASSERT_FALSE(status.has_value());
    EXPECT_NE(why(status).find("frame"), std::string::npos);
}

TEST_F(Live, changes_are_told_to_subscribers_with_their_reasons) {
    WORKS(kernel->subscribe());
    make_pair();
    WORKS(kernel->session_del(session));
    wait_for([&](const Event &event) {
        const auto *gone = std::get_if<SessionGone>(&event);
        return gone != nullptr && gone->id == session && gone->tunnel == tunnel &&
               gone->reason == "request";
    });
    WORKS(kernel->tunnel_del(other_tunnel));
    const auto events = wait_for([&](const Event &event) {
        const auto *gone = std::get_if<TunnelGone>(&event);
        return gone != nullptr && gone->id == other_tunnel && gone->reason == "request";
    });
    EXPECT_TRUE(std::any_of(events.begin(), events.end(), [&](const Event &event) {
        const auto *gone = std::get_if<SessionGone>(&event);
        return gone != nullptr && gone->id == other_session && gone->reason == "tunnel";
    }));
}

TEST_F(Live, the_end_of_an_owner_takes_what_was_to_die_with_it) {
    WORKS(kernel->subscribe());
    TunnelId mortal{}, immortal{};
    {
        auto second = open_kernel();
        ASSERT_TRUE(second.has_value());
        WORKS((*second)->bind_owner("short-lived"));
        TunnelSpec spec;
        spec.local = Here;
        spec.remote = There;
        immortal = (*second)->tunnel_add(spec).value();
        spec.lifetime = Lifetime::DiesWithOwner;
        mortal = (*second)->tunnel_add(spec).value();
    }
    wait_for([&](const Event &event) {
        const auto *gone = std::get_if<TunnelGone>(&event);
        return gone != nullptr && gone->id == mortal && gone->reason == "owner";
    });
    const auto left = kernel->tunnels();
    ASSERT_EQ(left->size(), 1u);
    EXPECT_EQ(left->front().id, immortal);
    EXPECT_EQ(left->front().owner, "short-lived");
}

TEST_F(Live, a_device_has_address_and_routes_and_dies_with_its_session) {
    make_pair();
    SessionChange open;
    open.np = NetworkProtocols{.ipv4 = true};
    WORKS(kernel->session_set(session, open));
    const auto link = kernel->link_add("live%d", session);
    ASSERT_TRUE(link.has_value()) << why(link);
    EXPECT_EQ(link->name, "live0");
    EXPECT_EQ(kernel->session(session)->device, link->index);
    WORKS(kernel->link_up(link->index, 1400));
    WORKS(kernel->address_add(link->index, InnerLocal, InnerPeer));
    EXPECT_EQ(kernel->address_add(link->index, InnerLocal, InnerPeer).error().code,
              base::ErrorCode::Exists);

    // The peer is reached over the device, from our address.
    const auto peer = kernel->route_to(InnerPeer, 0);
    ASSERT_TRUE(peer.has_value()) << why(peer);
    EXPECT_EQ(peer->oif, link->index);
    EXPECT_EQ(peer->source, InnerLocal);

    const Route route{.destination = base::Ipv4{0xc6336400},  // 198.51.100.0/24
                      .prefix_length = 24,
                      .gateway = InnerPeer,
                      .oif = link->index,
                      .source = InnerLocal,
                      .metric = 20};
    WORKS(kernel->route_add(route));
    EXPECT_EQ(kernel->route_add(route).error().code, base::ErrorCode::Exists);
    Route direct = route;
    direct.destination = base::Ipv4{0xcb007100};  // 203.0.113.0/24
    direct.gateway = {};
    WORKS(kernel->route_add(direct));
    auto own = kernel->own_routes();
    ASSERT_TRUE(own.has_value()) << why(own);
    EXPECT_EQ(own->size(), 2u);
    EXPECT_NE(std::find(own->begin(), own->end(), route), own->end());
    EXPECT_NE(std::find(own->begin(), own->end(), direct), own->end());
    EXPECT_EQ(kernel->route_to(base::Ipv4{0xc6336401}, 0)->gateway, InnerPeer);
    WORKS(kernel->route_del(route));
    EXPECT_EQ(kernel->route_del(route).error().code, base::ErrorCode::NotFound);
    EXPECT_EQ(kernel->route_to(base::Ipv4{0xc6336401}, 0).error().code,
              base::ErrorCode::Unreachable);

    const auto name = kernel->link_name(link->index);
    EXPECT_EQ(name.value_or(""), "live0");
    WORKS(kernel->session_del(session));
    EXPECT_EQ(kernel->link_name(link->index).error().code, base::ErrorCode::NotFound);
    EXPECT_TRUE(kernel->own_routes()->empty());
}

TEST_F(Live, a_device_deleted_by_hand_leaves_its_session) {
    make_pair();
    const auto link = kernel->link_add("hand", session);
    ASSERT_TRUE(link.has_value()) << why(link);
    const auto again = kernel->link_add("hand2", session);
    EXPECT_FALSE(again.has_value());
    WORKS(kernel->link_del(link->index));
    const auto left = kernel->session(session);
    ASSERT_TRUE(left.has_value()) << why(left);
    EXPECT_FALSE(left->device.has_value());
}

TEST_F(Live, data_packets_cross_and_are_counted) {
    make_pair();
    SessionChange open;
    open.np = NetworkProtocols{.ipv4 = true};
    WORKS(kernel->session_set(session, open));
    WORKS(kernel->session_set(other_session, open));
    const auto near = kernel->link_add("near", session);
    const auto far = kernel->link_add("far", other_session);
    ASSERT_TRUE(near && far) << why(near) << why(far);
    WORKS(kernel->link_up(near->index, 1400));
    WORKS(kernel->link_up(far->index, 1400));
    WORKS(kernel->address_add(near->index, InnerLocal, InnerPeer));

    const base::Fd sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    base::Writer address;
    address.be16(9).be32(InnerPeer.value).zeros(8);
    sockaddr_storage to{};
    to.ss_family = AF_INET;
    std::copy(address.view().begin(), address.view().end(),
              reinterpret_cast<std::uint8_t *>(&to) + 2);
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(::sendto(sender.get(), "0123456789", 10, 0,
                           reinterpret_cast<const sockaddr *>(&to), 16),
                  10);
    for (int round = 0; round < 20; round++) {
        if (kernel->session(other_session)->stats.rx_packets >= 10)
            break;
        ::usleep(50000);
    }
    const Stats sent = kernel->session(session)->stats;
    const Stats got = kernel->session(other_session)->stats;
    EXPECT_EQ(sent.tx_packets, 10u);
    EXPECT_EQ(sent.tx_bytes, 380u);  // IP and UDP headers, ten octets
    EXPECT_EQ(got.rx_packets, 10u);
    EXPECT_EQ(got.rx_bytes, 380u);
    EXPECT_EQ(got.rx_lost, 0u);
}

}  // namespace
}  // namespace rtun::netlink

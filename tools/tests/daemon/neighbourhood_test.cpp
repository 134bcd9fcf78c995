// SPDX-License-Identifier: GPL-2.0-or-later
//
// Proxy ARP and the routes of users: what a session changes in the networks around it.
#include <daemon/host_routes.h>
#include <daemon/proxy_arp.h>
#include <daemon/user_routes.h>
#include <tests/fake/fake_host.h>
#include <tests/fake/fake_kernel.h>

#include <gmock/gmock.h>

#include <cerrno>

namespace rtun::daemon {
namespace {

using netlink::LinkIndex;
using netlink::Proxy;
using netlink::Route;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr base::Ipv4 User{0x0a000032}, Local{0x0a000001}, Elsewhere{0xc0000205};

base::Ipv4 ip(std::string_view text) { return *base::Ipv4::parse(text); }

// A kernel with two Ethernet devices, and two sessions with devices of their own.
struct Neighbourhood : testing::Test {
    fake::FakeKernel kernel;
    fake::FakeHost host;
    LinkIndex lan{}, wide{}, session{}, other{};

    void SetUp() override {
        ASSERT_TRUE(kernel.bind_owner("rtun").has_value());
        lan = ethernet("lan0");
        wide = ethernet("lan1");
        session = device("pptp-in1");
        other = device("pptp-in2");
        host.local = {{ip("10.0.0.0"), 8, wide}, {ip("10.0.0.0"), 24, lan}};
        ASSERT_TRUE(kernel.address_add(session, Local, User).has_value());
        ASSERT_TRUE(kernel.link_up(session, 1450).has_value());
        ASSERT_TRUE(kernel.link_up(other, 1450).has_value());
    }

    netlink::SessionId make_session(netlink::SessionChange initial) {
        netlink::TunnelSpec spec;
        spec.local = ip("192.0.2.1");
        spec.remote = base::Ipv4{0xc0000202 + next_++};
        const auto tunnel = kernel.tunnel_add(spec);
        EXPECT_TRUE(tunnel.has_value());
        const auto made = kernel.session_add(*tunnel, 0, initial);
        EXPECT_TRUE(made.has_value());
        return made->id;
    }
    LinkIndex device(std::string_view name) {
        return kernel.link_add(name, make_session({}))->index;
    }
    LinkIndex ethernet(std::string_view name) {
        kernel.add_foreign_link(name);
        const LinkIndex index = *kernel.link_index(name);
        EXPECT_TRUE(
            kernel.link_set(index, {.up = true, .mac = *base::Mac::parse("02:00:00:00:00:07")})
                .has_value());
        return index;
    }

    std::uint32_t next_ = 0;
};

struct ProxyArpTest : Neighbourhood {
    ProxyArp proxies{host, kernel};
};

TEST_F(ProxyArpTest, answers_for_this_address_on_the_narrowest_network_that_has_it) {
    EXPECT_EQ(proxies.add(User, session), std::nullopt);
    EXPECT_THAT(host.proxy_entries, ElementsAre(std::pair(Proxy{User, lan}, true)));
    proxies.remove(User);
    EXPECT_THAT(host.proxy_entries, IsEmpty());
}

TEST_F(ProxyArpTest, an_address_of_no_local_network_is_told) {
    const auto problem = proxies.add(Elsewhere, session);
    ASSERT_TRUE(problem.has_value());
    EXPECT_EQ(*problem, "proxy-arp: no local network contains 192.0.2.5");
    proxies.remove(Elsewhere);
}

TEST_F(ProxyArpTest, devices_without_ethernet_addresses_have_nobody_who_asks) {
    host.local = {{ip("10.0.0.0"), 24, other}};
    EXPECT_NE(proxies.add(User, session), std::nullopt);
    EXPECT_THAT(host.proxy_entries, IsEmpty());
}

TEST_F(ProxyArpTest, an_entry_of_somebody_else_serves_and_stays) {
    host.proxy_entries[{User, lan}] = false;
    EXPECT_EQ(proxies.add(User, session), std::nullopt);
    proxies.remove(User);
    EXPECT_THAT(host.proxy_entries, ElementsAre(std::pair(Proxy{User, lan}, false)));
}

TEST_F(ProxyArpTest, a_network_that_is_not_forwarded_from_is_told_and_answered_for_all_the_same) {
    host.forwarding = false;
    const auto problem = proxies.add(User, session);
    ASSERT_TRUE(problem.has_value());
    EXPECT_THAT(*problem, HasSubstr("forwarding is off on device lan0"));
    EXPECT_EQ(host.proxy_entries.size(), 1u);
}

TEST_F(ProxyArpTest, entries_that_a_network_forgot_while_it_was_down_are_made_again) {
    EXPECT_EQ(proxies.add(User, session), std::nullopt);
    host.proxy_entries.clear();
    proxies.renew(wide);
    EXPECT_THAT(host.proxy_entries, IsEmpty());
    proxies.renew(lan);
    EXPECT_THAT(host.proxy_entries, ElementsAre(std::pair(Proxy{User, lan}, true)));
    host.proxy_entries.clear();
    proxies.renew(std::nullopt);
    EXPECT_EQ(host.proxy_entries.size(), 1u);
}

TEST_F(ProxyArpTest, the_next_program_keeps_removes_and_completes) {
    const base::Ipv4 gone = ip("10.0.0.60"), missing = ip("10.0.0.61");
    EXPECT_EQ(proxies.add(User, session), std::nullopt);
    EXPECT_EQ(proxies.add(gone, other), std::nullopt);
    host.proxy_entries[{ip("10.0.0.9"), lan}] = false;

    ProxyArp next(host, kernel);
    next.resume(User, session);
    next.resume(missing, other);
    EXPECT_EQ(next.sweep(), 1u);
    EXPECT_THAT(host.proxy_entries, ElementsAre(std::pair(Proxy{ip("10.0.0.9"), lan}, false),
                                                std::pair(Proxy{User, lan}, true),
                                                std::pair(Proxy{missing, lan}, true)));
    next.remove(User);
    next.remove(missing);
    EXPECT_EQ(host.proxy_entries.size(), 1u);
}

struct UserRoutesTest : Neighbourhood {
    UserRoutes routes{kernel};

    static config::UserRoute to(std::string_view network, std::uint8_t length,
                                base::Ipv4 gateway = {}, std::uint32_t metric = 1) {
        return {.destination = {ip(network), length}, .gateway = gateway, .metric = metric};
    }
};

TEST_F(UserRoutesTest, come_with_the_session_and_go_with_it) {
    // The example of the manual: 10.150.1.0/24 10.0.103.2 1, where the gateway is the user.
    EXPECT_THAT(routes.set(session, User, {to("10.150.1.0", 24, User), to("10.150.2.0", 24)}),
                IsEmpty());
    EXPECT_THAT(kernel.routes(), ElementsAre(Route{.destination = ip("10.150.1.0"),
                                                   .prefix_length = 24,
                                                   .gateway = User,
                                                   .oif = session,
                                                   .metric = 1},
                                             Route{.destination = ip("10.150.2.0"),
                                                   .prefix_length = 24,
                                                   .oif = session,
                                                   .metric = 1}));
    routes.remove(session);
    EXPECT_THAT(kernel.routes(), IsEmpty());
}

TEST_F(UserRoutesTest, another_gateway_is_reached_as_the_host_reaches_it) {
    kernel.underlay = Route{.destination = {}, .prefix_length = 0, .oif = lan};
    EXPECT_THAT(routes.set(session, User, {to("10.9.0.0", 16, ip("10.0.0.7"))}), IsEmpty());
    ASSERT_EQ(kernel.routes().size(), 1u);
    EXPECT_EQ(kernel.routes()[0].oif, lan);
    routes.remove(session);
    EXPECT_THAT(kernel.routes(), IsEmpty());
}

TEST_F(UserRoutesTest, a_change_touches_what_differs_only) {
    EXPECT_THAT(routes.set(session, User, {to("10.1.0.0", 16), to("10.2.0.0", 16)}), IsEmpty());
    const int added = kernel.count("route_add"), removed = kernel.count("route_del");
    EXPECT_THAT(routes.set(session, User, {to("10.2.0.0", 16), to("10.3.0.0", 16)}), IsEmpty());
    EXPECT_EQ(kernel.count("route_add") - added, 1);
    EXPECT_EQ(kernel.count("route_del") - removed, 1);
}

TEST_F(UserRoutesTest, one_that_another_has_is_told_and_stays_his) {
    EXPECT_THAT(routes.set(session, User, {to("10.1.0.0", 16)}), IsEmpty());
    const auto problems = routes.set(other, ip("10.0.0.51"), {to("10.1.0.0", 16)});
    ASSERT_EQ(problems.size(), 1u);
    routes.remove(other);
    EXPECT_EQ(kernel.routes().size(), 1u);
}

TEST_F(UserRoutesTest, a_device_that_is_gone_already_is_no_news) {
    EXPECT_THAT(routes.set(session, User, {to("10.1.0.0", 16)}), IsEmpty());
    ASSERT_TRUE(kernel.link_del(session).has_value());
    kernel.fail_next("route_del", {base::ErrorCode::NotFound, "No such device", ENODEV});
    routes.remove(session);
}

TEST_F(UserRoutesTest, the_next_program_keeps_removes_and_completes) {
    kernel.underlay = Route{.destination = {}, .prefix_length = 0, .oif = lan};
    const auto kept = to("10.1.0.0", 16), host_route = to("10.4.0.4", 32),
               missing = to("10.3.0.0", 16);
    EXPECT_THAT(routes.set(session, User, {kept, host_route}), IsEmpty());
    EXPECT_THAT(routes.set(other, Elsewhere, {to("10.2.0.0", 16, ip("10.0.0.7"))}), IsEmpty());
    // Of a client of ours.
    const Route default_route{.destination = {}, .prefix_length = 0, .oif = other, .metric = 1};
    ASSERT_TRUE(kernel.route_add(default_route).has_value());

    // What pins the way to servers has its own sweep, which leaves a user's host alone.
    HostRoutes pins(kernel, "rtun");
    EXPECT_EQ(pins.sweep().value(), 0u);
    UserRoutes next(kernel);
    next.resume(session, User, {kept, host_route, missing});
    EXPECT_EQ(next.sweep(), 1u);
    std::vector<std::string> left;
    for (const Route &route : kernel.routes())
        left.push_back(route.destination.text());
    EXPECT_THAT(left, testing::UnorderedElementsAre("10.1.0.0", "10.4.0.4", "10.3.0.0", "0.0.0.0"));
    next.remove(session);
    EXPECT_THAT(kernel.routes(), ElementsAre(default_route));
}

}  // namespace
}  // namespace rtun::daemon

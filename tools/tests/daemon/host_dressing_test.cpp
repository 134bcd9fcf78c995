// SPDX-License-Identifier: GPL-2.0-or-later
//
// All of a session's terms together: put on, changed, taken off, and gone on with by the next
// program.
#include <daemon/host_dressing.h>
#include <daemon/shaping.h>
#include <tests/fake/fake_dressing.h>
#include <tests/fake/fake_host.h>
#include <tests/fake/fake_kernel.h>

#include <gmock/gmock.h>

namespace rtun::daemon {
namespace {

using netlink::LinkIndex;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;

struct HostDressingTest : testing::Test {
    event::Loop loop = event::Loop::create().value();
    fake::FakeKernel kernel;
    fake::FakeHost host;
    HostDressing dressing{loop, kernel, host};
    LinkIndex lan{};
    Dressed session;
    aaa::Terms terms;

    void SetUp() override {
        ASSERT_TRUE(kernel.bind_owner("rtun").has_value());
        kernel.add_foreign_link("lan0");
        lan = *kernel.link_index("lan0");
        ASSERT_TRUE(
            kernel.link_set(lan, {.mac = *base::Mac::parse("02:00:00:00:00:07")}).has_value());
        host.local = {{*base::Ipv4::parse("10.0.0.0"), 24, lan}};

        netlink::TunnelSpec spec;
        spec.local = base::Ipv4{0xc0000201};
        spec.remote = base::Ipv4{0xc0000202};
        const auto made = kernel.session_add(*kernel.tunnel_add(spec), 0, {});
        session.link = kernel.link_add("<pptp-jack>", made->id)->index;
        ASSERT_TRUE(kernel.link_up(session.link, 1450).has_value());
        session.service = "pptp";
        session.user = "jack";
        session.caller = "192.0.2.2";
        session.interface = "<pptp-jack>";
        session.local = *base::Ipv4::parse("10.0.0.1");
        session.remote = *base::Ipv4::parse("10.0.0.50");
        session.dns = {session.local};
        session.mtu = 1450;
        session.session = "s-1";

        terms.profile = "office";
        terms.interface_group = 7;
        terms.rate_limit = {{.rate = 1'000'000}, {.rate = 2'000'000}};
        terms.proxy_arp = true;
        terms.address_list = "vip";
        terms.routes = {
            {.destination = {*base::Ipv4::parse("10.150.1.0"), 24}, .gateway = {}, .metric = 1}};
    }

    [[nodiscard]] std::uint32_t group() const { return kernel.links().at(session.link).group; }
    void expect_worn() const {
        EXPECT_EQ(group(), 7u);
        EXPECT_EQ(host.shaped.at(session.link), shaped(terms.rate_limit.tx));
        EXPECT_EQ(host.policed.at(session.link), policed(terms.rate_limit.rx));
        EXPECT_EQ(host.proxy_entries.size(), 1u);
        EXPECT_THAT(host.table.clamped, ElementsAre("<pptp-jack>"));
        EXPECT_THAT(host.table.sets.at("vip").elements, ElementsAre(Key(session.remote)));
        EXPECT_EQ(kernel.routes().size(), 1u);
    }
    void expect_bare() const {
        EXPECT_THAT(host.proxy_entries, IsEmpty());
        EXPECT_FALSE(host.table.there);
        EXPECT_THAT(kernel.routes(), IsEmpty());
    }
};

TEST_F(HostDressingTest, everything_is_put_on_and_taken_off) {
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    expect_worn();
    dressing.take_off(session, terms, "peer");
    expect_bare();
}

TEST_F(HostDressingTest, terms_that_ask_for_nothing_do_nothing) {
    aaa::Terms nothing;
    nothing.change_tcp_mss = false;
    const auto calls = kernel.calls().size();
    EXPECT_THAT(dressing.put_on(session, nothing), IsEmpty());
    dressing.take_off(session, nothing, "peer");
    EXPECT_EQ(kernel.calls().size(), calls);
    EXPECT_EQ(host.filter_changes, 0u);
    EXPECT_TRUE(host.shaped.empty() && host.policed.empty());
}

TEST_F(HostDressingTest, a_change_reaches_what_differs_and_leaves_the_rest) {
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    const unsigned before = host.filter_changes;
    aaa::Terms other = terms;
    other.rate_limit.tx.rate = 5'000'000;
    EXPECT_THAT(dressing.change(session, terms, other), IsEmpty());
    EXPECT_EQ(host.shaped.at(session.link), shaped(other.rate_limit.tx));
    EXPECT_EQ(host.filter_changes, before);

    aaa::Terms bare;
    bare.change_tcp_mss = false;
    EXPECT_THAT(dressing.change(session, other, bare), IsEmpty());
    expect_bare();
    EXPECT_EQ(group(), 0u);
    EXPECT_TRUE(host.policed.empty());
    EXPECT_THAT(dressing.change(session, bare, terms), IsEmpty());
    expect_worn();
    dressing.take_off(session, terms, "peer");
    expect_bare();
}

TEST_F(HostDressingTest, what_cannot_be_done_is_told_and_the_rest_is_done) {
    host.no_tc = host.no_nf_tables = true;
    host.local.clear();
    terms.on_up = "/no/such/program";
    const auto problems = dressing.put_on(session, terms);
    EXPECT_THAT(problems, Contains(HasSubstr("rate-limit, what the user sends")));
    EXPECT_THAT(problems, Contains(HasSubstr("rate-limit, what the user receives")));
    EXPECT_THAT(problems, Contains("proxy-arp: no local network contains 10.0.0.50"));
    EXPECT_THAT(problems, Contains(HasSubstr("this kernel has no nf_tables")));
    EXPECT_THAT(problems, Contains("on-up: /no/such/program: No such file or directory"));
    EXPECT_EQ(problems.size(), 5u);
    EXPECT_EQ(kernel.routes().size(), 1u);
    EXPECT_EQ(group(), 7u);
    dressing.take_off(session, terms, "peer");
    expect_bare();
}

TEST_F(HostDressingTest, the_next_program_goes_on_with_it_and_can_take_it_off) {
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    HostDressing next(loop, kernel, host);
    next.resume(session, terms);
    next.sweep();
    expect_worn();
    next.take_off(session, terms, "peer");
    expect_bare();
}

TEST_F(HostDressingTest, the_next_program_removes_what_nobody_wears_any_more) {
    EXPECT_THAT(dressing.put_on(session, terms), IsEmpty());
    ASSERT_TRUE(kernel.link_del(session.link).has_value());
    HostDressing next(loop, kernel, host);
    next.sweep();
    expect_bare();
}

TEST_F(HostDressingTest, a_program_is_told_about_the_session_in_our_words_and_in_pppds) {
    const Program program = script_program("/etc/rtun/up", "on-down", session, terms, "idle");
    EXPECT_THAT(program.arguments,
                ElementsAre("<pptp-jack>", "pptp", "0", "10.0.0.1", "10.0.0.50", "192.0.2.2"));
    for (const char *line :
         {"RTUN_EVENT=on-down", "RTUN_SERVICE=pptp", "RTUN_USER=jack", "RTUN_PROFILE=office",
          "RTUN_CALLER=192.0.2.2", "RTUN_INTERFACE=<pptp-jack>", "RTUN_LOCAL_ADDRESS=10.0.0.1",
          "RTUN_REMOTE_ADDRESS=10.0.0.50", "RTUN_DNS1=10.0.0.1", "RTUN_DNS2=", "RTUN_MTU=1450",
          "RTUN_SESSION=s-1", "RTUN_CAUSE=idle", "IFNAME=<pptp-jack>", "IPLOCAL=10.0.0.1",
          "IPREMOTE=10.0.0.50", "PEERNAME=jack"})
        EXPECT_THAT(program.environment, Contains(line));
    EXPECT_THAT(script_program("/up", "on-up", session, terms, "").environment,
                Not(Contains(HasSubstr("RTUN_CAUSE"))));
}

TEST_F(HostDressingTest, a_program_is_told_the_bridge_instead_of_addresses) {
    session.local = session.remote = {};
    terms.port.bridge = "lan";
    const Program program = script_program("/up", "on-up", session, terms, "");
    EXPECT_THAT(program.arguments, ElementsAre("<pptp-jack>", "pptp", "0", "", "", "192.0.2.2"));
    for (const char *line : {"RTUN_BRIDGE=lan", "RTUN_LOCAL_ADDRESS=", "RTUN_REMOTE_ADDRESS="})
        EXPECT_THAT(program.environment, Contains(line));
}

TEST(FakeDressing, tells_what_was_done_and_what_was_wrong) {
    fake::FakeDressing dressing;
    Dressed session;
    session.user = "jack";
    session.interface = "a";
    session.remote = base::Ipv4{0x0a000002};
    aaa::Terms terms;
    terms.address_list = "vip";
    dressing.problems = {"no"};
    EXPECT_THAT(dressing.put_on(session, terms), ElementsAre("no"));
    EXPECT_THAT(dressing.change(session, terms, {}), IsEmpty());
    EXPECT_EQ(dressing.dressed().count("a"), 1u);
    dressing.take_off(session, {}, "idle");
    EXPECT_THAT(dressing.mistakes(), IsEmpty());
    EXPECT_THAT(dressing.calls(), ElementsAre("put_on jack a 10.0.0.2", "change jack a 10.0.0.2",
                                              "take_off jack a 10.0.0.2 idle"));
    dressing.take_off(session, {}, "idle");
    EXPECT_EQ(dressing.mistakes().size(), 1u);
}

}  // namespace
}  // namespace rtun::daemon

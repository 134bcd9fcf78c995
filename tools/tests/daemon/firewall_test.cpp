// SPDX-License-Identifier: GPL-2.0-or-later
//
// What sessions have in the packet filter, with an administrator who has things there as well.
#include <daemon/firewall.h>
#include <tests/fake/fake_host.h>

#include <gmock/gmock.h>

namespace rtun::daemon {
namespace {

using fake::FakeHost;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::UnorderedElementsAre;

constexpr base::Ipv4 Jack{0x0a000002}, Jill{0x0a000003}, Static{0x0a000009};

struct FirewallTest : testing::Test {
    FakeHost host;
    Firewall firewall{host};

    void admin_has_set(const std::string &name, FakeHost::Set set) {
        host.table.there = true;
        set.ours = false;
        host.table.sets[name] = std::move(set);
    }
};

TEST_F(FirewallTest, the_first_device_brings_table_and_rules_the_others_one_element_each) {
    EXPECT_EQ(firewall.clamp("pptp-in1"), std::nullopt);
    EXPECT_TRUE(host.table.clamp);
    const unsigned first = host.filter_changes;
    for (int i = 2; i <= 100; i++)
        EXPECT_EQ(firewall.clamp("pptp-in" + std::to_string(i)), std::nullopt);
    EXPECT_EQ(host.table.clamped.size(), 100u);
    EXPECT_EQ(host.filter_changes - first, 99u);
}

TEST_F(FirewallTest, the_last_one_takes_everything_with_it) {
    EXPECT_EQ(firewall.clamp("a"), std::nullopt);
    EXPECT_EQ(firewall.clamp("b"), std::nullopt);
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    firewall.unclamp("a");
    EXPECT_THAT(host.table.clamped, ElementsAre("b"));
    firewall.unclamp("b");
    EXPECT_FALSE(host.table.clamp);
    EXPECT_TRUE(host.table.there);
    firewall.leave("vip", Jack);
    EXPECT_FALSE(host.table.there);
}

TEST_F(FirewallTest, an_address_is_in_its_set_as_long_as_somebody_has_it) {
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    EXPECT_EQ(firewall.join("vip", Jill), std::nullopt);
    firewall.leave("vip", Jack);
    EXPECT_THAT(host.table.sets["vip"].elements, ElementsAre(Key(Jack), Key(Jill)));
    firewall.leave("vip", Jack);
    EXPECT_THAT(host.table.sets["vip"].elements, ElementsAre(Key(Jill)));
}

TEST_F(FirewallTest, a_set_of_the_administrators_is_used_and_stays) {
    admin_has_set("vip", {.interval = true, .elements = {{Static, {.marked = false}}}});
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    EXPECT_EQ(host.table.sets["vip"].elements.size(), 2u);
    firewall.leave("vip", Jack);
    EXPECT_THAT(host.table.sets["vip"].elements, ElementsAre(Key(Static)));
}

TEST_F(FirewallTest, an_element_of_the_administrators_stays_when_its_session_goes) {
    admin_has_set("vip", {.elements = {{Static, {.marked = false}}}});
    EXPECT_EQ(firewall.join("vip", Static), std::nullopt);
    firewall.leave("vip", Static);
    EXPECT_THAT(host.table.sets["vip"].elements, ElementsAre(Key(Static)));
}

TEST_F(FirewallTest, a_set_of_ours_that_a_rule_uses_stays_and_so_does_the_table) {
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    host.table.sets["vip"].in_rules = true;
    host.table.other_chains = true;
    firewall.leave("vip", Jack);
    EXPECT_TRUE(host.table.sets["vip"].elements.empty());
    EXPECT_TRUE(host.table.there);
    EXPECT_EQ(firewall.join("vip", Jill), std::nullopt);
    EXPECT_THAT(host.table.sets["vip"].elements, ElementsAre(Key(Jill)));
}

TEST_F(FirewallTest, a_set_of_something_else_is_told_of_and_not_touched) {
    admin_has_set("ports", {.addresses = false});
    const auto problem = firewall.join("ports", Jack);
    ASSERT_TRUE(problem.has_value());
    EXPECT_THAT(*problem, HasSubstr("not one of IPv4 addresses"));
    firewall.leave("ports", Jack);
    EXPECT_TRUE(host.table.sets.contains("ports"));
}

TEST_F(FirewallTest, after_a_flush_of_the_rule_set_the_next_change_brings_everything_back) {
    EXPECT_EQ(firewall.clamp("a"), std::nullopt);
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    host.table = {};
    EXPECT_EQ(firewall.join("guests", Jill), std::nullopt);
    EXPECT_THAT(host.table.clamped, ElementsAre("a"));
    EXPECT_THAT(host.table.sets["vip"].elements, ElementsAre(Key(Jack)));
    EXPECT_THAT(host.table.sets["guests"].elements, ElementsAre(Key(Jill)));
}

TEST_F(FirewallTest, what_a_flush_took_is_not_missed_at_the_end) {
    EXPECT_EQ(firewall.clamp("a"), std::nullopt);
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    host.table = {};
    firewall.leave("vip", Jack);
    firewall.unclamp("a");
    EXPECT_FALSE(host.table.there);
}

TEST_F(FirewallTest, a_kernel_without_it_is_told_of_once_and_not_asked_again) {
    host.no_nf_tables = true;
    const auto problem = firewall.clamp("a");
    ASSERT_TRUE(problem.has_value());
    EXPECT_THAT(*problem, HasSubstr("this kernel has no nf_tables"));
    const unsigned asked = host.filter_changes + host.filter_dumps;
    EXPECT_EQ(firewall.clamp("b"), std::nullopt);
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    firewall.leave("vip", Jack);
    firewall.unclamp("b");
    EXPECT_EQ(host.filter_changes + host.filter_dumps, asked);
}

TEST_F(FirewallTest, names_that_nft_could_not_read_back_are_refused) {
    for (const std::string name : {"", "a b", "1st", "x;flush ruleset", "x\"y", "clamp_mss", "a{b",
                                   "$x", "x\ny", "\xc3\xa4"})
        EXPECT_NE(firewall.join(name, Jack), std::nullopt) << name;
    for (const std::string name : {"", "a\"b", "a\\b", "ppp*", "a b", "a\x7f"})
        EXPECT_NE(firewall.clamp(name), std::nullopt) << name;
    EXPECT_EQ(host.filter_changes, 0u);
    EXPECT_EQ(firewall.join("vip-users.2/3", Jack), std::nullopt);
    EXPECT_EQ(firewall.clamp("<pptp-jack>"), std::nullopt);
}

TEST_F(FirewallTest, the_next_program_keeps_what_goes_on_and_sweeps_the_rest) {
    EXPECT_EQ(firewall.clamp("goes-on"), std::nullopt);
    EXPECT_EQ(firewall.clamp("gone"), std::nullopt);
    EXPECT_EQ(firewall.join("vip", Jack), std::nullopt);
    EXPECT_EQ(firewall.join("vip", Jill), std::nullopt);
    EXPECT_EQ(firewall.join("empty", Jill), std::nullopt);
    host.table.sets["vip"].elements[Static] = {.marked = false};

    Firewall next(host);
    next.resume_clamp("goes-on");
    next.resume_member("vip", Jack);
    EXPECT_EQ(next.sweep(), 3u);
    EXPECT_THAT(host.table.clamped, ElementsAre("goes-on"));
    EXPECT_THAT(host.table.sets["vip"].elements, UnorderedElementsAre(Key(Jack), Key(Static)));
    EXPECT_FALSE(host.table.sets.contains("empty"));
    next.unclamp("goes-on");
    next.leave("vip", Jack);
    EXPECT_FALSE(host.table.clamp);
}

TEST_F(FirewallTest, the_next_program_brings_back_what_was_flushed_meanwhile) {
    firewall.resume_clamp("goes-on");
    firewall.resume_member("vip", Jack);
    EXPECT_EQ(firewall.sweep(), 0u);
    EXPECT_THAT(host.table.clamped, ElementsAre("goes-on"));
    EXPECT_THAT(host.table.sets["vip"].elements, ElementsAre(Key(Jack)));
}

TEST_F(FirewallTest, a_sweep_of_nothing_makes_nothing) {
    EXPECT_EQ(firewall.sweep(), 0u);
    EXPECT_FALSE(host.table.there);
    EXPECT_EQ(host.filter_changes, 0u);
}

TEST_F(FirewallTest, thousands_come_back_in_pieces) {
    for (std::uint32_t i = 0; i < 3000; i++)
        firewall.resume_member("vip", base::Ipv4{0x0a010000 + i});
    EXPECT_EQ(firewall.sweep(), 0u);
    EXPECT_EQ(host.table.sets["vip"].elements.size(), 3000u);
    EXPECT_GT(host.filter_changes, 3000u / 64);
    EXPECT_LT(host.filter_changes, 100u);
}

}  // namespace
}  // namespace rtun::daemon

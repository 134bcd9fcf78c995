// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages about our table of the packet filter. That the kernel and nft(8) read them as meant is
// shown by dressing_live_test.cpp.
#include <netlink/nft.h>
#include <tests/netlink/received.h>

#include <gmock/gmock.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <array>

namespace rtun::netlink {
namespace {

using testing::ElementsAre;
using Verb = FilterStep::Verb;

constexpr std::size_t Header = sizeof(nfgenmsg);
constexpr base::Ipv4 User{0x0a000032};

std::uint16_t type(std::uint8_t message) {
    return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

std::vector<Datagram> step(const FilterStep &what) {
    std::vector<Datagram> datagrams;
    for (const Message &message : build_filter_step(what))
        datagrams.push_back(received(message));
    return datagrams;
}

Attributes only_element(const Datagram &datagram, std::size_t which = 0) {
    const Attributes list =
        datagram.messages[0].attributes(Header).nest(NFTA_SET_ELEM_LIST_ELEMENTS);
    return Attributes(list.all().at(which).second);
}

TEST(Nft, a_batch_names_the_subsystem) {
    const Datagram begin = received(build_batch_begin()), end = received(build_batch_end());
    EXPECT_EQ(begin.messages[0].type, NFNL_MSG_BATCH_BEGIN);
    EXPECT_EQ(end.messages[0].type, NFNL_MSG_BATCH_END);
    EXPECT_EQ(base::to_hex(begin.messages[0].header(Header)), "0000000a");
}

TEST(Nft, the_clamp_is_table_set_chain_and_two_rules_in_place_of_those_there) {
    const auto datagrams = step({.verb = Verb::Clamp});
    std::vector<std::uint16_t> types;
    for (const Datagram &datagram : datagrams) {
        types.push_back(datagram.messages[0].type);
        EXPECT_EQ(datagram.messages[0].header(1)[0], NFPROTO_INET);
    }
    EXPECT_THAT(types,
                ElementsAre(type(NFT_MSG_NEWTABLE), type(NFT_MSG_NEWSET), type(NFT_MSG_NEWCHAIN),
                            type(NFT_MSG_DELRULE), type(NFT_MSG_NEWRULE), type(NFT_MSG_NEWRULE)));
    EXPECT_FALSE(datagrams[3].messages[0].attributes(Header).has(NFTA_RULE_HANDLE));
}

TEST(Nft, a_rule_says_which_devices_which_packets_and_what_becomes_of_them) {
    const auto datagrams = step({.verb = Verb::Clamp});
    const Attributes expressions =
        datagrams[4].messages[0].attributes(Header).nest(NFTA_RULE_EXPRESSIONS);
    std::vector<std::string> names;
    for (const auto &[number, area] : expressions.all())
        names.push_back(Attributes(area).text(NFTA_EXPR_NAME).value_or(""));
    EXPECT_THAT(names, ElementsAre("meta", "lookup", "meta", "cmp", "payload", "bitwise", "cmp",
                                   "rt", "byteorder", "exthdr"));
}

TEST(Nft, a_table_goes_only_if_nothing_is_in_it) {
    const auto datagrams = step({.verb = Verb::NoTable});
    ASSERT_EQ(datagrams.size(), 1u);
    EXPECT_EQ(datagrams[0].messages[0].type, type(NFT_MSG_DELTABLE));
    EXPECT_EQ(datagrams[0].messages[0].flags, NLM_F_NONREC);
}

TEST(Nft, an_address_is_a_key_in_network_order_with_our_mark) {
    const auto datagrams = step({.verb = Verb::NewMember, .name = "vip", .address = User});
    ASSERT_EQ(datagrams.size(), 1u);
    EXPECT_EQ(datagrams[0].messages[0].flags, NLM_F_CREATE | NLM_F_EXCL);
    const Attributes from = datagrams[0].messages[0].attributes(Header);
    EXPECT_EQ(from.text(NFTA_SET_ELEM_LIST_TABLE), "rtun");
    EXPECT_EQ(from.text(NFTA_SET_ELEM_LIST_SET), "vip");
    EXPECT_THAT(parse_elements(datagrams[0].messages[0]), ElementsAre(base::Bytes{10, 0, 0, 0x32}));
}

TEST(Nft, in_a_set_of_intervals_an_address_ends_before_the_next) {
    const auto pair =
        step({.verb = Verb::Member, .name = "vip", .address = User, .interval = true});
    const Attributes end = only_element(pair[0], 1);
    EXPECT_EQ(end.nest(NFTA_SET_ELEM_KEY).ipv4(NFTA_DATA_VALUE), base::Ipv4{User.value + 1});
    EXPECT_EQ(end.ipv4(NFTA_SET_ELEM_FLAGS)->value, unsigned{NFT_SET_ELEM_INTERVAL_END});
    EXPECT_THAT(parse_elements(pair[0].messages[0]), ElementsAre(base::Bytes{10, 0, 0, 0x32}));

    const auto last = step(
        {.verb = Verb::Member, .name = "vip", .address = base::Ipv4{0xffffffff}, .interval = true});
    EXPECT_EQ(last[0].messages[0].attributes(Header).nest(NFTA_SET_ELEM_LIST_ELEMENTS).all().size(),
              1u);
}

TEST(Nft, a_device_is_its_name_in_sixteen_octets_whatever_it_is_called) {
    const std::string name = "a\"; flush rule";  // 14 characters
    const auto datagrams = step({.verb = Verb::Clamped, .name = name});
    const auto keys = parse_elements(datagrams[0].messages[0]);
    ASSERT_EQ(keys.size(), 1u);
    EXPECT_EQ(keys[0].size(), 16u);
    EXPECT_EQ(base::Reader(keys[0]).text(16), name);
}

TEST(Nft, a_set_of_ours_is_read_back_as_ours) {
    const Datagram datagram = received(build_filter_step({.verb = Verb::Set, .name = "vip"})[0]);
    const auto parsed = parse_set(datagram.messages[0]);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->name, "vip");
    EXPECT_TRUE(parsed->set.addresses);
    EXPECT_FALSE(parsed->set.interval);
    EXPECT_TRUE(parsed->set.ours);
    // And that of the devices is no set of addresses.
    const auto devices = build_filter_step({.verb = Verb::Clamp});
    EXPECT_FALSE(parse_set(received(devices[1]).messages[0])->set.addresses);
}

Message foreign_set(const std::string &table, std::uint32_t flags, base::View comment) {
    const std::array<std::uint8_t, 4> header{NFPROTO_INET, 0, 0, 0};
    Message message(type(NFT_MSG_NEWSET), 0, header);
    message.text(NFTA_SET_TABLE, table).text(NFTA_SET_NAME, "vip");
    message.be32(NFTA_SET_FLAGS, base::Ipv4{flags}).be32(NFTA_SET_KEY_TYPE, base::Ipv4{7});
    message.be32(NFTA_SET_KEY_LEN, base::Ipv4{4}).bytes(NFTA_SET_USERDATA, comment);
    return message;
}

TEST(Nft, a_set_of_the_administrators_is_not_ours_and_may_be_of_intervals) {
    const auto parsed = parse_set(
        received(foreign_set("rtun", NFT_SET_INTERVAL, base::as_bytes("rtun"))).messages[0]);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->set.addresses && parsed->set.interval);
    EXPECT_FALSE(parsed->set.ours);
    EXPECT_FALSE(
        parse_set(received(foreign_set("rtun", NFT_SET_MAP, {})).messages[0])->set.addresses);
    EXPECT_FALSE(parse_set(received(foreign_set("filter", 0, {})).messages[0]).has_value());
}

TEST(Nft, cut_anywhere_an_answer_does_no_harm) {
    const Message whole =
        build_filter_step({.verb = Verb::Member, .name = "vip", .address = User})[0];
    const base::View bytes = whole.view();
    for (std::size_t cut = 0; cut + sizeof(nlmsghdr) <= bytes.size(); cut++) {
        Received message;
        message.type = type(NFT_MSG_NEWSETELEM);
        message.payload = bytes.subspan(sizeof(nlmsghdr), bytes.size() - sizeof(nlmsghdr) - cut);
        (void)parse_elements(message);
        message.type = type(NFT_MSG_NEWSET);
        (void)parse_set(message);
    }
}

}  // namespace
}  // namespace rtun::netlink

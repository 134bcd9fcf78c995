// SPDX-License-Identifier: GPL-2.0-or-later
//
// The description of a family, made by hand.
#include <netlink/genl.h>
#include <tests/netlink/received.h>

#include <linux/genetlink.h>

namespace rtun::netlink {
namespace {

Message description() {
    Message message = genl_message(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, 2);
    const std::uint16_t id = 31;
    message.bytes(CTRL_ATTR_FAMILY_ID, bytes_of(id)).text(CTRL_ATTR_FAMILY_NAME, "rtun");
    message.u32(CTRL_ATTR_VERSION, 1);
    return message;
}

TEST(Genl, a_family_is_its_number_its_version_and_its_groups) {
    Message message = description();
    message.begin(CTRL_ATTR_MCAST_GROUPS).begin(1);
    message.text(CTRL_ATTR_MCAST_GRP_NAME, "events").u32(CTRL_ATTR_MCAST_GRP_ID, 12);
    message.end().begin(2);
    message.text(CTRL_ATTR_MCAST_GRP_NAME, "monitor").u32(CTRL_ATTR_MCAST_GRP_ID, 13);
    message.end().end();
    const Datagram datagram = received(message);
    const auto family = parse_family(datagram.messages[0]);
    ASSERT_TRUE(family.has_value());
    EXPECT_EQ(family->id, 31);
    EXPECT_EQ(family->version, 1u);
    EXPECT_EQ(family->groups.at("events"), 12u);
    EXPECT_EQ(family->groups.at("monitor"), 13u);
}

TEST(Genl, a_family_without_groups_has_none) {
    const Datagram datagram = received(description());
    const auto family = parse_family(datagram.messages[0]);
    ASSERT_TRUE(family.has_value());
    EXPECT_TRUE(family->groups.empty());
}

TEST(Genl, a_group_without_a_number_is_refused) {
    Message message = description();
    message.begin(CTRL_ATTR_MCAST_GROUPS).begin(1);
    message.text(CTRL_ATTR_MCAST_GRP_NAME, "events").end().end();
    const Datagram datagram = received(message);
    EXPECT_FALSE(parse_family(datagram.messages[0]).has_value());
}

TEST(Genl, a_description_without_a_number_is_refused) {
    const Datagram datagram = received(genl_message(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, 2));
    EXPECT_FALSE(parse_family(datagram.messages[0]).has_value());
}

}  // namespace
}  // namespace rtun::netlink

// SPDX-License-Identifier: GPL-2.0-or-later
//
// Acknowledgements as the kernel writes them (netlink_ack() in Documentation/userspace-api/netlink,
// linux/netlink.h), and a real socket with the one family that is always there.
#include <netlink/codec.h>
#include <netlink/genl.h>
#include <netlink/socket.h>
#include <tests/netlink/received.h>

#include <libmnl/libmnl.h>
#include <linux/rtun.h>

#include <cerrno>
#include <poll.h>

namespace rtun::netlink {
namespace {

using base::ErrorCode;

Message request() {
    SessionChange change;
    change.peer_id = 7;
    auto message = build_session_set(30, SessionId{5}, change);
    EXPECT_TRUE(message.has_value());
    return *message;
}

// An NLMSG_ERROR with this errno and whatever else add() puts behind it.
template <typename Add>
base::Status read(int errnum, std::uint16_t flags, Add add) {
    nlmsgerr head{};
    head.error = -errnum;
    head.msg.nlmsg_len = static_cast<std::uint32_t>(request().view().size());
    Message message(NLMSG_ERROR, flags, bytes_of(head));
    add(message);
    const Datagram datagram = received(message);
    return read_acknowledgement(datagram.messages[0], request(), "session 5", attribute_name);
}

void nothing(Message &) {}

TEST(Acknowledgement, of_zero_is_success) {
    EXPECT_TRUE(read(0, NLM_F_CAPPED, nothing).has_value());
}

TEST(Acknowledgement, without_text_is_told_by_errno) {
    const auto status = read(EBUSY, NLM_F_CAPPED, nothing);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().errnum, EBUSY);
    EXPECT_EQ(status.error().code, ErrorCode::Refused);
    EXPECT_EQ(status.error().text, "session 5: Device or resource busy");
}

TEST(Acknowledgement, of_missing_privilege_names_the_capability) {
    EXPECT_EQ(read(EPERM, NLM_F_CAPPED, nothing).error().text,
              "session 5: this needs CAP_NET_ADMIN (try as root)");
}

TEST(Acknowledgement, of_an_unknown_object_is_not_found) {
    EXPECT_EQ(read(ENOENT, 0, nothing).error().code, ErrorCode::NotFound);
    EXPECT_EQ(read(ENODEV, 0, nothing).error().code, ErrorCode::NotFound);
    EXPECT_EQ(read(EEXIST, 0, nothing).error().code, ErrorCode::Exists);
    EXPECT_EQ(read(ENETUNREACH, 0, nothing).error().code, ErrorCode::Unreachable);
}

TEST(Acknowledgement, tells_the_kernels_words_and_the_attribute) {
    // The second attribute in the nest: headers, nest header, and the id.
    const std::uint32_t offset = sizeof(nlmsghdr) + 4 + 4 + 8;
    const auto status = read(EINVAL, NLM_F_CAPPED | NLM_F_ACK_TLVS, [&](Message &message) {
        message.text(NLMSGERR_ATTR_MSG, "known already").u32(NLMSGERR_ATTR_OFFS, offset);
    });
    EXPECT_EQ(status.error().text, "session 5: known already (session.peer-id)");
    EXPECT_EQ(status.error().errnum, EINVAL);
}

TEST(Acknowledgement, names_the_attribute_also_without_words) {
    const std::uint32_t offset = sizeof(nlmsghdr) + 4 + 4;
    const auto status = read(ERANGE, NLM_F_CAPPED | NLM_F_ACK_TLVS,
                             [&](Message &message) { message.u32(NLMSGERR_ATTR_OFFS, offset); });
    EXPECT_EQ(status.error().text, "session 5: Numerical result out of range (session.id)");
}

TEST(Acknowledgement, names_a_missing_attribute) {
    const auto status = read(EINVAL, NLM_F_CAPPED | NLM_F_ACK_TLVS, [](Message &message) {
        message.u32(NLMSGERR_ATTR_MISS_NEST, sizeof(nlmsghdr) + 4);
        message.u32(NLMSGERR_ATTR_MISS_TYPE, RTUN_A_SESSION_TUNNEL_ID);
    });
    EXPECT_EQ(status.error().text, "session 5: Invalid argument (session.tunnel-id is missing)");
}

TEST(Acknowledgement, text_is_found_behind_a_request_that_was_sent_back) {
    const Message sent = request();
    nlmsgerr head{};
    head.error = -EINVAL;
    head.msg.nlmsg_len = static_cast<std::uint32_t>(sent.view().size());
    base::Writer header;
    header.bytes(bytes_of(head)).bytes(sent.view().subspan(sizeof(nlmsghdr)));
    Message message(NLMSG_ERROR, NLM_F_ACK_TLVS, header.view());
    message.text(NLMSGERR_ATTR_MSG, "not so");
    const Datagram datagram = received(message);
    EXPECT_EQ(read_acknowledgement(datagram.messages[0], sent, "x", nullptr).error().text,
              "x: not so");
}

TEST(Acknowledgement, at_the_end_of_a_dump_may_be_an_error) {
    const int error = -EOPNOTSUPP;
    Message message(NLMSG_DONE, NLM_F_ACK_TLVS, bytes_of(error));
    message.text(NLMSGERR_ATTR_MSG, "no lists today");
    const Datagram datagram = received(message);
    const auto status =
        read_acknowledgement(datagram.messages[0], request(), "list", attribute_name);
    EXPECT_EQ(status.error().text, "list: no lists today");
}

TEST(Acknowledgement, cut_anywhere_does_no_harm) {
    nlmsgerr head{};
    head.error = -EINVAL;
    head.msg.nlmsg_len = 1u << 30;  // more than there is
    Message message(NLMSG_ERROR, NLM_F_ACK_TLVS, bytes_of(head));
    message.text(NLMSGERR_ATTR_MSG, "text");
    const Datagram datagram = received(message);
    const base::View payload = datagram.messages[0].payload;
    for (std::size_t size = 0; size <= payload.size(); size++) {
        const base::Bytes cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
        Received part = datagram.messages[0];
        part.payload = cut;
        EXPECT_FALSE(read_acknowledgement(part, request(), "x", nullptr).has_value());
    }
}

TEST(Socket, resolves_the_family_that_every_kernel_has) {
    auto socket = Socket::open(NETLINK_GENERIC);
    ASSERT_TRUE(socket.has_value());
    const auto family = resolve(*socket, "nlctrl");
    ASSERT_TRUE(family.has_value()) << family.error().text;
    EXPECT_EQ(family->id, 16);  // GENL_ID_CTRL
    EXPECT_TRUE(family->groups.contains("notify"));
}

TEST(Socket, tells_that_a_family_is_not_there) {
    auto socket = Socket::open(NETLINK_GENERIC);
    ASSERT_TRUE(socket.has_value());
    const auto family = resolve(*socket, "no-such-family");
    ASSERT_FALSE(family.has_value());
    EXPECT_EQ(family.error().code, ErrorCode::NotFound);
}

TEST(Socket, hears_nothing_when_nothing_was_said_and_does_not_wait) {
    auto socket = Socket::open(NETLINK_GENERIC);
    ASSERT_TRUE(socket.has_value());
    const auto unasked = socket->receive();
    ASSERT_TRUE(unasked.has_value());
    EXPECT_TRUE(unasked->datagrams.empty());
    EXPECT_FALSE(unasked->overrun);
    for (const int descriptor : socket->descriptors()) {
        pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&waiting, 1, 0), 0);
    }
}

TEST(Socket, lists_all_families_in_one_dump) {
    auto socket = Socket::open(NETLINK_GENERIC);
    ASSERT_TRUE(socket.has_value());
    const auto answer = socket->dump(genl_message(16, 3, 2), "families");  // CTRL_CMD_GETFAMILY
    ASSERT_TRUE(answer.has_value()) << answer.error().text;
    int families = 0;
    for (const Datagram &datagram : *answer)
        for (const Received &received : datagram.messages)
            families += received.type == 16 ? 1 : 0;
    EXPECT_GE(families, 1);
}

}  // namespace
}  // namespace rtun::netlink

// SPDX-License-Identifier: GPL-2.0-or-later
//
// One netlink message, made and read: a header, the header of the protocol (struct genlmsghdr,
// struct rtmsg, ...) and attributes. Message builds a request; Attributes reads an area of
// attributes that the kernel sent and never looks outside it. Layout: linux/netlink.h.
#pragma once

#include <base/bytes.h>
#include <base/net.h>
#include <base/secret.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtun::netlink {

class Message {
public:
    // Enough for the biggest request: a frame or a blob and some numbers.
    static constexpr std::size_t MaxSize = 16384;

    // header: the protocol's own, copied behind the netlink header.
    Message(std::uint16_t type, std::uint16_t flags, base::View header);
    // A message that another library built, headers included.
    Message(base::View whole, std::size_t header_size);
    Message(const Message &) = default;
    Message(Message &&) noexcept = default;
    Message &operator=(const Message &) = delete;
    Message &operator=(Message &&) = delete;
    ~Message();

    Message &u8(std::uint16_t attribute, std::uint8_t value);
    Message &u16(std::uint16_t attribute, std::uint16_t value);
    Message &u32(std::uint16_t attribute, std::uint32_t value);
    Message &be32(std::uint16_t attribute, base::Ipv4 address);
    Message &flag(std::uint16_t attribute);
    Message &text(std::uint16_t attribute, std::string_view text);  // with its NUL
    Message &bytes(std::uint16_t attribute, base::View value);
    Message &secret(std::uint16_t attribute, const base::Secret &value);  // wiped with the message
    // NLA_BITFIELD32: the bits that are meant, and what they become.
    Message &bitfield(std::uint16_t attribute, std::uint32_t value, std::uint32_t selector);
    // What follows, up to end(), stands inside.
    Message &begin(std::uint16_t attribute);
    Message &end();

    void set_flags(std::uint16_t flags);  // in addition
    void set_sequence(std::uint32_t sequence);

    [[nodiscard]] base::View view() const;
    [[nodiscard]] std::size_t header_size() const { return header_size_; }

private:
    base::Bytes bytes_;  // MaxSize long; the netlink header says how much is used
    std::size_t header_size_;
    std::vector<std::size_t> open_;  // offsets of the nests begun
    bool secret_ = false;
};

// The attributes of a message or a nest. A getter gives nothing if the attribute is absent; one of
// the wrong length is nothing as well and makes ok() false, as does an area that does not end where
// its last attribute does.
class Attributes {
public:
    explicit Attributes(base::View area);

    [[nodiscard]] bool has(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<std::uint8_t> u8(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<std::uint16_t> u16(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<std::uint32_t> u32(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<std::uint64_t> u64(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<base::Ipv4> ipv4(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<base::Ipv6> ipv6(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<std::uint32_t> bitfield(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<std::string> text(std::uint16_t attribute) const;
    [[nodiscard]] std::optional<base::View> bytes(std::uint16_t attribute) const;
    [[nodiscard]] Attributes nest(std::uint16_t attribute) const;  // empty if absent
    // All of them in their order, for lists.
    [[nodiscard]] const std::vector<std::pair<std::uint16_t, base::View>> &all() const {
        return all_;
    }
    [[nodiscard]] bool ok() const { return !bad_; }

private:
    template <typename T>
    std::optional<T> number(std::uint16_t attribute) const;

    std::vector<std::pair<std::uint16_t, base::View>> all_;
    mutable bool bad_ = false;  // a getter met a wrong length
};

// The numbers of a received message's header, and its parts.
struct Received {
    std::uint16_t type = 0;
    std::uint16_t flags = 0;
    std::uint32_t sequence = 0;
    std::uint32_t port = 0;
    base::View payload;  // behind the netlink header

    // The protocol's header of this size, and the attributes behind it.
    [[nodiscard]] base::View header(std::size_t size) const;
    [[nodiscard]] Attributes attributes(std::size_t header_size) const;
};

// The messages in a datagram. Nothing if it does not consist of whole messages.
[[nodiscard]] std::optional<std::vector<Received>> split(base::View datagram);

// Which attribute of a request stands at this offset: the types from the outermost nest inwards,
// the way an extended acknowledgement points at what it refuses. Empty if there is none.
[[nodiscard]] std::vector<std::uint16_t> path_to(base::View request, std::size_t header_size,
                                                 std::size_t offset);

}  // namespace rtun::netlink

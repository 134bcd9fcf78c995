// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages over libmnl's attribute functions. Requests are of bounded size (family and rtnl check
// what they are given), so running out of room is a bug; what is received is checked piece by
// piece.
#include <netlink/message.h>

#include <base/result.h>

#include <libmnl/libmnl.h>

#include <algorithm>
#include <cstring>

namespace rtun::netlink {

namespace {

nlmsghdr *header_of(base::Bytes &bytes) { return reinterpret_cast<nlmsghdr *>(bytes.data()); }

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags, base::View header)
    : bytes_(MaxSize), header_size_(header.size()) {
    RTUN_ASSERT(header.size() < MaxSize / 2);
    nlmsghdr *message = mnl_nlmsg_put_header(bytes_.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = flags;
    void *extra = mnl_nlmsg_put_extra_header(message, header.size());
    std::copy(header.begin(), header.end(), static_cast<std::uint8_t *>(extra));
}

Message::Message(base::View whole, std::size_t header_size)
    : bytes_(MaxSize), header_size_(header_size) {
    RTUN_ASSERT(whole.size() >= sizeof(nlmsghdr) && whole.size() <= MaxSize);
    std::copy(whole.begin(), whole.end(), bytes_.begin());
    RTUN_ASSERT(header_of(bytes_)->nlmsg_len == whole.size());
}

Message::~Message() {
    if (secret_)
        base::wipe(bytes_);
}

Message &Message::u8(std::uint16_t attribute, std::uint8_t value) {
    RTUN_ASSERT(mnl_attr_put_u8_check(header_of(bytes_), MaxSize, attribute, value));
    return *this;
}

Message &Message::u16(std::uint16_t attribute, std::uint16_t value) {
    RTUN_ASSERT(mnl_attr_put_u16_check(header_of(bytes_), MaxSize, attribute, value));
    return *this;
}

Message &Message::u32(std::uint16_t attribute, std::uint32_t value) {
    RTUN_ASSERT(mnl_attr_put_u32_check(header_of(bytes_), MaxSize, attribute, value));
    return *this;
}

Message &Message::be32(std::uint16_t attribute, base::Ipv4 address) {
    base::Writer out;
    out.be32(address.value);
    return bytes(attribute, out.view());
}

Message &Message::flag(std::uint16_t attribute) { return bytes(attribute, {}); }

Message &Message::text(std::uint16_t attribute, std::string_view text) {
    const std::string terminated(text);
    RTUN_ASSERT(mnl_attr_put_strz_check(header_of(bytes_), MaxSize, attribute, terminated.c_str()));
    return *this;
}

Message &Message::bytes(std::uint16_t attribute, base::View value) {
    // libmnl copies from any pointer, but not from the null of an empty span.
    const std::uint8_t nothing = 0;
    RTUN_ASSERT(mnl_attr_put_check(header_of(bytes_), MaxSize, attribute, value.size(),
                                   value.empty() ? &nothing : value.data()));
    return *this;
}

Message &Message::secret(std::uint16_t attribute, const base::Secret &value) {
    secret_ = true;
    return bytes(attribute, value.reveal());
}

Message &Message::bitfield(std::uint16_t attribute, std::uint32_t value, std::uint32_t selector) {
    const nla_bitfield32 field{.value = value, .selector = selector};
    RTUN_ASSERT(mnl_attr_put_check(header_of(bytes_), MaxSize, attribute, sizeof(field), &field));
    return *this;
}

Message &Message::begin(std::uint16_t attribute) {
    const nlattr *nest = mnl_attr_nest_start_check(header_of(bytes_), MaxSize, attribute);
    RTUN_ASSERT(nest != nullptr);
    open_.push_back(
        static_cast<std::size_t>(reinterpret_cast<const std::uint8_t *>(nest) - bytes_.data()));
    return *this;
}

Message &Message::end() {
    RTUN_ASSERT(!open_.empty());
    mnl_attr_nest_end(header_of(bytes_), reinterpret_cast<nlattr *>(bytes_.data() + open_.back()));
    open_.pop_back();
    return *this;
}

void Message::set_flags(std::uint16_t flags) {
    nlmsghdr *header = header_of(bytes_);
    header->nlmsg_flags = static_cast<std::uint16_t>(header->nlmsg_flags | flags);
}

void Message::set_sequence(std::uint32_t sequence) { header_of(bytes_)->nlmsg_seq = sequence; }

base::View Message::view() const {
    RTUN_ASSERT(open_.empty());
    return base::View(bytes_).first(reinterpret_cast<const nlmsghdr *>(bytes_.data())->nlmsg_len);
}

Attributes::Attributes(base::View area) {
    const auto *attribute = reinterpret_cast<const nlattr *>(area.data());
    std::size_t left = area.size();
    while (left > 0 && mnl_attr_ok(attribute, static_cast<int>(left))) {
        const auto *payload = static_cast<const std::uint8_t *>(mnl_attr_get_payload(attribute));
        all_.emplace_back(mnl_attr_get_type(attribute),
                          base::View(payload, mnl_attr_get_payload_len(attribute)));
        // The padding behind the last one may be left out.
        left -= std::min<std::size_t>(left, MNL_ALIGN(mnl_attr_get_len(attribute)));
        attribute = mnl_attr_next(attribute);
    }
    bad_ = left > 0;
}

bool Attributes::has(std::uint16_t attribute) const {
    return std::any_of(all_.begin(), all_.end(),
                       [&](const auto &entry) { return entry.first == attribute; });
}

std::optional<base::View> Attributes::bytes(std::uint16_t attribute) const {
    for (const auto &[type, payload] : all_)
        if (type == attribute)
            return payload;
    return std::nullopt;
}

template <typename T>
std::optional<T> Attributes::number(std::uint16_t attribute) const {
    const auto payload = bytes(attribute);
    if (!payload)
        return std::nullopt;
    T value{};
    if (payload->size() != sizeof(value)) {
        bad_ = true;
        return std::nullopt;
    }
    std::memcpy(&value, payload->data(), sizeof(value));
    return value;
}

std::optional<std::uint8_t> Attributes::u8(std::uint16_t attribute) const {
    return number<std::uint8_t>(attribute);
}
std::optional<std::uint16_t> Attributes::u16(std::uint16_t attribute) const {
    return number<std::uint16_t>(attribute);
}
std::optional<std::uint32_t> Attributes::u32(std::uint16_t attribute) const {
    return number<std::uint32_t>(attribute);
}
std::optional<std::uint64_t> Attributes::u64(std::uint16_t attribute) const {
    return number<std::uint64_t>(attribute);
}

std::optional<base::Ipv4> Attributes::ipv4(std::uint16_t attribute) const {
    if (!number<std::uint32_t>(attribute))
        return std::nullopt;
    return base::Ipv4{base::Reader(*bytes(attribute)).be32()};
}

std::optional<base::Ipv6> Attributes::ipv6(std::uint16_t attribute) const {
    const auto octets = number<decltype(base::Ipv6::octets)>(attribute);
    return octets ? std::optional(base::Ipv6{*octets}) : std::nullopt;
}

std::optional<std::uint32_t> Attributes::bitfield(std::uint16_t attribute) const {
    const auto field = number<nla_bitfield32>(attribute);
    if (!field)
        return std::nullopt;
    return field->value & field->selector;
}

std::optional<std::string> Attributes::text(std::uint16_t attribute) const {
    const auto payload = bytes(attribute);
    if (!payload)
        return std::nullopt;
    return base::Reader(*payload).text(payload->size());
}

Attributes Attributes::nest(std::uint16_t attribute) const {
    return Attributes(bytes(attribute).value_or(base::View{}));
}

base::View Received::header(std::size_t size) const {
    return payload.first(std::min(size, payload.size()));
}

Attributes Received::attributes(std::size_t header_size) const {
    return Attributes(
        payload.subspan(std::min<std::size_t>(MNL_ALIGN(header_size), payload.size())));
}

std::optional<std::vector<Received>> split(base::View datagram) {
    std::vector<Received> messages;
    while (!datagram.empty()) {
        const auto *header = reinterpret_cast<const nlmsghdr *>(datagram.data());
        // mnl_nlmsg_ok() takes a length of 2 GiB and more for less than nothing, which fits.
        if (!mnl_nlmsg_ok(header, static_cast<int>(datagram.size())) ||
            header->nlmsg_len > datagram.size())
            return std::nullopt;
        messages.push_back(
            {.type = header->nlmsg_type,
             .flags = header->nlmsg_flags,
             .sequence = header->nlmsg_seq,
             .port = header->nlmsg_pid,
             .payload = datagram.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr))});
        datagram =
            datagram.subspan(std::min<std::size_t>(MNL_ALIGN(header->nlmsg_len), datagram.size()));
    }
    return messages;
}

std::vector<std::uint16_t> path_to(base::View request, std::size_t header_size,
                                   std::size_t offset) {
    std::vector<std::uint16_t> path;
    std::size_t begin = MNL_NLMSG_HDRLEN + MNL_ALIGN(header_size);
    std::size_t end = request.size();
    while (begin < end) {
        const auto *attribute = reinterpret_cast<const nlattr *>(request.data() + begin);
        if (!mnl_attr_ok(attribute, static_cast<int>(end - begin)))
            return {};
        const std::size_t next = begin + MNL_ALIGN(mnl_attr_get_len(attribute));
        if (offset >= next) {
            begin = next;
            continue;
        }
        if (offset < begin)
            return path;
        path.push_back(mnl_attr_get_type(attribute));
        if (offset == begin || (attribute->nla_type & NLA_F_NESTED) == 0)
            return path;
        end = begin + mnl_attr_get_len(attribute);
        begin += MNL_ATTR_HDRLEN;
    }
    return path;
}

}  // namespace rtun::netlink

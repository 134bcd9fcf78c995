// SPDX-License-Identifier: GPL-2.0-or-later
//
// CTRL_CMD_GETFAMILY.
#include <netlink/genl.h>

#include <fmt/format.h>

#include <linux/genetlink.h>

#include <cerrno>
#include <cstring>

namespace rtun::netlink {

using base::ErrorCode;
using base::fail;

static_assert(GenlHeader == sizeof(genlmsghdr));

Message genl_message(std::uint16_t family, std::uint8_t command, std::uint8_t version) {
    const genlmsghdr header{.cmd = command, .version = version, .reserved = 0};
    return {family, 0, base::View(reinterpret_cast<const std::uint8_t *>(&header), sizeof(header))};
}

std::uint8_t genl_command(const Received &message) {
    const base::View header = message.header(GenlHeader);
    return header.size() == GenlHeader ? header[0] : std::uint8_t{0};
}

base::Result<GenlFamily> parse_family(const Received &message) {
    const Attributes attributes = message.attributes(GenlHeader);
    GenlFamily family;
    const auto id = attributes.u16(CTRL_ATTR_FAMILY_ID);
    family.version = attributes.u32(CTRL_ATTR_VERSION).value_or(0);
    bool ok = id.has_value();
    // A list: each entry is a nest of its own whose type is its place.
    const Attributes groups = attributes.nest(CTRL_ATTR_MCAST_GROUPS);
    for (const auto &[place, payload] : groups.all()) {
        const Attributes group(payload);
        const auto name = group.text(CTRL_ATTR_MCAST_GRP_NAME);
        const auto number = group.u32(CTRL_ATTR_MCAST_GRP_ID);
        ok = ok && group.ok() && name && number;
        if (ok)
            family.groups[*name] = *number;
    }
    if (!ok || !attributes.ok() || !groups.ok())
        return fail(ErrorCode::System, "malformed description of a netlink family", EBADMSG);
    family.id = *id;
    return family;
}

base::Result<GenlFamily> resolve(Socket &socket, std::string_view name) {
    // The command's version has been 2 since multicast groups are listed.
    Message request = genl_message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 2);
    request.text(CTRL_ATTR_FAMILY_NAME, name);
    const std::string what = fmt::format("netlink family \"{}\"", name);
    const auto answer = TRY(socket.request(std::move(request), what));
    if (answer.empty())
        return fail(ErrorCode::System, what + ": no answer from the kernel", EBADMSG);
    return parse_family(answer.front().messages.front());
}

}  // namespace rtun::netlink

// SPDX-License-Identifier: GPL-2.0-or-later
#include <wire/ppp.h>

#include <algorithm>
#include <type_traits>

namespace rtun::wire {

namespace {

using base::Bytes;
using base::ErrorCode;
using base::Reader;
using base::View;
using base::Writer;

constexpr std::size_t header_length = 4;  // code, identifier, length
constexpr std::size_t option_header = 2;  // type, length

Bytes copy(View bytes) { return {bytes.begin(), bytes.end()}; }

CpOption option(std::uint8_t type, Writer &&data) { return {type, std::move(data).take()}; }

}  // namespace

base::Result<PppFrame> decode_ppp(View frame) {
    Reader reader(frame);
    const auto protocol = static_cast<PppProtocol>(reader.be16());
    if (!reader.ok())
        return base::fail(ErrorCode::Invalid, "a frame shorter than its protocol field");
    return PppFrame{protocol, reader.rest()};
}

Bytes encode(const PppFrame &frame) {
    Writer writer;
    writer.be16(static_cast<std::uint16_t>(frame.protocol)).bytes(frame.information);
    return writer.take();
}

base::Result<CpPacket> decode_cp(View information) {
    Reader reader(information);
    CpPacket packet;
    packet.code = static_cast<CpCode>(reader.u8());
    packet.id = reader.u8();
    const std::size_t length = reader.be16();
    if (!reader.ok() || length < header_length)
        return base::fail(ErrorCode::Invalid, "a packet shorter than its header");
    packet.data = reader.bytes(length - header_length);
    if (!reader.ok())
        return base::fail(ErrorCode::Invalid, "a packet longer than its frame");
    return packet;
}

Bytes encode(const CpPacket &packet) {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(packet.code))
        .u8(packet.id)
        .be16(static_cast<std::uint16_t>(header_length + packet.data.size()))
        .bytes(packet.data);
    return writer.take();
}

base::Result<CpOptions> decode_options(View data) {
    Reader reader(data);
    CpOptions options;
    while (reader.left() > 0) {
        const std::uint8_t type = reader.u8();
        const std::size_t length = reader.u8();
        if (!reader.ok() || length < option_header)
            return base::fail(ErrorCode::Invalid, "an option shorter than its header");
        const View value = reader.bytes(length - option_header);
        if (!reader.ok())
            return base::fail(ErrorCode::Invalid, "an option longer than its packet");
        options.push_back({type, copy(value)});
    }
    return options;
}

Bytes encode(const CpOptions &options) {
    Writer writer;
    for (const CpOption &option : options)
        writer.u8(option.type)
            .u8(static_cast<std::uint8_t>(option_header + option.data.size()))
            .bytes(option.data);
    return writer.take();
}

base::Result<EchoData> decode_echo(View data) {
    Reader reader(data);
    const std::uint32_t magic = reader.be32();
    if (!reader.ok())
        return base::fail(ErrorCode::Invalid, "a packet without its magic number");
    return EchoData{magic, reader.rest()};
}

Bytes encode(const EchoData &echo) {
    Writer writer;
    writer.be32(echo.magic).bytes(echo.data);
    return writer.take();
}

base::Result<ProtocolRejectData> decode_protocol_reject(View data) {
    Reader reader(data);
    const auto protocol = static_cast<PppProtocol>(reader.be16());
    if (!reader.ok())
        return base::fail(ErrorCode::Invalid, "a Protocol-Reject without the protocol");
    return ProtocolRejectData{protocol, reader.rest()};
}

Bytes encode(const ProtocolRejectData &reject) {
    Writer writer;
    writer.be16(static_cast<std::uint16_t>(reject.protocol)).bytes(reject.information);
    return writer.take();
}

base::Result<CpCode> decode_code_reject(View data) {
    Reader reader(data);
    const auto code = static_cast<CpCode>(reader.u8());
    if (!reader.ok())
        return base::fail(ErrorCode::Invalid, "a Code-Reject without the packet");
    return code;
}

LcpOption lcp_option(const CpOption &option) {
    Reader reader(option.data);
    switch (static_cast<LcpType>(option.type)) {
    case LcpType::Mru: {
        const LcpMru mru{reader.be16()};
        if (reader.done())
            return mru;
        break;
    }
    case LcpType::Accm: {
        const LcpAccm accm{reader.be32()};
        if (reader.done())
            return accm;
        break;
    }
    case LcpType::Authentication: {
        const auto protocol = static_cast<PppProtocol>(reader.be16());
        if (reader.ok())
            return LcpAuthentication{protocol, copy(reader.rest())};
        break;
    }
    case LcpType::Quality: {
        const std::uint16_t protocol = reader.be16();
        if (reader.ok())
            return LcpQuality{protocol, copy(reader.rest())};
        break;
    }
    case LcpType::Magic: {
        const LcpMagic magic{reader.be32()};
        if (reader.done())
            return magic;
        break;
    }
    case LcpType::Pfc:
        if (reader.done())
            return LcpPfc{};
        break;
    case LcpType::Acfc:
        if (reader.done())
            return LcpAcfc{};
        break;
    case LcpType::Mrru: {
        const LcpMrru mrru{reader.be16()};
        if (reader.done())
            return mrru;
        break;
    }
    case LcpType::ShortSequence:
        if (reader.done())
            return LcpShortSequence{};
        break;
    case LcpType::Discriminator: {
        const std::uint8_t in = reader.u8();
        if (reader.ok())
            return LcpDiscriminator{in, copy(reader.rest())};
        break;
    }
    case LcpType::MultilinkFormat: {
        const std::uint8_t code = reader.u8();
        const LcpMultilinkFormat format{code, reader.u8()};
        if (reader.done())
            return format;
        break;
    }
    }
    return option;
}

CpOption raw(const LcpOption &lcp) {
    return std::visit(
        [](const auto &it) -> CpOption {
            using T = std::decay_t<decltype(it)>;
            if constexpr (std::is_same_v<T, LcpMru>)
                return option(1, std::move(Writer().be16(it.mru)));
            else if constexpr (std::is_same_v<T, LcpAccm>)
                return option(2, std::move(Writer().be32(it.map)));
            else if constexpr (std::is_same_v<T, LcpAuthentication>)
                return option(
                    3, std::move(
                           Writer().be16(static_cast<std::uint16_t>(it.protocol)).bytes(it.data)));
            else if constexpr (std::is_same_v<T, LcpQuality>)
                return option(4, std::move(Writer().be16(it.protocol).bytes(it.data)));
            else if constexpr (std::is_same_v<T, LcpMagic>)
                return option(5, std::move(Writer().be32(it.magic)));
            else if constexpr (std::is_same_v<T, LcpPfc>)
                return {7, {}};
            else if constexpr (std::is_same_v<T, LcpAcfc>)
                return {8, {}};
            else if constexpr (std::is_same_v<T, LcpMrru>)
                return option(17, std::move(Writer().be16(it.mrru)));
            else if constexpr (std::is_same_v<T, LcpShortSequence>)
                return {18, {}};
            else if constexpr (std::is_same_v<T, LcpDiscriminator>)
                return option(19, std::move(Writer().u8(it.in).bytes(it.address)));
            else if constexpr (std::is_same_v<T, LcpMultilinkFormat>)
                return option(27, std::move(Writer().u8(it.code).u8(it.classes)));
            else
                return it;
        },
        lcp);
}

IpcpOption ipcp_option(const CpOption &option) {
    Reader reader(option.data);
    const auto type = static_cast<IpcpType>(option.type);
    switch (type) {
    case IpcpType::Addresses:
        break;
    case IpcpType::Compression: {
        const std::uint16_t protocol = reader.be16();
        if (reader.ok())
            return IpcpCompression{protocol, copy(reader.rest())};
        break;
    }
    case IpcpType::Address:
    case IpcpType::PrimaryDns:
    case IpcpType::PrimaryNbns:
    case IpcpType::SecondaryDns:
    case IpcpType::SecondaryNbns: {
        const base::Ipv4 address{reader.be32()};
        if (reader.done())
            return IpcpAddress{type, address};
        break;
    }
    }
    return option;
}

CpOption raw(const IpcpOption &ipcp) {
    return std::visit(
        [](const auto &it) -> CpOption {
            using T = std::decay_t<decltype(it)>;
            if constexpr (std::is_same_v<T, IpcpAddress>)
                return option(static_cast<std::uint8_t>(it.type),
                              std::move(Writer().be32(it.address.value)));
            else if constexpr (std::is_same_v<T, IpcpCompression>)
                return option(2, std::move(Writer().be16(it.protocol).bytes(it.data)));
            else
                return it;
        },
        ipcp);
}

Ipv6cpOption ipv6cp_option(const CpOption &option) {
    if (static_cast<Ipv6cpType>(option.type) != Ipv6cpType::InterfaceId)
        return option;
    Reader reader(option.data);
    const std::uint64_t high = reader.be32();
    const std::uint64_t low = reader.be32();
    if (!reader.done())
        return option;
    return Ipv6cpInterfaceId{high << 32 | low};
}

CpOption raw(const Ipv6cpOption &ipv6cp) {
    if (const auto *interface = std::get_if<Ipv6cpInterfaceId>(&ipv6cp))
        return option(static_cast<std::uint8_t>(Ipv6cpType::InterfaceId),
                      std::move(Writer()
                                    .be32(static_cast<std::uint32_t>(interface->id >> 32))
                                    .be32(static_cast<std::uint32_t>(interface->id))));
    return std::get<CpOption>(ipv6cp);
}

BcpOption bcp_option(const CpOption &option) {
    Reader reader(option.data);
    const auto type = static_cast<BcpType>(option.type);
    switch (type) {
    case BcpType::MacSupport: {
        const auto lan = static_cast<BcpMacType>(reader.u8());
        if (reader.done())
            return BcpMacSupport{lan};
        break;
    }
    case BcpType::Tinygram:
    case BcpType::TaggedFrame:
    case BcpType::ManagementInline:
    case BcpType::ControlPacketIndicator: {
        const auto value = static_cast<BcpSwitch::Value>(reader.u8());
        if (reader.done() &&
            (value == BcpSwitch::Value::Enabled || value == BcpSwitch::Value::Disabled))
            return BcpSwitch{type, value};
        break;
    }
    case BcpType::MacAddress: {
        const View octets = reader.bytes(6);
        if (!reader.done())
            break;
        BcpMacAddress address;
        std::copy(octets.begin(), octets.end(), address.mac.octets.begin());
        return address;
    }
    case BcpType::BridgeIdentification:
    case BcpType::LineIdentification:
    case BcpType::LanIdentification:
    case BcpType::SpanningTree:
        break;
    }
    return option;
}

CpOption raw(const BcpOption &bcp) {
    return std::visit(
        [](const auto &it) -> CpOption {
            using T = std::decay_t<decltype(it)>;
            if constexpr (std::is_same_v<T, BcpMacSupport>)
                return option(static_cast<std::uint8_t>(BcpType::MacSupport),
                              std::move(Writer().u8(static_cast<std::uint8_t>(it.type))));
            else if constexpr (std::is_same_v<T, BcpSwitch>)
                return option(static_cast<std::uint8_t>(it.type),
                              std::move(Writer().u8(static_cast<std::uint8_t>(it.value))));
            else if constexpr (std::is_same_v<T, BcpMacAddress>)
                return option(static_cast<std::uint8_t>(BcpType::MacAddress),
                              std::move(Writer().bytes(it.mac.octets)));
            else
                return it;
        },
        bcp);
}

CcpOption ccp_option(const CpOption &option) {
    if (static_cast<CcpType>(option.type) != CcpType::Mppe)
        return option;
    Reader reader(option.data);
    const CcpMppe mppe{reader.be32()};
    if (!reader.done())
        return option;
    return mppe;
}

CpOption raw(const CcpOption &ccp) {
    if (const auto *mppe = std::get_if<CcpMppe>(&ccp))
        return option(static_cast<std::uint8_t>(CcpType::Mppe),
                      std::move(Writer().be32(mppe->bits)));
    return std::get<CpOption>(ccp);
}

}  // namespace rtun::wire

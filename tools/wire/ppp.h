// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bytes of PPP's control protocols: the frame from its protocol field on (RFC 1661 section 2),
// the packet that LCP and every NCP share (section 5), their Configuration Options (section 6;
// LCP's also from RFC 1990 and 2686, IPCP's from RFC 1332 and 1877, IPv6CP's from RFC 5072, BCP's
// from RFC 3518, CCP's from RFC 1962 and 3078). "Cp" stands for control protocol.
//
// A packet is read in two steps: its header and data first, the data then by its code, because what
// is wrong with the data is answered differently for each. Octets behind the packet's length are
// padding and ignored. Encoding what was decoded gives the same octets, without the padding.
#pragma once

#include <base/bytes.h>
#include <base/net.h>
#include <base/result.h>

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace rtun::wire {

// The protocol field. Any other number may stand in it.
enum class PppProtocol : std::uint16_t {
    Ipv4 = 0x0021,
    Bridged = 0x0031,    // RFC 3518 section 4.2
    Multilink = 0x003D,  // RFC 1990 section 3
    Ipv6 = 0x0057,
    Compressed = 0x00FD,  // RFC 1962 section 2; with MPPE: encrypted
    OldBpdu = 0x0201,     // RFC 1638: of IEEE 802.1D, outside a frame
    Ipcp = 0x8021,
    Bcp = 0x8031,
    Ipv6cp = 0x8057,
    Ccp = 0x80FD,
    Lcp = 0xC021,
    Pap = 0xC023,
    Chap = 0xC223,
    Eap = 0xC227,
};

// Protocol field and information field of a frame. View: into the buffer that was decoded.
struct PppFrame {
    PppProtocol protocol{};
    base::View information;
};
[[nodiscard]] base::Result<PppFrame> decode_ppp(base::View frame);
[[nodiscard]] base::Bytes encode(const PppFrame &frame);

// RFC 1661 section 5, RFC 1570 section 1 and RFC 1962 section 3. 1 to 7 are common to all control
// protocols.
enum class CpCode : std::uint8_t {
    ConfigureRequest = 1,
    ConfigureAck = 2,
    ConfigureNak = 3,
    ConfigureReject = 4,
    TerminateRequest = 5,
    TerminateAck = 6,
    CodeReject = 7,
    ProtocolReject = 8,
    EchoRequest = 9,
    EchoReply = 10,
    DiscardRequest = 11,
    Identification = 12,
    TimeRemaining = 13,
    ResetRequest = 14,  // CCP's
    ResetAck = 15,
};

struct CpPacket {
    CpCode code{};
    std::uint8_t id = 0;
    base::View data;
};
[[nodiscard]] base::Result<CpPacket> decode_cp(base::View information);
[[nodiscard]] base::Bytes encode(const CpPacket &packet);

// The data of the Configure packets: a list of options.
struct CpOption {
    std::uint8_t type = 0;
    base::Bytes data;  // at most 253 octets

    bool operator==(const CpOption &) const = default;
};
using CpOptions = std::vector<CpOption>;

[[nodiscard]] base::Result<CpOptions> decode_options(base::View data);
[[nodiscard]] base::Bytes encode(const CpOptions &options);

// The data of Echo-Request, Echo-Reply, Discard-Request (RFC 1661 sections 5.8, 5.9) and
// Identification (RFC 1570 section 1.1).
struct EchoData {
    std::uint32_t magic = 0;
    base::View data;
};
[[nodiscard]] base::Result<EchoData> decode_echo(base::View data);
[[nodiscard]] base::Bytes encode(const EchoData &echo);

// The data of Protocol-Reject (section 5.7).
struct ProtocolRejectData {
    PppProtocol protocol{};
    base::View information;
};
[[nodiscard]] base::Result<ProtocolRejectData> decode_protocol_reject(base::View data);
[[nodiscard]] base::Bytes encode(const ProtocolRejectData &reject);

// The data of Code-Reject (section 5.6) is the rejected packet, which may have been cut short: only
// its code is sure to be there.
[[nodiscard]] base::Result<CpCode> decode_code_reject(base::View data);

// LCP's options by their meaning (RFC 1661 section 6, RFC 1662 section 7, RFC 1990 section 5.1, RFC
// 2686). What is not known, or does not have the length its type wants, stays a CpOption.
enum class LcpType : std::uint8_t {
    Mru = 1,
    Accm = 2,
    Authentication = 3,
    Quality = 4,
    Magic = 5,
    Pfc = 7,
    Acfc = 8,
    Mrru = 17,
    ShortSequence = 18,
    Discriminator = 19,
    MultilinkFormat = 27,
};
struct LcpMru {
    std::uint16_t mru = 1500;
};
struct LcpAccm {
    std::uint32_t map = 0xFFFFFFFF;
};
struct LcpAuthentication {
    PppProtocol protocol{};
    base::Bytes data;
};
struct LcpQuality {
    std::uint16_t protocol = 0;
    base::Bytes data;
};
struct LcpMagic {
    std::uint32_t magic = 0;
};
struct LcpPfc {};
struct LcpAcfc {};
struct LcpMrru {
    std::uint16_t mrru = 1500;
};
struct LcpShortSequence {};
struct LcpDiscriminator {
    std::uint8_t in = 0;  // class
    base::Bytes address;
};
struct LcpMultilinkFormat {
    static constexpr std::uint8_t Long = 2;  // with classes, sequence numbers of 24 bits
    static constexpr std::uint8_t Short = 6;
    std::uint8_t code = Long;
    std::uint8_t classes = 0;  // suspendable classes
};
using LcpOption =
    std::variant<LcpMru, LcpAccm, LcpAuthentication, LcpQuality, LcpMagic, LcpPfc, LcpAcfc, LcpMrru,
                 LcpShortSequence, LcpDiscriminator, LcpMultilinkFormat, CpOption>;

[[nodiscard]] LcpOption lcp_option(const CpOption &option);
[[nodiscard]] CpOption raw(const LcpOption &option);

// The same for IPCP.
enum class IpcpType : std::uint8_t {
    Addresses = 1,  // deprecated by RFC 1332
    Compression = 2,
    Address = 3,
    PrimaryDns = 129,  // RFC 1877
    PrimaryNbns = 130,
    SecondaryDns = 131,
    SecondaryNbns = 132,
};
// IP-Address and the four of RFC 1877: an address each.
struct IpcpAddress {
    IpcpType type = IpcpType::Address;
    base::Ipv4 address;
};
struct IpcpCompression {
    std::uint16_t protocol = 0;
    base::Bytes data;
};
using IpcpOption = std::variant<IpcpAddress, IpcpCompression, CpOption>;

[[nodiscard]] IpcpOption ipcp_option(const CpOption &option);
[[nodiscard]] CpOption raw(const IpcpOption &option);

// And for IPv6CP (RFC 5072 section 4).
enum class Ipv6cpType : std::uint8_t {
    InterfaceId = 1,
    Compression = 2,
};
struct Ipv6cpInterfaceId {
    std::uint64_t id = 0;  // most significant octet first
};
using Ipv6cpOption = std::variant<Ipv6cpInterfaceId, CpOption>;

[[nodiscard]] Ipv6cpOption ipv6cp_option(const CpOption &option);
[[nodiscard]] CpOption raw(const Ipv6cpOption &option);

// And for BCP (RFC 3518 section 5).
enum class BcpType : std::uint8_t {
    BridgeIdentification = 1,
    LineIdentification = 2,
    MacSupport = 3,
    Tinygram = 4,
    LanIdentification = 5,  // obsolete
    MacAddress = 6,
    SpanningTree = 7,  // of old: with BPDUs outside frames
    TaggedFrame = 8,
    ManagementInline = 9,
    ControlPacketIndicator = 10,
};
// What kind of LAN a bridged frame is of. Any other number may stand there.
enum class BcpMacType : std::uint8_t {
    Ethernet = 1,
    TokenBus = 2,
    TokenRing = 3,  // addresses not canonical, as those of the next
    Fddi = 4,
    CanonicalTokenRing = 11,
    CanonicalFddi = 12,
};
struct BcpMacSupport {
    BcpMacType type = BcpMacType::Ethernet;
};
// Tinygram, TaggedFrame, ManagementInline and ControlPacketIndicator: an octet each that is 1 or 2.
struct BcpSwitch {
    enum class Value : std::uint8_t { Enabled = 1, Disabled = 2 };
    BcpType type{};
    Value value = Value::Enabled;
};
struct BcpMacAddress {
    base::Mac mac;  // the bit that makes it a group's is the lowest of the first octet
};
using BcpOption = std::variant<BcpMacSupport, BcpSwitch, BcpMacAddress, CpOption>;

[[nodiscard]] BcpOption bcp_option(const CpOption &option);
[[nodiscard]] CpOption raw(const BcpOption &option);

// And for CCP. Of the compression protocols of RFC 1962 section 4 only the one is read that
// encrypts.
enum class CcpType : std::uint8_t {
    Mppe = 18,  // RFC 3078 section 2; also MPPC, RFC 2118
};
struct CcpMppe {
    // Supported Bits, most significant octet first.
    static constexpr std::uint32_t Stateless = 0x01000000;  // H
    static constexpr std::uint32_t Bits56 = 0x80;           // M
    static constexpr std::uint32_t Bits128 = 0x40;          // S
    static constexpr std::uint32_t Bits40 = 0x20;           // L
    static constexpr std::uint32_t Obsolete = 0x10;         // D
    static constexpr std::uint32_t Compress = 0x01;         // C: MPPC
    std::uint32_t bits = 0;
};
using CcpOption = std::variant<CcpMppe, CpOption>;

[[nodiscard]] CcpOption ccp_option(const CpOption &option);
[[nodiscard]] CpOption raw(const CcpOption &option);

}  // namespace rtun::wire

// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bytes of PPP's control protocols: the frame from its protocol field on (RFC 1661 section 2),
// the packet that LCP and every NCP share (section 5), their Configuration Options (section 6;
// IPCP's from RFC 1332 and 1877, IPv6CP's from RFC 5072, CCP's from RFC 1962 and 3078). "Cp" stands
// for control protocol.
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
    Ipv6 = 0x0057,
    Compressed = 0x00FD,  // RFC 1962 section 2; with MPPE: encrypted
    Ipcp = 0x8021,
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

// LCP's options by their meaning (RFC 1661 section 6, RFC 1662 section 7). What is not known, or
// does not have the length its type wants, stays a CpOption.
enum class LcpType : std::uint8_t {
    Mru = 1,
    Accm = 2,
    Authentication = 3,
    Quality = 4,
    Magic = 5,
    Pfc = 7,
    Acfc = 8,
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
using LcpOption = std::variant<LcpMru, LcpAccm, LcpAuthentication, LcpQuality, LcpMagic, LcpPfc,
                               LcpAcfc, CpOption>;

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

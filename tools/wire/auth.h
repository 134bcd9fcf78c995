// SPDX-License-Identifier: GPL-2.0-or-later
//
// The packets of the authentication protocols: PAP (RFC 1334 section 2.2), CHAP (RFC 1994
// section 4), and what MS-CHAPv1 (RFC 2433) and MS-CHAPv2 (RFC 2759) put into CHAP's value and
// message fields.
//
// A packet is the information field of a PPP frame. Octets behind its length field are padding and
// ignored; a length that exceeds what is there is an error. What a decoder accepts, encode() gives
// back octet for octet, without the padding.
#pragma once

#include <base/bytes.h>
#include <base/result.h>
#include <base/secret.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace rtun::wire {

// The longest user name, password and CHAP value: each has a length of one octet in PAP or CHAP.
constexpr std::size_t auth_field_max = 255;

struct PapRequest {
    std::uint8_t id = 0;
    std::string user;  // at most auth_field_max
    base::Secret password;
};
// Authenticate-Ack and -Nak. Some peers leave out even the length of the message.
struct PapAck {
    std::uint8_t id = 0;
    std::optional<std::string> message;
};
struct PapNak {
    std::uint8_t id = 0;
    std::optional<std::string> message;
};
using PapPacket = std::variant<PapRequest, PapAck, PapNak>;

[[nodiscard]] base::Result<PapPacket> decode_pap(base::View packet);
// Puts a star in the place of each octet of the password in a PPP frame that holds a request of
// PAP, or an LCP Protocol-Reject that gives one back; the frame begins with its protocol field of
// two octets, and its end may have been cut off. Padding becomes stars as well, and where the
// lengths do not lead to a password, all that could be one. Other frames are left as they are.
void hide_pap_password(base::Bytes &frame);
[[nodiscard]] base::Bytes encode(const PapPacket &packet);

struct ChapChallenge {
    std::uint8_t id = 0;
    base::Bytes value;  // 1 to auth_field_max octets
    std::string name;
};
struct ChapResponse {
    std::uint8_t id = 0;
    base::Bytes value;
    std::string name;
};
struct ChapSuccess {
    std::uint8_t id = 0;
    std::string message;
};
struct ChapFailure {
    std::uint8_t id = 0;
    std::string message;
};
// MS-CHAP's Change-Password, versions 1 to 3 (RFC 2433 sections 9 and 10, RFC 2759 section 7),
// which nobody here carries out: the body is not looked into.
struct ChapChangePassword {
    std::uint8_t version = 3;  // 1 to 3
    std::uint8_t id = 0;
    base::Secret body;
};
using ChapPacket =
    std::variant<ChapChallenge, ChapResponse, ChapSuccess, ChapFailure, ChapChangePassword>;

[[nodiscard]] base::Result<ChapPacket> decode_chap(base::View packet);
[[nodiscard]] base::Bytes encode(const ChapPacket &packet);

// The value of an MS-CHAPv1 Response (RFC 2433 section 6).
struct MsChap1Response {
    std::array<std::uint8_t, 24> lm{};  // deprecated there: we send zeros
    std::array<std::uint8_t, 24> nt{};
    bool use_nt = true;
};
[[nodiscard]] base::Result<MsChap1Response> decode_ms_chap1_response(base::View value);
[[nodiscard]] base::Bytes encode(const MsChap1Response &response);

// The value of an MS-CHAPv2 Response (RFC 2759 section 4).
struct MsChap2Response {
    std::array<std::uint8_t, 16> peer_challenge{};
    std::array<std::uint8_t, 8> reserved{};  // zero; a receiver does not look
    std::array<std::uint8_t, 24> nt{};
    std::uint8_t flags = 0;  // likewise
};
[[nodiscard]] base::Result<MsChap2Response> decode_ms_chap2_response(base::View value);
[[nodiscard]] base::Bytes encode(const MsChap2Response &response);

// The message of an MS-CHAP Failure: "E=691 R=1 C=... V=3 M=...", in any order but M=, which ends
// it. What is missing, malformed or unknown is passed over (RFC 2433 section 8): there is no text
// that this does not accept. A text with none of the fields is all message.
struct MsChapFailure {
    std::optional<std::uint32_t> error;
    bool retry = false;
    base::Bytes challenge;  // 8 octets in v1, 16 in v2; empty if not given
    std::optional<std::uint32_t> version;
    std::string message;
};
[[nodiscard]] MsChapFailure parse_ms_chap_failure(std::string_view text);
// In the RFCs' order, without the fields that are not given.
[[nodiscard]] std::string text(const MsChapFailure &failure);

// The message of an MS-CHAPv2 Success: "S=<40 hexadecimal digits> M=...".
struct MsChapSuccess {
    std::optional<std::array<std::uint8_t, 20>> authenticator_response;
    std::string message;
};
[[nodiscard]] MsChapSuccess parse_ms_chap_success(std::string_view text);
[[nodiscard]] std::string text(const MsChapSuccess &success);

}  // namespace rtun::wire

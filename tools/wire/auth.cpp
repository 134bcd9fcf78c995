// SPDX-License-Identifier: GPL-2.0-or-later
//
// PAP, CHAP and MS-CHAP packets to structs and back.
#include <wire/auth.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace rtun::wire {

using base::Bytes;
using base::ErrorCode;
using base::fail;
using base::Reader;
using base::Result;
using base::View;
using base::Writer;

namespace {

enum class PapCode : std::uint8_t { Request = 1, Ack = 2, Nak = 3 };
enum class ChapCode : std::uint8_t {
    Challenge = 1,
    Response = 2,
    Success = 3,
    Failure = 4,
    ChangePassword1 = 5,
    ChangePassword2 = 6,
    ChangePassword3 = 7,
};

constexpr std::uint16_t header_length = 4;

struct Header {
    std::uint8_t code;
    std::uint8_t id;
    Reader body;
};

// Code, Identifier, Length and as many octets as Length says, the padding cut off.
Result<Header> decode_header(View packet) {
    Reader in(packet);
    const std::uint8_t code = in.u8();
    const std::uint8_t id = in.u8();
    const std::uint16_t length = in.be16();
    if (!in.ok())
        return fail(ErrorCode::Invalid, "shorter than its header");
    if (length < header_length)
        return fail(ErrorCode::Invalid, "length field below the length of the header");
    Reader body = in.sub(length - std::size_t{header_length});
    if (!body.ok())
        return fail(ErrorCode::Invalid, "length field beyond the end of the packet");
    return Header{code, id, body};
}

template <typename Code>
Writer begin(Code code, std::uint8_t id) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(code)).u8(id).be16(0);
    return out;
}

Bytes end(Writer &out) {
    RTUN_ASSERT(out.position() <= 0xffff);
    out.patch_be16(2, static_cast<std::uint16_t>(out.position()));
    return out.take();
}

// A field behind a length of one octet.
void put_counted(Writer &out, View field) {
    RTUN_ASSERT(field.size() <= auth_field_max);
    out.u8(static_cast<std::uint8_t>(field.size())).bytes(field);
}

std::string to_text(View bytes) { return {bytes.begin(), bytes.end()}; }

template <std::size_t N>
std::array<std::uint8_t, N> take_array(Reader &in) {
    std::array<std::uint8_t, N> out{};
    const View field = in.bytes(N);
    std::copy(field.begin(), field.end(), out.begin());
    return out;
}

template <typename Reply>
Result<PapPacket> decode_pap_reply(Header &header) {
    Reply reply{header.id, std::nullopt};
    if (header.body.left() > 0)
        reply.message = to_text(header.body.bytes(header.body.u8()));
    if (!header.body.done())
        return fail(ErrorCode::Invalid, "message length does not fit the packet");
    return PapPacket(std::move(reply));
}

template <typename Reply>
Bytes encode_pap_reply(PapCode code, const Reply &reply) {
    Writer out = begin(code, reply.id);
    if (reply.message)
        put_counted(out, base::as_bytes(*reply.message));
    return end(out);
}

template <typename Packet>
Result<ChapPacket> decode_chap_value(Header &header) {
    Packet packet;
    packet.id = header.id;
    const View value = header.body.bytes(header.body.u8());
    if (!header.body.ok())
        return fail(ErrorCode::Invalid, "value size does not fit the packet");
    if (value.empty())
        return fail(ErrorCode::Invalid, "empty value");  // "one or more octets"
    packet.value.assign(value.begin(), value.end());
    packet.name = to_text(header.body.rest());
    return ChapPacket(std::move(packet));
}

template <typename Packet>
Bytes encode_chap_value(ChapCode code, const Packet &packet) {
    Writer out = begin(code, packet.id);
    put_counted(out, packet.value);
    out.bytes(base::as_bytes(packet.name));
    return end(out);
}

Bytes encode_chap_message(ChapCode code, std::uint8_t id, std::string_view message) {
    Writer out = begin(code, id);
    out.bytes(base::as_bytes(message));
    return end(out);
}

Bytes encode_one(const PapRequest &request) {
    Writer out = begin(PapCode::Request, request.id);
    put_counted(out, base::as_bytes(request.user));
    put_counted(out, request.password.reveal());
    return end(out);
}
Bytes encode_one(const PapAck &ack) { return encode_pap_reply(PapCode::Ack, ack); }
Bytes encode_one(const PapNak &nak) { return encode_pap_reply(PapCode::Nak, nak); }
Bytes encode_one(const ChapChallenge &packet) {
    return encode_chap_value(ChapCode::Challenge, packet);
}
Bytes encode_one(const ChapResponse &packet) {
    return encode_chap_value(ChapCode::Response, packet);
}
Bytes encode_one(const ChapSuccess &packet) {
    return encode_chap_message(ChapCode::Success, packet.id, packet.message);
}
Bytes encode_one(const ChapFailure &packet) {
    return encode_chap_message(ChapCode::Failure, packet.id, packet.message);
}
Bytes encode_one(const ChapChangePassword &packet) {
    RTUN_ASSERT(packet.version >= 1 && packet.version <= 3);
    const auto first = static_cast<std::uint8_t>(ChapCode::ChangePassword1);
    Writer out = begin(static_cast<ChapCode>(first + packet.version - 1), packet.id);
    out.bytes(packet.body.reveal());
    return end(out);
}

}  // namespace

void hide_pap_password(Bytes &frame) {
    constexpr std::uint16_t lcp = 0xc021;
    constexpr std::uint16_t pap = 0xc023;
    constexpr std::uint8_t protocol_reject = 8;  // RFC 1661 section 5.7
    Reader in(frame);
    std::uint16_t protocol = in.be16();
    if (protocol == lcp && in.u8() == protocol_reject) {
        in.skip(3);  // identifier, length
        protocol = in.be16();
    }
    const auto code = PapCode{in.u8()};
    in.skip(3);  // identifier, length
    if (!in.ok() || protocol != pap || code != PapCode::Request)
        return;
    std::size_t hidden = in.left();
    in.skip(in.u8());  // the name
    (void)in.u8();     // how long the password is
    if (in.ok())
        hidden = in.left();
    std::fill(frame.end() - static_cast<std::ptrdiff_t>(hidden), frame.end(), std::uint8_t{'*'});
}

Result<PapPacket> decode_pap(View packet) {
    Header header = TRY(decode_header(packet));
    switch (static_cast<PapCode>(header.code)) {
    case PapCode::Request: {
        PapRequest request;
        request.id = header.id;
        request.user = to_text(header.body.bytes(header.body.u8()));
        request.password = base::Secret(header.body.bytes(header.body.u8()));
        if (!header.body.done())
            return fail(ErrorCode::Invalid, "lengths of name and password do not fit the packet");
        return PapPacket(std::move(request));
    }
    case PapCode::Ack:
        return decode_pap_reply<PapAck>(header);
    case PapCode::Nak:
        return decode_pap_reply<PapNak>(header);
    }
    return fail(ErrorCode::Invalid, "unknown PAP code");
}

Bytes encode(const PapPacket &packet) {
    return std::visit([](const auto &one) { return encode_one(one); }, packet);
}

Result<ChapPacket> decode_chap(View packet) {
    Header header = TRY(decode_header(packet));
    switch (static_cast<ChapCode>(header.code)) {
    case ChapCode::Challenge:
        return decode_chap_value<ChapChallenge>(header);
    case ChapCode::Response:
        return decode_chap_value<ChapResponse>(header);
    case ChapCode::Success:
        return ChapPacket(ChapSuccess{header.id, to_text(header.body.rest())});
    case ChapCode::Failure:
        return ChapPacket(ChapFailure{header.id, to_text(header.body.rest())});
    case ChapCode::ChangePassword1:
    case ChapCode::ChangePassword2:
    case ChapCode::ChangePassword3: {
        const auto first = static_cast<std::uint8_t>(ChapCode::ChangePassword1);
        return ChapPacket(ChapChangePassword{static_cast<std::uint8_t>(header.code - first + 1),
                                             header.id, base::Secret(header.body.rest())});
    }
    }
    return fail(ErrorCode::Invalid, "unknown CHAP code");
}

Bytes encode(const ChapPacket &packet) {
    return std::visit([](const auto &one) { return encode_one(one); }, packet);
}

Result<MsChap1Response> decode_ms_chap1_response(View value) {
    Reader in(value);
    MsChap1Response response;
    response.lm = take_array<24>(in);
    response.nt = take_array<24>(in);
    const std::uint8_t flag = in.u8();
    response.use_nt = flag != 0;
    if (!in.done())
        return fail(ErrorCode::Invalid, "an MS-CHAPv1 response is not 49 octets long");
    if (flag > 1)
        return fail(ErrorCode::Invalid, "the flag of an MS-CHAPv1 response is neither 0 nor 1");
    return response;
}

Bytes encode(const MsChap1Response &response) {
    Writer out;
    out.bytes(response.lm).bytes(response.nt).u8(response.use_nt ? 1 : 0);
    return out.take();
}

Result<MsChap2Response> decode_ms_chap2_response(View value) {
    Reader in(value);
    MsChap2Response response;
    response.peer_challenge = take_array<16>(in);
    response.reserved = take_array<8>(in);
    response.nt = take_array<24>(in);
    response.flags = in.u8();
    if (!in.done())
        return fail(ErrorCode::Invalid, "an MS-CHAPv2 response is not 49 octets long");
    return response;
}

Bytes encode(const MsChap2Response &response) {
    Writer out;
    out.bytes(response.peer_challenge).bytes(response.reserved).bytes(response.nt);
    out.u8(response.flags);
    return out.take();
}

namespace {

std::optional<std::uint32_t> decimal(std::string_view digits) {
    std::uint32_t value = 0;
    const char *const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, value);
    if (error != std::errc{} || end != last)
        return std::nullopt;
    return value;
}

// An even number of hexadecimal digits of either case, or nothing.
std::optional<Bytes> hexadecimal(std::string_view digits) {
    if (digits.size() % 2 != 0)
        return std::nullopt;
    Bytes out;
    for (; !digits.empty(); digits.remove_prefix(2)) {
        std::uint8_t octet = 0;
        const char *const last = digits.data() + 2;
        const auto [end, error] = std::from_chars(digits.data(), last, octet, 16);
        if (error != std::errc{} || end != last)
            return std::nullopt;
        out.push_back(octet);
    }
    return out;
}

std::string_view without_spaces_in_front(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// RFC 2759 section 5: "The hexadecimal digits A-F (if present) MUST be uppercase."
std::string upper_hex(View bytes) {
    std::string digits = base::to_hex(bytes);
    for (char &digit : digits)
        if (digit >= 'a' && digit <= 'f')
            digit = static_cast<char>(digit - 'a' + 'A');
    return digits;
}

}  // namespace

MsChapFailure parse_ms_chap_failure(std::string_view text) {
    MsChapFailure failure;
    bool fields = false;
    std::string_view rest = without_spaces_in_front(text);
    while (!rest.empty()) {
        if (rest.starts_with("M=")) {
            failure.message = rest.substr(2);
            fields = true;
            break;
        }
        const std::string_view word = rest.substr(0, rest.find(' '));
        rest = without_spaces_in_front(rest.substr(word.size()));
        if (word.size() < 2 || word[1] != '=')
            continue;
        const std::string_view value = word.substr(2);
        if (word[0] == 'E')
            failure.error = decimal(value);
        else if (word[0] == 'R')
            failure.retry = value == "1";
        else if (word[0] == 'V')
            failure.version = decimal(value);
        else if (word[0] == 'C' && (value.size() == 16 || value.size() == 32))
            failure.challenge = hexadecimal(value).value_or(Bytes{});
        else
            continue;
        fields = true;
    }
    if (!fields)
        failure.message = text;
    return failure;
}

std::string text(const MsChapFailure &failure) {
    if (!failure.error && failure.challenge.empty() && !failure.version)
        return failure.message;
    std::string out;
    if (failure.error)
        out += fmt::format("E={} R={}", *failure.error, failure.retry ? 1 : 0);
    if (!failure.challenge.empty())
        out += " C=" + upper_hex(failure.challenge);
    if (failure.version)
        out += fmt::format(" V={}", *failure.version);
    if (!failure.message.empty())
        out += " M=" + failure.message;
    return std::string(without_spaces_in_front(out));
}

MsChapSuccess parse_ms_chap_success(std::string_view text) {
    static constexpr std::size_t digits = 40;
    MsChapSuccess success;
    std::string_view rest = text;
    if (rest.starts_with("S=") && rest.size() >= 2 + digits) {
        if (const auto octets = hexadecimal(rest.substr(2, digits))) {
            success.authenticator_response.emplace();
            std::copy(octets->begin(), octets->end(), success.authenticator_response->begin());
            rest = without_spaces_in_front(rest.substr(2 + digits));
        }
    }
    success.message = rest.starts_with("M=") ? rest.substr(2) : rest;
    return success;
}

std::string text(const MsChapSuccess &success) {
    if (!success.authenticator_response)
        return success.message;
    std::string out = "S=" + upper_hex(*success.authenticator_response);
    if (!success.message.empty())
        out += " M=" + success.message;
    return out;
}

}  // namespace rtun::wire

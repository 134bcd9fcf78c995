// SPDX-License-Identifier: GPL-2.0-or-later
#include <tests/fake/fake_ppp_peer.h>

#include <crypto/digest.h>
#include <crypto/mschap.h>
#include <wire/auth.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtun::fake {

using auth::Method;
using base::Bytes;
using base::View;
using wire::CpCode;
using wire::CpOption;
using wire::CpOptions;
using wire::IpcpType;
using wire::PppProtocol;

void FakePppPeer::say(PppProtocol protocol, View information) {
    if (!mute)
        out_.push_back(wire::encode(wire::PppFrame{protocol, information}));
}

void FakePppPeer::say(PppProtocol protocol, CpCode code, std::uint8_t id, View data) {
    say(protocol, wire::encode(wire::CpPacket{code, id, data}));
}

std::vector<Bytes> FakePppPeer::receive(View bytes) {
    const auto frame = wire::decode_ppp(bytes);
    if (frame && frame->protocol == PppProtocol::Pap)
        pap(frame->information);
    else if (frame && frame->protocol == PppProtocol::Chap)
        chap(frame->information);
    else if (frame)
        control(*frame);
    return std::exchange(out_, {});
}

void FakePppPeer::control(const wire::PppFrame &frame) {
    const auto packet = wire::decode_cp(frame.information);
    if (!packet)
        return;
    if (frame.protocol == PppProtocol::Lcp)
        lcp(*packet);
    else if (frame.protocol == PppProtocol::Ipcp)
        ipcp(*packet);
    else if (frame.protocol == PppProtocol::Ccp && options_.mppe)
        ccp(*packet);
    else
        say(PppProtocol::Lcp, CpCode::ProtocolReject, 3,
            wire::encode(wire::ProtocolRejectData{frame.protocol, frame.information}));
}

void FakePppPeer::lcp(const wire::CpPacket &packet) {
    switch (packet.code) {
    case CpCode::ConfigureRequest: {
        acked_ = up_ = networking_ = encrypting_ = false;
        CpOptions options = options_.lcp;
        if (options_.method) {
            const auth::MethodInfo &info = auth::info(*options_.method);
            wire::LcpAuthentication option{static_cast<PppProtocol>(info.protocol), {}};
            if (info.algorithm)
                option.data.push_back(*info.algorithm);
            options.push_back(wire::raw(option));
        }
        say(PppProtocol::Lcp, CpCode::ConfigureRequest, 1, wire::encode(options));
        say(PppProtocol::Lcp, CpCode::ConfigureAck, packet.id, packet.data);
        acked_ = true;
        return;
    }
    case CpCode::ConfigureAck:
        if (acked_ && !std::exchange(up_, true))
            opened();
        return;
    case CpCode::TerminateRequest:
        return say(PppProtocol::Lcp, CpCode::TerminateAck, packet.id, {});
    case CpCode::EchoRequest:
        return say(PppProtocol::Lcp, CpCode::EchoReply, packet.id, Bytes(4));
    default:
        return;
    }
}

void FakePppPeer::opened() {
    if (!options_.method)
        return request_network();
    if (*options_.method != Method::Pap)
        out_.push_back(challenge());
}

void FakePppPeer::request_network() {
    if (std::exchange(networking_, true))
        return;
    const CpOptions options = {wire::raw(wire::IpcpAddress{IpcpType::Address, options_.own})};
    say(PppProtocol::Ipcp, CpCode::ConfigureRequest, 1, wire::encode(options));
}

void FakePppPeer::ccp(const wire::CpPacket &packet) {
    if (packet.code != CpCode::ConfigureRequest)
        return;
    const CpOptions own = {wire::raw(wire::CcpMppe{*options_.mppe})};
    if (!std::exchange(encrypting_, true))
        say(PppProtocol::Ccp, CpCode::ConfigureRequest, 1, wire::encode(own));
    const bool good = std::ranges::equal(packet.data, wire::encode(own));
    say(PppProtocol::Ccp, good ? CpCode::ConfigureAck : CpCode::ConfigureNak, packet.id,
        wire::encode(own));
}

void FakePppPeer::ipcp(const wire::CpPacket &packet) {
    if (packet.code != CpCode::ConfigureRequest)
        return;
    const auto request = wire::decode_options(packet.data);
    CpOptions naks;
    CpOptions rejects;
    for (const CpOption &raw : *request) {
        const auto option = std::get<wire::IpcpAddress>(wire::ipcp_option(raw));
        std::optional<base::Ipv4> right = options_.give;
        if (option.type == IpcpType::PrimaryDns)
            right = options_.dns.empty() ? std::nullopt : std::optional(options_.dns.front());
        else if (option.type == IpcpType::SecondaryDns)
            right = options_.dns.size() < 2 ? std::nullopt : std::optional(options_.dns[1]);
        if (!right)
            rejects.push_back(raw);
        else if (option.address != *right)
            naks.push_back(wire::raw(wire::IpcpAddress{option.type, *right}));
    }
    if (!rejects.empty())
        say(PppProtocol::Ipcp, CpCode::ConfigureReject, packet.id, wire::encode(rejects));
    else if (!naks.empty())
        say(PppProtocol::Ipcp, CpCode::ConfigureNak, packet.id, wire::encode(naks));
    else
        say(PppProtocol::Ipcp, CpCode::ConfigureAck, packet.id, packet.data);
}

void FakePppPeer::pap(View bytes) {
    const auto packet = wire::decode_pap(bytes);
    const auto *request = packet ? std::get_if<wire::PapRequest>(&*packet) : nullptr;
    if (!request)
        return;
    ++verdicts;
    if (request->user == options_.user &&
        request->password.same_as(base::as_bytes(options_.password))) {
        say(PppProtocol::Pap, wire::encode(wire::PapPacket(wire::PapAck{request->id, "hello"})));
        request_network();
    } else {
        say(PppProtocol::Pap, wire::encode(wire::PapPacket(wire::PapNak{request->id, "no"})));
        say(PppProtocol::Lcp, CpCode::TerminateRequest, 9, base::as_bytes("Authentication failed"));
    }
}

Bytes FakePppPeer::challenge() {
    challenge_.resize(options_.method == Method::MsChap1 ? 8 : 16);
    for (std::size_t i = 0; i < challenge_.size(); ++i)
        challenge_[i] = static_cast<std::uint8_t>(17 * i + 3);
    const Bytes packet =
        wire::encode(wire::ChapPacket(wire::ChapChallenge{++challenge_id_, challenge_, "server"}));
    return wire::encode(wire::PppFrame{PppProtocol::Chap, packet});
}

std::string FakePppPeer::judge(const Bytes &value) const {
    const base::Secret password{options_.password};
    switch (*options_.method) {
    case Method::Pap:
        return {};
    case Method::Chap: {
        const auto right =
            crypto::md5({View(&challenge_id_, 1), base::as_bytes(options_.password), challenge_});
        return std::ranges::equal(value, right.view()) ? "welcome" : "";
    }
    case Method::MsChap1: {
        const auto right = crypto::challenge_response(View(challenge_).first<8>(),
                                                      crypto::nt_password_hash(password));
        const auto response = wire::decode_ms_chap1_response(value);
        return response && response->nt == right ? "welcome" : "";
    }
    case Method::MsChap2: {
        const auto response = wire::decode_ms_chap2_response(value);
        if (!response)
            return {};
        const crypto::Challenge16 ours = View(challenge_).first<16>();
        const auto right =
            crypto::generate_nt_response(ours, response->peer_challenge, options_.user, password);
        if (options_.knows_password && response->nt != right)
            return {};
        auto proof = crypto::generate_authenticator_response(
            password, right, response->peer_challenge, ours, options_.user);
        Bytes digits(proof.view().begin(), proof.view().end());
        if (!options_.knows_password)
            digits[0] ^= 1;
        std::string text = "S=";
        for (const std::uint8_t octet : digits)
            text += fmt::format("{:02X}", octet);
        return text + " M=welcome";
    }
    }
    return {};
}

void FakePppPeer::chap(View bytes) {
    const auto packet = wire::decode_chap(bytes);
    const auto *response = packet ? std::get_if<wire::ChapResponse>(&*packet) : nullptr;
    if (!response || response->id != challenge_id_)
        return;
    ++verdicts;
    const std::string success = judge(response->value);
    if (!success.empty()) {
        say(PppProtocol::Chap,
            wire::encode(wire::ChapPacket(wire::ChapSuccess{response->id, success})));
        return request_network();
    }
    const bool microsoft = *options_.method != Method::Chap;
    say(PppProtocol::Chap,
        wire::encode(wire::ChapPacket(wire::ChapFailure{
            response->id,
            microsoft ? "E=691 R=0 C=00000000000000000000000000000000 V=3 M=no" : "no"})));
    say(PppProtocol::Lcp, CpCode::TerminateRequest, 9, base::as_bytes("Authentication failed"));
}

}  // namespace rtun::fake

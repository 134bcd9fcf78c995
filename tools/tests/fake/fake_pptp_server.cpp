// SPDX-License-Identifier: GPL-2.0-or-later
//
// RFC 2637 section 2, RFC 1661 section 5, RFC 1334 section 2, RFC 2433 sections 5 to 7, RFC 3078
// section 2, RFC 1332 section 3, octet by octet.
#include <tests/fake/fake_pptp_server.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace rtun::fake {

namespace {

constexpr std::uint16_t Lcp = 0xC021, Pap = 0xC023, Chap = 0xC223, Ipcp = 0x8021, Bcp = 0x8031,
                        Ccp = 0x80FD;
constexpr std::uint32_t OwnMagic = 0x5e11e500;

base::Bytes text_bytes(std::string_view text) {
    const base::View view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

}  // namespace

FakePptpServer::FakePptpServer(FakeKernel &client_kernel)
    : kernel_(client_kernel), next_(client_kernel.on_frame) {
    kernel_.on_frame = [this](netlink::SessionId session, base::View octets) {
        return next_ && session != session_ ? next_(session, octets) : frame(session, octets);
    };
}

FakePptpServer::~FakePptpServer() { kernel_.on_frame = next_; }

// -- TCP

void FakePptpServer::accepted(FakeConnection connection) {
    connection_ = std::move(connection);
    input_.clear();
    connected = true;
    connections++;
    lcp_requested_ = ccp_requested_ = ipcp_requested_ = bcp_requested_ = false;
    session_.reset();
}

void FakePptpServer::client_closed() { connected = false; }

void FakePptpServer::hang_up() {
    connected = false;
    connection_.close();
}

void FakePptpServer::received(base::View octets) {
    input_.insert(input_.end(), octets.begin(), octets.end());
    while (input_.size() >= 2) {
        const std::size_t length = static_cast<std::size_t>(input_[0] << 8 | input_[1]);
        if (length < 12 || input_.size() < length)
            return;
        const base::Bytes one(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(length));
        input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(length));
        message(one);
    }
}

void FakePptpServer::control(std::uint16_t type, const base::Bytes &body) {
    base::Writer out;
    out.be16(static_cast<std::uint16_t>(12 + body.size())).be16(1).be32(0x1A2B3C4D);
    out.be16(type).be16(0).bytes(body);
    connection_.send(out.view());
}

void FakePptpServer::message(base::View octets) {
    base::Reader in(octets);
    in.skip(8);
    const std::uint16_t type = in.be16();
    in.skip(2);
    messages.push_back(type);
    heard.emplace_back(octets.begin(), octets.end());
    if (frozen)
        return;
    if (type == close_at_message) {
        hang_up();
        return;
    }
    base::Writer body;
    switch (type) {
    case 1:  // Start-Control-Connection-Request
        body.be16(0x0100).u8(static_cast<std::uint8_t>(control_result)).u8(0);
        body.be32(1).be32(1).be16(16).be16(0x0101).text("fake-server", 64).text(vendor, 64);
        control(2, body.take());
        break;
    case 3:  // Stop-Control-Connection-Request
        body.u8(1).u8(0).be16(0);
        control(4, body.take());
        break;
    case 5:  // Echo-Request
        body.be32(in.be32()).u8(1).u8(0).be16(0);
        control(6, body.take());
        break;
    case 7:  // Outgoing-Call-Request
        client_call_ = in.be16();
        if (const auto sessions = kernel_.sessions())
            for (const auto &session : *sessions)
                if (session.local_id == client_call_)
                    session_ = session.id;
        if (eager)
            configure_request();
        body.be16(call_id).be16(client_call_).u8(static_cast<std::uint8_t>(call_result)).u8(0);
        body.be16(0).be32(100000000).be16(32).be16(1).be32(0);
        control(8, body.take());
        break;
    case 12:  // Call-Clear-Request
        disconnect_call();
        break;
    default:
        break;
    }
}

void FakePptpServer::stop() {
    base::Writer body;
    body.u8(1).u8(0).be16(0);
    control(3, body.take());
}

void FakePptpServer::send_octets(base::View octets) {
    if (connection_.send)
        connection_.send(octets);
}

void FakePptpServer::disconnect_call() {
    base::Writer body;
    body.be16(call_id).u8(4).u8(0).be16(0).be16(0).zeros(128);
    control(13, body.take());
}

// -- PPP

void FakePptpServer::send_frame(const base::Bytes &frame) {
    const auto to = answering_ ? answering_ : session_;
    if (to && kernel_.has_session(*to))
        kernel_.inject_frame(*to, frame);
}

void FakePptpServer::send(std::uint16_t protocol, std::uint8_t code, std::uint8_t id,
                          const base::Bytes &data) {
    base::Writer out;
    out.be16(protocol)
        .u8(code)
        .u8(id)
        .be16(static_cast<std::uint16_t>(4 + data.size()))
        .bytes(data);
    send_frame(out.take());
}

bool FakePptpServer::frame(netlink::SessionId session, base::View octets) {
    const bool bundle = kernel_.session_of(session).multilink.has_value();
    if (!bundle)
        session_ = session;
    else if (std::exchange(bundle_, session) != session)
        ccp_requested_ = ipcp_requested_ = bcp_requested_ = false;
    if (!frozen)
        answer(session, octets);
    return true;
}

void FakePptpServer::answer(netlink::SessionId session, base::View octets) {
    base::Reader in(octets);
    const std::uint16_t protocol = in.be16();
    const base::View packet = in.rest();
    if (packet.size() < 4)
        return;
    answering_ = session;
    if (protocol == Lcp)
        lcp(packet);
    else if (protocol == Pap)
        pap(packet);
    else if (protocol == Chap)
        chap(packet);
    else if (protocol == Ccp)
        ccp(packet);
    else if (protocol == Ipcp)
        ipcp(packet);
    else if (protocol == Bcp)
        bcp(packet, octets);
    answering_.reset();
}

void FakePptpServer::configure_request() {
    lcp_requested_ = true;
    base::Writer options;
    options.u8(1).u8(4).be16(mru);
    if (authenticate && microsoft)
        options.u8(3).u8(5).be16(Chap).u8(0x80);
    else if (authenticate)
        options.u8(3).u8(4).be16(Pap);
    options.u8(5).u8(6).be32(OwnMagic);
    if (mrru)
        options.u8(17).u8(4).be16(*mrru);
    if (mrru && discriminator)
        options.u8(19).u8(7).u8(1).be32(*discriminator);
    send(Lcp, 1, next_id_++, options.take());
}

void FakePptpServer::terminate_link() { send(Lcp, 5, next_id_++, text_bytes("enough")); }

void FakePptpServer::renegotiate() {
    ccp_requested_ = ipcp_requested_ = bcp_requested_ = false;
    configure_request();
}

void FakePptpServer::renegotiate_encryption() {
    base::Writer own;
    own.u8(18).u8(6).be32(mppe.value_or(0));
    ccp_requested_ = true;
    send(Ccp, 1, next_id_++, own.take());
}

void FakePptpServer::lcp(base::View packet) {
    const std::uint8_t id = packet[1];
    const base::Bytes data(packet.begin() + 4, packet.end());
    switch (packet[0]) {
    case 1:  // Configure-Request
        if (terminate_at == "lcp") {
            terminate_link();
            return;
        }
        if (!lcp_requested_)
            configure_request();
        if (!rejects_multilink(packet))
            send(Lcp, 2, id, data);
        break;
    case 2:  // Configure-Ack
        if (authenticate && microsoft)
            send(Chap, 1, next_id_++, {8, 1, 2, 3, 4, 5, 6, 7, 8});
        break;
    case 3:  // Configure-Nak
    case 4:  // Configure-Reject
        if (hangs_up_on_nak) {
            terminate_link();
            hang_up();
        } else if (packet[0] == 3 && packet.size() > 4 && packet[4] == 17) {
            configure_request();  // it wants the MRRU that it wants
        }
        break;
    case 5:  // Terminate-Request
        terminated_with.assign(data.begin(), data.end());
        send(Lcp, 6, id, {});
        break;
    case 9: {  // Echo-Request
        echo_requests++;
        base::Writer reply;
        reply.be32(OwnMagic);
        send(Lcp, 10, id, reply.take());
        break;
    }
    default:
        break;
    }
}

// MRRU and Endpoint Discriminator, if it has no MRRU of its own.
bool FakePptpServer::rejects_multilink(base::View packet) {
    base::Reader in(packet.subspan(4));
    base::Writer reject;
    while (!mrru && in.left() >= 2) {
        const std::uint8_t type = in.u8();
        const std::uint8_t length = in.u8();
        const base::View value = in.bytes(length - 2U);
        if (type == 17 || type == 19)
            reject.u8(type).u8(length).bytes(value);
    }
    if (reject.position() == 0)
        return false;
    send(Lcp, 4, packet[1], reject.take());
    return true;
}

void FakePptpServer::pap(base::View packet) {
    if (packet[0] != 1)
        return;
    if (terminate_at == "pap") {
        terminate_link();
        return;
    }
    base::Reader in(packet.subspan(4));
    in.skip(in.u8());
    const base::View got = in.bytes(in.u8());
    const base::View want = base::as_bytes(password);
    const bool right = in.ok() && std::equal(got.begin(), got.end(), want.begin(), want.end());
    pap_id_ = packet[1];
    if (right) {
        send(Pap, 2, pap_id_, {0});
    } else if (stops_on_failure) {
        stop();
        hang_up();
    } else {
        refuse_password();
        if (hangs_up_on_failure)
            hang_up();
    }
}

void FakePptpServer::chap(base::View packet) {
    if (packet[0] == 2)  // Response
        send(Chap, 3, packet[1], text_bytes("welcome"));
}

void FakePptpServer::ccp(base::View packet) {
    if (!mppe) {
        base::Writer reject;
        reject.be16(Ccp).bytes(packet);
        send(Lcp, 8, next_id_++, reject.take());
        return;
    }
    if (packet[0] == 3)  // Configure-Nak: it insists
        renegotiate_encryption();
    if (packet[0] == 5)  // Terminate-Request
        send(Ccp, 6, packet[1], {});
    if (packet[0] != 1)
        return;
    if (!ccp_requested_)
        renegotiate_encryption();
    base::Writer own;
    own.u8(18).u8(6).be32(*mppe);
    const base::View asked = packet.subspan(4);
    const bool good = std::equal(asked.begin(), asked.end(), own.view().begin(), own.view().end());
    send(Ccp, good ? 2 : 3, packet[1], own.take());
}

void FakePptpServer::refuse_password() {
    send(Pap, 3, pap_id_, {0});
    terminate_link();
}

void FakePptpServer::ipcp(base::View packet) {
    const std::uint8_t id = packet[1];
    if (packet[0] != 1)
        return;
    if (terminate_at == "ipcp") {
        terminate_link();
        return;
    }
    if (!std::exchange(ipcp_requested_, true)) {
        base::Writer own;
        own.u8(3).u8(6).be32(own_address.value);
        send(Ipcp, 1, next_id_++, own.take());
    }
    // The client's options: its address, name servers 10.0.0.53 and 10.0.0.54.
    const std::map<std::uint8_t, std::uint32_t> give{{std::uint8_t{3}, client_address.value},
                                                     {std::uint8_t{129}, 0x0a000035},
                                                     {std::uint8_t{131}, 0x0a000036}};
    base::Reader in(packet.subspan(4));
    base::Writer nak;
    while (in.left() >= 6) {
        const std::uint8_t type = in.u8();
        in.skip(1);
        const std::uint32_t value = in.be32();
        if (const auto wanted = give.find(type); wanted != give.end() && value != wanted->second)
            nak.u8(type).u8(6).be32(wanted->second);
    }
    if (nak.position() > 0)
        send(Ipcp, 3, id, nak.take());
    else
        send(Ipcp, 2, id, base::Bytes(packet.begin() + 4, packet.end()));
}

// It takes tagged frames and BPDUs, and does not compress.
void FakePptpServer::bcp(base::View packet, base::View frame) {
    if (!bridges) {
        send(Lcp, 8, next_id_++, {frame.begin(), frame.end()});  // Protocol-Reject
        return;
    }
    if (packet[0] != 1)
        return;
    if (!std::exchange(bcp_requested_, true)) {
        base::Writer own;
        own.u8(3).u8(3).u8(1).u8(4).u8(3).u8(2);
        own.u8(6).u8(8).be16(0x0200).be32(0x0a);
        own.u8(8).u8(3).u8(1).u8(9).u8(3).u8(1);
        send(Bcp, 1, next_id_++, own.take());
    }
    for (std::size_t at = 4; rejects_mac && at + 8 <= packet.size(); at += packet[at + 1])
        if (packet[at] == 6) {
            send(Bcp, 4, packet[1], {packet.begin() + at, packet.begin() + at + 8});
            return;
        }
    send(Bcp, 2, packet[1], {packet.begin() + 4, packet.end()});
}

}  // namespace rtun::fake

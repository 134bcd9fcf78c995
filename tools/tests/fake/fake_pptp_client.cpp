// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two engines of a client, driven by the world's tasks and alarms.
#include <tests/fake/fake_pptp_client.h>

#include <algorithm>
#include <utility>

namespace rtun::fake {

namespace {

constexpr int OutgoingCallReply = 8;

std::uint16_t u16(base::View octets, std::size_t at) {
    return static_cast<std::uint16_t>(octets[at] << 8U | octets[at + 1]);
}

// RFC 2637 section 2.7.
base::Bytes outgoing_call_request(std::uint16_t call_id) {
    base::Bytes octets(168);
    const auto put = [&](std::size_t at, std::uint16_t value) {
        octets[at] = static_cast<std::uint8_t>(value >> 8U);
        octets[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
    };
    put(0, 168);
    put(2, 1);
    put(4, 0x1a2b);
    put(6, 0x3c4d);
    put(8, 7);
    put(12, call_id);
    put(14, call_id);  // serial number
    put(18, 300);      // minimum speed
    put(20, 0x05f5);   // maximum: 100 Mbit/s
    put(22, 0xe100);
    put(26, 3);  // bearer and framing: any
    put(30, 3);
    put(32, 64);  // window
    return octets;
}

}  // namespace

FakeGre::FakeGre(FakeKernel &server) : kernel(server) {
    kernel.on_frame = [this](netlink::SessionId session, base::View frame) {
        const auto receiver = receivers.find(carrier(session));
        if (receiver == receivers.end())
            return false;
        receiver->second(frame);
        return true;
    };
}

netlink::SessionId FakeGre::carrier(netlink::SessionId session) const {
    if (!kernel.session_of(session).multilink)
        return session;
    const auto link = std::find_if(receivers.begin(), receivers.end(), [&](const auto &one) {
        return kernel.has_session(one.first) && kernel.session_of(one.first).bundle == session;
    });
    return link == receivers.end() ? session : link->first;
}

std::optional<netlink::SessionId> FakeGre::session(std::uint32_t call_id) const {
    const auto all = kernel.sessions().value();
    const auto found = std::find_if(all.begin(), all.end(), [call_id](const auto &session) {
        return session.local_id == call_id;
    });
    return found == all.end() ? std::nullopt : std::optional(found->id);
}

FakePptpClient::FakePptpClient(FakeWorld &world, FakeGre &gre, base::Random &random,
                               Options options)
    : world_(world), gre_(gre), random_(random), options_(std::move(options)),
      alarm_(world.alarm([this] {
          const base::Time now = world_.now();
          if (control_ && control_->deadline() && *control_->deadline() <= now)
              control_->expire(now);
          for (const auto &call : calls)
              if (call->link && call->link->deadline() && *call->link->deadline() <= now)
                  call->link->expire(now);
          turn();
      })) {}

FakePptpClient::~FakePptpClient() {
    for (const auto &call : calls)
        if (call->session)
            gre_.receivers.erase(*call->session);
}

bool FakePptpClient::dial() {
    calls.push_back(std::make_unique<Call>());
    calls.back()->id = options_.call_id;
    calls.back()->user = options_.user;
    calls.back()->password = options_.password;
    return world_.call(options_.from, options_.port, options_.to, 1723, *this);
}

void FakePptpClient::hang_up() {
    const base::Time now = world_.now();
    for (const auto &call : calls)
        if (call->link && !call->ended)
            call->link->close(now, "user request");
    turn();
}

void FakePptpClient::drop() {
    if (connection_)
        connection_->close();
    closed = true;
    control_.reset();
    turn();
}

void FakePptpClient::negotiate_anew() {
    calls.front()->link->renegotiate(world_.now());
    turn();
}

void FakePptpClient::call_too(std::uint16_t call_id, const std::string &user,
                              const std::string &password) {
    calls.push_back(std::make_unique<Call>());
    calls.back()->id = call_id;
    calls.back()->user = user;
    calls.back()->password = password;
    send(outgoing_call_request(call_id));
}

// -- TCP

void FakePptpClient::accepted(FakeConnection connection) {
    connected = true;
    connection_ = std::move(connection);
    if (never_starts)
        return;
    pptp::ControlOptions options;
    options.host_name = "fakeclient";
    options.vendor = options_.vendor;
    options.echo_interval = {};
    control_.emplace(options, pptp::CallId{options_.call_id}, random_);
    control_->start(world_.now());
    turn();
}

// Replies to calls made by hand are not for the engine, which knows of one call.
base::Bytes FakePptpClient::for_control(base::View octets) {
    base::Bytes rest;
    unread_.insert(unread_.end(), octets.begin(), octets.end());
    while (unread_.size() >= 16 && unread_.size() >= u16(unread_, 0)) {
        const std::size_t length = u16(unread_, 0);
        const int type = u16(unread_, 8);
        messages.push_back(type);
        const std::uint16_t ours = u16(unread_, 14);
        const auto call = std::find_if(calls.begin(), calls.end(),
                                       [ours](const auto &c) { return c->id == ours; });
        if (type == OutgoingCallReply && call != calls.end() && call != calls.begin())
            begin(**call, u16(unread_, 12));
        else
            rest.insert(rest.end(), unread_.begin(),
                        unread_.begin() + static_cast<std::ptrdiff_t>(length));
        unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(length));
    }
    return rest;
}

void FakePptpClient::received(base::View octets) {
    const base::Bytes rest = for_control(octets);
    if (control_)
        control_->receive(rest, world_.now());
    turn();
}

void FakePptpClient::client_closed() {
    if (!connected)
        refused = true;
    closed = true;
    if (control_)
        control_->connection_lost(world_.now(), "closed by the server");
    turn();
}

// -- PPP

void FakePptpClient::begin(Call &call, std::uint16_t server_call_id) {
    call.session = gre_.session(server_call_id);
    if (!call.session || no_ppp)
        return;
    gre_.receivers[*call.session] = [this, &call](base::View frame) {
        if (silent || !call.link || call.ended)
            return;
        call.link->receive(frame, world_.now());
        turn();
    };
    ppp::LinkOptions options;
    options.allow = options_.allow;
    options.credentials = {.user = call.user, .password = base::Secret(call.password)};
    options.encryption = options_.encryption;
    options.mppe_stateful = options_.mppe_stateful;
    options.ipv6 = options_.ipv6;
    options.request_dns = options_.request_dns;
    options.keepalive = options_.keepalive;
    options.local_address = options_.local;
    options.multilink = options_.multilink;
    options.bridge = options_.bridge;
    call.link.emplace(options, random_);
    call.link->open(world_.now());
}

bool FakePptpClient::drain(Call &call) {
    if (!call.link)
        return false;
    const auto outputs = call.link->take_outputs();
    for (const ppp::Output &output : outputs) {
        if (const auto *frame = std::get_if<ppp::SendFrame>(&output)) {
            base::Bytes octets = frame->frame;
            if (mangle)
                mangle(octets);
            // As a frame that comes to a session that is gone.
            if (!silent && gre_.kernel.has_session(*call.session))
                gre_.kernel.inject_frame(*call.session, std::move(octets));
        } else if (const auto *lcp = std::get_if<ppp::LcpOpened>(&output)) {
            call.lcp = *lcp;
        } else if (const auto *authenticated = std::get_if<ppp::Authenticated>(&output)) {
            call.authenticated = *authenticated;
        } else if (const auto *encryption = std::get_if<ppp::EncryptionUp>(&output)) {
            call.encryption = *encryption;
        } else if (const auto *ipv4 = std::get_if<ppp::Ipv4Up>(&output)) {
            call.ipv4 = *ipv4;
        } else if (std::holds_alternative<ppp::Ipv4Down>(output)) {
            call.ipv4.reset();
        } else if (const auto *ipv6 = std::get_if<ppp::Ipv6Up>(&output)) {
            call.ipv6 = *ipv6;
        } else if (const auto *bridge = std::get_if<ppp::BridgeUp>(&output)) {
            call.bridge = *bridge;
        } else if (std::holds_alternative<ppp::BridgeDown>(output)) {
            call.bridge.reset();
        } else if (const auto *ready = std::get_if<ppp::MultilinkReady>(&output)) {
            options_.bundle->joined(*call.session, *ready);
        } else if (std::holds_alternative<ppp::MultilinkDown>(output)) {
            options_.bundle->left(*call.session);
        } else if (const auto *bundled = std::get_if<ppp::BundleFrame>(&output)) {
            options_.bundle->receive(bundled->frame);
        } else if (const auto *ended = std::get_if<ppp::Ended>(&output)) {
            call.ended = ended->reason;
            call.ipv4.reset();
            if (control_ && &call == calls.front().get())
                control_->stop(world_.now(), "the link has ended");
        }
    }
    return !outputs.empty();
}

void FakePptpClient::turn() {
    for (bool busy = true; busy;) {
        busy = false;
        if (control_) {
            const auto outputs = control_->take_outputs();
            for (const pptp::Output &output : outputs) {
                busy = true;
                if (const auto *bytes = std::get_if<pptp::SendBytes>(&output))
                    connection_->send(bytes->bytes);
                else if (const auto *up = std::get_if<pptp::CallUp>(&output)) {
                    server_window = up->peer_window;
                    begin(*calls.front(), static_cast<std::uint16_t>(up->peer));
                } else if (const auto *ended = std::get_if<pptp::Ended>(&output))
                    control_ended = ended->reason;
            }
        }
        for (const auto &call : calls)
            busy = drain(*call) || busy;
    }
    if (control_ended) {
        control_.reset();
        if (!std::exchange(closed, true) && connection_)
            connection_->close();
        for (const auto &call : calls)
            if (call->link && !call->ended)
                call->link->lower_down(world_.now());
        for (const auto &call : calls)
            drain(*call);
    }
    base::Deadline next;
    if (control_)
        next = control_->deadline();
    for (const auto &call : calls)
        if (call->link && !call->ended)
            next = base::earlier(next, call->link->deadline());
    alarm_->arm(next);
}

}  // namespace rtun::fake

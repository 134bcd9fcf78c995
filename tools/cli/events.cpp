// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words for what the kernel tells; the daemon brings its own.
#include <cli/events.h>

#include <cli/ends.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <string>
#include <type_traits>

namespace rtun::cli {

namespace {

using netlink::SessionId;
using netlink::TunnelId;

// As iproute2 does: -t a line before the event, -ts a prefix.
std::string timestamp_text(double time, Timestamp form) {
    const double whole = std::floor(time);
    const auto seconds = static_cast<std::time_t>(whole);
    const auto micros = static_cast<unsigned>((time - whole) * 1e6);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    if (form == Timestamp::Long)
        return fmt::format("Timestamp: {:%a %b %e %H:%M:%S %Y} {} usec", local, micros);
    return fmt::format("[{:%Y-%m-%dT%H:%M:%S}.{:06}]", local, micros);
}

// The object of an identifier of the kernel's events: "session.added" is about a session.
std::string object_of(std::string_view id) { return std::string(id.substr(0, id.find('.'))); }

void begin(Output &out, const Options &options, double time, std::string_view source,
           std::string_view id, const std::string &object) {
    if (options.timestamp == Timestamp::Long)
        out.heading(timestamp_text(time, Timestamp::Long));
    out.open();
    out.shown("time", time,
              options.timestamp == Timestamp::Short ? timestamp_text(time, Timestamp::Short) : "");
    out.member("id", std::string(id));
    out.member("source", std::string(source));
    if (!object.empty())
        out.member("object", object);
}

void tunnel_id(Output &out, TunnelId id) {
    out.number("tunnel_id", "tunnel {}", static_cast<std::uint64_t>(id));
}

void session_id(Output &out, SessionId id) {
    out.number("session_id", "session {}", static_cast<std::uint64_t>(id));
}

void print(Output &out, const netlink::Frame &frame) {
    session_id(out, frame.session);
    out.number("octets", "control frame, {} octets", frame.data.size());
}

void print(Output &out, const netlink::TunnelGone &event) {
    tunnel_id(out, event.id);
    out.text("reason", "deleted ({})", event.reason);
}

void print(Output &out, const netlink::SessionGone &event) {
    session_id(out, event.id);
    out.text("reason", "deleted ({})", event.reason);
    tunnel_id(out, event.tunnel);
}

void print(Output &out, const netlink::TunnelChanged &event) {
    tunnel_id(out, event.tunnel.id);
    out.piece(event.created ? "added" : "changed");
    out.text("transport", "{}", event.tunnel.xport);
    print_ends(out, event.tunnel.spec);
    print_tunnel_ids(out, event.tunnel.spec);
    if (!event.tunnel.owner.empty())
        out.text("owner", "owner {}", event.tunnel.owner);
}

void print(Output &out, const netlink::SessionChanged &event) {
    const netlink::Session &session = event.session;
    session_id(out, session.id);
    out.piece(event.created ? "added" : "changed");
    tunnel_id(out, session.tunnel);
    const bool ppp = session.pw_type == netlink::PwType::Ppp;
    if (session.multilink)
        out.number("links", "bundle of {} links", session.multilink->links);
    else
        out.shown("call_id", std::uint64_t{session.local_id},
                  fmt::format("{} {}", ppp ? "call" : "session-id", session.local_id));
    if (session.peer_id)
        out.shown("peer_call_id", std::uint64_t{*session.peer_id},
                  fmt::format("peer {} {}", ppp ? "call" : "session-id", *session.peer_id));
    if (session.bundle)
        out.number("bundle_id", "link of bundle {}", static_cast<std::uint64_t>(*session.bundle));
    if (session.device)
        out.number("ifindex", "ifindex {}", static_cast<std::uint64_t>(*session.device));
    if (session.mppe_tx || session.mppe_rx)
        out.text("encoding", "{}",
                 netlink::encoding(netlink::mode_of(session.mppe_tx),
                                   netlink::mode_of(session.mppe_rx)));
}

// What the value of a notice counts.
std::string notice_text(const netlink::Notice &event) {
    const std::uint32_t value = event.value.value_or(0);
    if (event.type == "owner_gone")
        return fmt::format("owner {} has gone", event.name);
    if (event.type == "pmtu")
        return fmt::format("path mtu is {} now", value);
    if (event.type == "resync")
        return fmt::format("resynchronised, jumped over {} packets", value);
    if (event.type == "ctrl_overrun")
        return fmt::format("{} control frames lost so far, not read in time", value);
    if (event.type == "carrier")
        return value != 0 ? "carrier on" : "carrier off";
    if (event.type == "peer_addr")
        return fmt::format("the peer sends from {}{} now", event.address.text(),
                           event.port ? fmt::format(", port {}", *event.port) : "");
    if (event.type == "peer_alive")
        return value != 0 ? "the peer is heard again" : "the peer is dead, nothing is heard of it";
    if (event.type == "demand")
        return fmt::format("interface {} has something to send and no session", value);
    if (event.type == "link_joined")
        return fmt::format("session {} is a link of the bundle now", value);
    if (event.type == "link_left")
        return fmt::format("session {} is no link of the bundle any more", value);
    if (event.type == "mp_loss")
        return fmt::format("{} fragments never arrived", value);
    if (event.type == "alarm")
        return fmt::format("{} packets were not acknowledged in time", value);
    return fmt::format("{} {}", event.type, value);  // of a newer module
}

void print(Output &out, const netlink::Notice &event) {
    if (event.tunnel)
        tunnel_id(out, *event.tunnel);
    if (event.session)
        session_id(out, *event.session);
    if (event.value)
        out.member("value", std::uint64_t{*event.value});
    if (!event.name.empty())
        out.member("owner", event.name);
    if (!event.address.unspecified())
        out.member("address", event.address.text());
    if (event.port)
        out.member("port", std::uint64_t{*event.port});
    out.piece(notice_text(event));
}

void print(Output &out, const netlink::Overrun & /*event*/) {
    out.piece("events of the kernel were lost, because they were not read in time", Paint::Bad);
}

struct Name {
    std::string operator()(const netlink::Frame & /*event*/) const { return "session.frame"; }
    std::string operator()(const netlink::TunnelGone & /*event*/) const { return "tunnel.deleted"; }
    std::string operator()(const netlink::SessionGone & /*event*/) const {
        return "session.deleted";
    }
    std::string operator()(const netlink::TunnelChanged &event) const {
        return event.created ? "tunnel.added" : "tunnel.changed";
    }
    std::string operator()(const netlink::SessionChanged &event) const {
        return event.created ? "session.added" : "session.changed";
    }
    std::string operator()(const netlink::Notice &event) const {
        return (event.session ? "session." : "tunnel.") + event.type;
    }
    std::string operator()(const netlink::Overrun & /*event*/) const { return "monitor.lost"; }
};

}  // namespace

bool is_about(const netlink::Event &event, std::string_view what) {
    const std::string name = std::visit(Name{}, event);
    return what == "all" || name == "monitor.lost" ||
           (name.starts_with(what) && name.substr(what.size()).starts_with("."));
}

void print_event(Output &out, const Options &options, const netlink::Event &event, double time) {
    const std::string id = std::visit(Name{}, event);
    begin(out, options, time, "kernel", id, object_of(id));
    std::visit([&out](const auto &what) { print(out, what); }, event);
    out.close();
}

void print_event(Output &out, const Options &options, const ctl::Event &event) {
    begin(out, options, event.time, "daemon", event.id, event.object);
    if (!event.name.empty())
        out.text("name", "{}", event.name, Paint::Name);
    out.text("text", "{}", event.text);
    if (!event.fields.empty()) {
        out.open("fields");
        for (const auto &[key, value] : event.fields)
            out.member(key, value);
        out.close_group();
    }
    out.close();
}

}  // namespace rtun::cli

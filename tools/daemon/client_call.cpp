// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a client makes of what its call says on the way: events, and what it remembers for its
// status.
#include <daemon/client.h>

#include <config/grammar.h>
#include <daemon/bridge_port.h>
#include <daemon/name_servers.h>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace rtun::daemon {

using base::log::Level;

void Client::on(const Call::TcpUp &) {
    tell(Level::Debug, event_id::Tcp, fmt::format("tcp connected ({}:{})", server_.text(), port_));
}

void Client::on(const Call::ControlUp &output) {
    tell(Level::Debug, event_id::Control,
         fmt::format("control connection up (host \"{}\", vendor \"{}\")", output.host,
                     output.vendor),
         {{"host_name", output.host}, {"vendor", output.vendor}});
}

void Client::on(const Call::LcpUp &output) {
    const std::string method(output.method ? auth::info(*output.method).name
                                           : std::string_view("no authentication"));
    tell(Level::Debug, event_id::Lcp,
         fmt::format("lcp opened (mtu {}, mru {}, {})", output.mtu, output.mru, method),
         {{"mtu", std::to_string(output.mtu)},
          {"mru", std::to_string(output.mru)},
          {"method", output.method ? method : "none"}});
}

void Client::on(const Call::Reached &output) {
    tell(Level::Debug, event_id::Call,
         fmt::format("connected to {}:{}, call {}/{}", server_.text(), port_, output.local,
                     output.peer),
         {{"call_id", std::to_string(output.local)},
          {"peer_call_id", std::to_string(output.peer)},
          {"host_name", output.host},
          {"vendor", output.vendor}});
}

void Client::on(const Call::Verifying &) {
    verifying_ = true;
    tell(Level::Debug, event_id::Verifying, "verifying password...");
}

void Client::on(const Call::Verified &output) {
    method_ = output.method;
    const std::string method(auth::info(output.method).name);
    tell(Level::Debug, event_id::Verified,
         fmt::format("password accepted ({}){}", method,
                     output.message.empty() ? "" : fmt::format(": \"{}\"", output.message)),
         {{"authentication", method}});
}

void Client::on(const Call::Encoding &output) {
    encoding_ = output;
    if (up_ && output.mtu)
        up_->what.mtu = *output.mtu;
    if (output.encoding == "none")
        return;  // what comes of it is told
    Fields fields{{"encoding", output.encoding}, {"insecure", output.insecure ? "yes" : "no"}};
    tell(output.insecure ? Level::Info : Level::Debug, event_id::Encryption,
         fmt::format("encryption {}{}", output.encoding, output.insecure ? " (insecure)" : ""),
         std::move(fields));
}

void Client::on(const Call::NotEncrypted &output) {
    tell(Level::Info, event_id::Encryption, fmt::format("not encrypted: {}", output.why),
         {{"encoding", "none"}, {"reason", output.why}});
}

void Client::use_names(const Call::Up &up) {
    if (ground_.names != nullptr && settings_.use_peer_dns != config::PeerDns::No &&
        !up.dns.empty())
        ground_.names->use(up.interface, up.dns,
                           settings_.use_peer_dns == config::PeerDns::Exclusively
                               ? NameServers::Others::Ignored
                               : NameServers::Others::Kept);
}

// The interface, and its ends or its bridge.
std::string Client::words_of(const Call::Up &up) {
    const std::string ends = up.bridging
                                 ? "in bridge " + up.bridge
                                 : fmt::format("{} -> {}", up.local.text(),
                                               up.remote.unspecified() ? "*" : up.remote.text());
    return fmt::format("{} {} mtu {}", up.interface, ends, up.mtu);
}

Client::Fields Client::fields_of(const Call::Up &up) {
    Fields fields{{"interface", up.interface}, {"mtu", std::to_string(up.mtu)}};
    if (up.bridging) {
        fields["bridge"] = up.bridge;
        fields["bridging"] = bridging_text(*up.bridging);
        fields["mac_address"] = up.bridging->local.text();
        fields["remote_mac_address"] = mac_text(up.bridging->remote);
    } else {
        fields["local_address"] = up.local.text();
        fields["remote_address"] = up.remote.unspecified() ? "" : up.remote.text();
    }
    return fields;
}

void Client::on(const Call::Up &output) {
    const base::Time now = ground_.world.now();
    up_ = Connection{output, now};
    interface_ = output.interface;
    verifying_ = false;
    attempts_ = 0;
    last_reason_.reset();
    last_failure_told_.clear();
    use_names(output);
    std::string dns;
    for (const base::Ipv4 server : output.dns)
        dns += (dns.empty() ? "" : " ") + server.text();
    Fields fields = fields_of(output);
    fields.merge(Fields{
        {"mru", std::to_string(output.mru)},
        {"encoding", encoding_.encoding},
        {"insecure", encoding_.insecure ? "yes" : "no"},
        {"authentication", method_ ? std::string(auth::info(*method_).name) : "none"},
        {"took_ms",
         std::to_string(
             std::chrono::duration_cast<std::chrono::milliseconds>(now - dialed_at_).count())}});
    if (!dns.empty())
        fields["dns"] = dns;
    tell(Level::Info, event_id::Up,
         fmt::format("connected: {} {}{}", words_of(output),
                     encoding_.encoding == "none" ? "not encrypted" : encoding_.encoding,
                     encoding_.insecure ? " (insecure)" : ""),
         std::move(fields));
}

void Client::on(const Call::Down &) {
    if (!up_)
        return;
    if (ground_.names != nullptr)
        ground_.names->drop(up_->what.interface);
    // At once, so that nothing leaves another way; what it refuses is told when it stands by.
    if (standby_)
        (void)make_standby();
    lasted_ = lasted_.value_or(base::Duration::zero()) + (ground_.world.now() - up_->since);
    up_.reset();
}

void Client::on(const Call::Ipv6 &output) {
    if (!output.failure.empty()) {
        tell(Level::Warning, event_id::Ipv6, fmt::format("no IPv6: {}", output.failure));
        return;
    }
    const auto address = [](std::uint64_t id) {
        base::Ipv6 full;
        full.octets[0] = 0xfe;
        full.octets[1] = 0x80;
        for (unsigned i = 0; i < 8; i++)
            full.octets.at(8 + i) = static_cast<std::uint8_t>(id >> (56 - 8 * i));
        return full.text();
    };
    tell(Level::Info, event_id::Ipv6,
         fmt::format("IPv6 {} -> {}", address(output.local_id), address(output.remote_id)),
         {{"local_address", address(output.local_id)},
          {"remote_address", address(output.remote_id)}});
}

void Client::on(const Call::MtuLowered &output) {
    tell(Level::Warning, event_id::Mtu,
         fmt::format("mtu {} instead of {}: the path to {} takes {} octets, {} of them ours",
                     output.mtu, output.wanted, server_.text(), output.path, output.ours),
         {{"mtu", std::to_string(output.mtu)}, {"path_mtu", std::to_string(output.path)}});
}

void Client::on(const Call::PortFailed &output) {
    tell(Level::Warning, event_id::Setting, output.text);
}

void Client::on(const Call::RouteFailed &output) {
    tell(Level::Warning, event_id::Route,
         fmt::format("no default route through the tunnel: {}", output.text));
}

void Client::on(const Call::NoPeerRoute &output) {
    tell(Level::Info, event_id::Route,
         fmt::format("no route to {} through the tunnel: inside it the server has the address that "
                     "the tunnel itself goes to",
                     output.peer.text()));
}

void Client::on(const Call::NoMultilink &output) {
    const bool others = call_ && settings_.connect_to.find(',') != std::string::npos;
    tell(Level::Warning, event_id::Multilink,
         fmt::format("no multilink: {}; one link it is{}", output.why,
                     others ? ", the others are not dialed" : ""),
         {{"reason", output.why}});
}

void Client::on(const Call::Server &output) {
    server_ = output.address;
    port_ = output.port;
}

void Client::on(const Call::LinkChanged &output) {
    Fields fields{{"link", output.link}};
    if (output.up) {
        link_failures_told_.erase(output.link);
        tell(Level::Info, event_id::LinkUp, fmt::format("link up: {} {}", output.link, output.text),
             std::move(fields));
        return;
    }
    fields["reason"] = output.text;
    if (output.reason) {
        fields["layer"] = name(output.reason->layer);
        fields["by"] = name(output.reason->by);
    }
    if (output.retry_in)
        fields["retry_in_ms"] = std::to_string(
            std::chrono::duration_cast<std::chrono::milliseconds>(*output.retry_in).count());
    const bool by_user = output.reason && output.reason->by == Side::User;
    const bool again = std::exchange(link_failures_told_[output.link], output.text) == output.text;
    tell(by_user ? Level::Info
         : again ? Level::Debug
                 : Level::Warning,
         event_id::LinkDown, fmt::format("link down: {}: {}", output.link, output.text),
         std::move(fields));
}

void Client::on(const Call::LinkSilent &output) {
    tell(Level::Info, output.heard ? event_id::LinkHeard : event_id::LinkSilent,
         fmt::format("link {}: {}", output.heard ? "heard again" : "silent", output.link),
         {{"link", output.link}});
}

}  // namespace rtun::daemon

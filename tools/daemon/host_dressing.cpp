// SPDX-License-Identifier: GPL-2.0-or-later
#include <daemon/host_dressing.h>

#include <base/log.h>
#include <daemon/shaping.h>

#include <fmt/format.h>

#include <utility>

namespace rtun::daemon {

namespace {

using Problems = std::vector<std::string>;

void tell(Problems &problems, std::optional<std::string> problem) {
    if (problem)
        problems.push_back(std::move(*problem));
}

void tell(Problems &problems, Problems more) {
    for (std::string &problem : more)
        problems.push_back(std::move(problem));
}

std::string one_of(const std::vector<base::Ipv4> &addresses, std::size_t which) {
    return which < addresses.size() ? addresses[which].text() : std::string();
}

std::string known(base::Ipv4 address) {
    return address.unspecified() ? std::string() : address.text();
}

// A device as the kernel makes it.
aaa::Terms bare() {
    aaa::Terms terms;
    terms.change_tcp_mss = false;
    return terms;
}

}  // namespace

Program script_program(const std::string &path, const std::string &event, const Dressed &session,
                       const aaa::Terms &terms, const std::string &cause) {
    Program program{.path = path, .arguments = {}, .environment = {}};
    const std::string local = known(session.local), remote = known(session.remote);
    // Those of pppd's ip-up(8): interface, terminal, speed, addresses, ipparam.
    program.arguments = {session.interface, session.service, "0", local, remote, session.caller};
    const auto say = [&](std::string_view name, std::string_view value) {
        program.environment.push_back(fmt::format("{}={}", name, value));
    };
    say("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    say("RTUN_EVENT", event);
    say("RTUN_SERVICE", session.service);
    say("RTUN_USER", session.user);
    say("RTUN_PROFILE", terms.profile);
    say("RTUN_CALLER", session.caller);
    say("RTUN_INTERFACE", session.interface);
    say("RTUN_IFINDEX", std::to_string(static_cast<int>(session.link)));
    say("RTUN_LOCAL_ADDRESS", local);
    say("RTUN_REMOTE_ADDRESS", remote);
    say("RTUN_DNS1", one_of(session.dns, 0));
    say("RTUN_DNS2", one_of(session.dns, 1));
    if (!terms.port.bridge.empty())
        say("RTUN_BRIDGE", terms.port.bridge);
    say("RTUN_MTU", std::to_string(session.mtu));
    say("RTUN_SESSION", session.session);
    if (!cause.empty())
        say("RTUN_CAUSE", cause);
    // The names that programs written for pppd look at.
    say("IFNAME", session.interface);
    say("IPLOCAL", local);
    say("IPREMOTE", remote);
    say("PEERNAME", session.user);
    return program;
}

HostDressing::HostDressing(event::Loop &loop, netlink::Kernel &kernel, netlink::Host &host,
                           Scripts::Limits limits)
    : loop_(loop), kernel_(kernel), host_(host), firewall_(host), proxies_(host, kernel),
      routes_(kernel), scripts_(loop, limits) {}

// From the first session on that needs it: every device's events would be read otherwise.
void HostDressing::watch_networks() {
    if (std::exchange(watched_, true))
        return;
    const auto descriptors = host_.watch();
    for (const int descriptor : descriptors.value_or(std::vector<int>{})) {
        auto watcher =
            event::Io::create(loop_, descriptor, event::Interest::Read, [this](event::Ready) {
                const auto up = host_.came_up();
                if (!up || up->lost)
                    return proxies_.renew(std::nullopt);
                for (const netlink::LinkIndex link : up->links)
                    proxies_.renew(link);
            });
        if (watcher)
            watchers_.push_back(std::move(*watcher));
    }
    if (watchers_.empty())
        base::log::warning("dressing.left", {},
                           "proxy ARP will not come back by itself after its network was down: {}",
                           descriptors ? "nothing to watch" : descriptors.error().text);
}

base::Status HostDressing::script(const std::string &path, const std::string &event,
                                  const Dressed &session, const aaa::Terms &terms,
                                  const std::string &cause) {
    if (path.empty())
        return {};
    return scripts_.run({.event = event,
                         .interface = session.interface,
                         .user = session.user,
                         .program = script_program(path, event, session, terms, cause)});
}

// From one set of terms to another; only what differs is touched.
Problems HostDressing::wear(const Dressed &session, const aaa::Terms &from, const aaa::Terms &to) {
    Problems problems;
    Worn &worn = worn_[session.interface];
    if (to.interface_group != from.interface_group)
        if (const auto set = kernel_.link_set(session.link, {.group = to.interface_group}); !set)
            problems.push_back("interface-group: " + set.error().text);
    tell(problems, change_limit(host_, session.link, from.rate_limit, to.rate_limit));

    if (worn.proxied && !to.proxy_arp)
        proxies_.remove(session.remote);
    if (!worn.proxied && to.proxy_arp) {
        watch_networks();
        tell(problems, proxies_.add(session.remote, session.link));
    }
    worn.proxied = to.proxy_arp;

    if (to.routes != from.routes)
        tell(problems, routes_.set(session.link, session.remote, to.routes));

    if (worn.clamped && !to.change_tcp_mss)
        firewall_.unclamp(session.interface);
    if (!worn.clamped && to.change_tcp_mss)
        tell(problems, firewall_.clamp(session.interface));
    worn.clamped = to.change_tcp_mss;

    if (worn.address_list != to.address_list) {
        if (!worn.address_list.empty())
            firewall_.leave(worn.address_list, session.remote);
        if (!to.address_list.empty())
            tell(problems, firewall_.join(to.address_list, session.remote));
        worn.address_list = to.address_list;
    }
    return problems;
}

Problems HostDressing::put_on(const Dressed &session, const aaa::Terms &terms) {
    Problems problems = wear(session, bare(), terms);
    if (const auto run = script(terms.on_up, "on-up", session, terms, ""); !run)
        problems.push_back("on-up: " + run.error().text);
    return problems;
}

Problems HostDressing::change(const Dressed &session, const aaa::Terms &from,
                              const aaa::Terms &to) {
    return wear(session, from, to);
}

void HostDressing::resume(const Dressed &session, const aaa::Terms &terms) {
    worn_[session.interface] = {.clamped = terms.change_tcp_mss,
                                .address_list = terms.address_list,
                                .proxied = terms.proxy_arp};
    if (terms.change_tcp_mss)
        firewall_.resume_clamp(session.interface);
    if (!terms.address_list.empty())
        firewall_.resume_member(terms.address_list, session.remote);
    if (terms.proxy_arp) {
        watch_networks();
        proxies_.resume(session.remote, session.link);
    }
    routes_.resume(session.link, session.remote, terms.routes);
}

void HostDressing::take_off(const Dressed &session, const aaa::Terms &terms,
                            const std::string &cause) {
    const auto found = worn_.find(session.interface);
    if (found != worn_.end()) {
        const Worn worn = std::move(found->second);
        worn_.erase(found);
        if (worn.proxied)
            proxies_.remove(session.remote);
        if (worn.clamped)
            firewall_.unclamp(session.interface);
        if (!worn.address_list.empty())
            firewall_.leave(worn.address_list, session.remote);
    }
    routes_.remove(session.link);
    if (const auto run =
            script(terms.on_down, "on-down", session, terms, cause.empty() ? "unknown" : cause);
        !run)
        base::log::warning("script.refused",
                           {{"RTUN_INTERFACE", session.interface}, {"RTUN_USER", session.user}},
                           "on-down of {}: {}", session.interface, run.error().text);
}

void HostDressing::sweep() {
    const unsigned left = firewall_.sweep() + proxies_.sweep() + routes_.sweep();
    if (left > 0)
        base::log::info("dressing.leftover", {},
                        "{} entries of sessions that are no more were left in sets, routes and "
                        "proxy ARP: deleted",
                        left);
}

}  // namespace rtun::daemon

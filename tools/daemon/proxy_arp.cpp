// SPDX-License-Identifier: GPL-2.0-or-later
#include <daemon/proxy_arp.h>

#include <base/log.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <vector>

namespace rtun::daemon {

namespace {

bool contains(const netlink::Network &network, base::Ipv4 address) {
    const unsigned behind = 32U - network.length;  // 2 and more: hosts have been left out
    return behind == 32 || network.address.value >> behind == address.value >> behind;
}

base::Status remove_entry(netlink::Host &host, const netlink::Proxy &proxy) {
    auto removed = host.proxy_del(proxy);
    // It goes with its device, and somebody may have been quicker.
    if (!removed && (removed.error().errnum == ENOENT || removed.error().errnum == ENODEV ||
                     removed.error().errnum == ESRCH))
        return {};
    return removed;
}

void tell_left(const netlink::Proxy &proxy, const base::Error &error) {
    base::log::warning("dressing.left", {}, "proxy ARP for {} could not be removed: {}",
                       proxy.address.text(), error.text);
}

}  // namespace

// Only a device with Ethernet addresses has anybody on it who asks.
base::Result<netlink::LinkIndex> ProxyArp::local_network(base::Ipv4 address,
                                                         netlink::LinkIndex session) {
    std::vector<netlink::Network> fitting;
    for (const netlink::Network &network : TRY(host_.networks()))
        if (network.link != session && contains(network, address))
            fitting.push_back(network);
    std::stable_sort(fitting.begin(), fitting.end(),
                     [](const auto &a, const auto &b) { return a.length > b.length; });
    for (const netlink::Network &network : fitting)
        if (const auto status = kernel_.link_status(network.link); status && status->mac)
            return network.link;
    return base::fail(base::ErrorCode::NotFound,
                      fmt::format("no local network contains {}", address.text()), ENOENT);
}

std::optional<std::string> ProxyArp::answer(base::Ipv4 address, Held &held) {
    const auto link = local_network(address, held.session);
    if (!link)
        return "proxy-arp: " + link.error().text;
    const netlink::Proxy proxy{address, *link};
    const auto added = host_.proxy_add(proxy);
    if (!added && added.error().errnum == EEXIST)
        return std::nullopt;  // it is answered, and that is what was asked for
    if (!added)
        return added.error().text;
    held.proxy = proxy;
    // The kernel answers for others only where it would also pass the packets on.
    if (const auto forwards = host_.forwards(*link); forwards && !*forwards)
        return fmt::format(
            "proxy-arp: forwarding is off on device {}, so nobody there is answered",
            kernel_.link_name(*link).value_or(std::to_string(static_cast<int>(*link))));
    return std::nullopt;
}

std::optional<std::string> ProxyArp::add(base::Ipv4 address, netlink::LinkIndex session) {
    Held &held = held_[address];
    if (held.users++ > 0)
        return std::nullopt;
    held.session = session;
    return answer(address, held);
}

void ProxyArp::remove(base::Ipv4 address) {
    const auto found = held_.find(address);
    if (found == held_.end() || --found->second.users > 0)
        return;
    const auto proxy = found->second.proxy;
    held_.erase(found);
    if (!proxy)
        return;
    if (const auto removed = remove_entry(host_, *proxy); !removed)
        tell_left(*proxy, removed.error());
}

void ProxyArp::renew(std::optional<netlink::LinkIndex> link) {
    const auto concerned = [&](const auto &entry) {
        return entry.second.proxy && (!link || entry.second.proxy->link == *link);
    };
    if (std::none_of(held_.begin(), held_.end(), concerned))
        return;
    const auto own = host_.own_proxies();
    if (!own)
        return;
    const std::set<netlink::Proxy> there(own->begin(), own->end());
    for (const auto &entry : held_) {
        if (!concerned(entry) || there.contains(*entry.second.proxy))
            continue;
        // EEXIST: somebody else has been quicker, and it is answered.
        const auto added = host_.proxy_add(*entry.second.proxy);
        if (!added && added.error().errnum != EEXIST)
            base::log::warning("dressing.left", {}, "{}", added.error().text);
    }
}

void ProxyArp::resume(base::Ipv4 address, netlink::LinkIndex session) {
    Held &held = held_[address];
    held.users++;
    held.session = session;
}

unsigned ProxyArp::sweep() {
    const auto own = host_.own_proxies();
    if (!own) {
        base::log::warning("dressing.left", {}, "{}", own.error().text);
        return 0;
    }
    unsigned left = 0;
    for (const netlink::Proxy &proxy : *own) {
        const auto found = held_.find(proxy.address);
        if (found != held_.end() && !found->second.proxy) {
            found->second.proxy = proxy;
            continue;
        }
        if (found != held_.end() && found->second.proxy == proxy)
            continue;
        left++;
        if (const auto removed = remove_entry(host_, proxy); !removed)
            tell_left(proxy, removed.error());
    }
    for (auto &[address, held] : held_)
        if (!held.proxy)
            if (const auto problem = answer(address, held))
                base::log::warning("dressing.left", {}, "{}", *problem);
    return left;
}

}  // namespace rtun::daemon

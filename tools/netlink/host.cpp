// SPDX-License-Identifier: GPL-2.0-or-later
//
// Host over two sockets: rtnetlink's, and the packet filter's, which is opened when it is first
// needed, so that a kernel without one costs nothing.
#include <netlink/host.h>

#include <netlink/neighbour.h>
#include <netlink/nft.h>
#include <netlink/qdisc.h>
#include <netlink/rtnl.h>
#include <netlink/socket.h>

#include <fmt/format.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace rtun::netlink {

namespace {

using base::ErrorCode;
using base::fail;

std::string device(LinkIndex link) { return fmt::format("device {}", static_cast<int>(link)); }

class RealHost final : public Host {
public:
    explicit RealHost(Socket route) : route_(std::move(route)) {}

    base::Status shape(LinkIndex link, const Bucket &bucket) override {
        TRY(route_.request(build_tbf(link, bucket), "tbf on " + device(link)));
        return {};
    }

    base::Status police(LinkIndex link, const Bucket &bucket) override {
        const std::string what = "policer on " + device(link);
        const auto ground = route_.request(build_clsact(link), "clsact on " + device(link));
        if (!ground && ground.error().code != ErrorCode::Exists)
            return fail(ground.error());
        const auto first = route_.request(build_police(link, Place::First, bucket), what);
        if (first)
            return remove(link, Place::Second);
        if (first.error().code != ErrorCode::Exists)
            return fail(first.error());
        TRY(route_.request(build_police(link, Place::Second, bucket), what));
        return remove(link, Place::First);
    }

    base::Status unpolice(LinkIndex link) override {
        TRY(remove(link, Place::First));
        return remove(link, Place::Second);
    }

    base::Status proxy_add(const Proxy &proxy) override {
        const std::string what =
            fmt::format("proxy ARP for {} on {}", proxy.address.text(), device(proxy.link));
        const auto there = route_.request(build_proxy_get(proxy), what);
        if (!there && there.error().code != ErrorCode::NotFound)
            return fail(there.error());
        if (there)
            for (const ParsedProxy &is : proxies(*there))
                if (is.protocol != RouteProtocol)
                    return fail(ErrorCode::Exists, what + ": somebody else has set it", EEXIST);
        TRY(route_.request(build_proxy_new(proxy), what));
        return {};
    }

    base::Status proxy_del(const Proxy &proxy) override {
        TRY(route_.request(
            build_proxy_del(proxy),
            fmt::format("proxy ARP for {} on {}", proxy.address.text(), device(proxy.link))));
        return {};
    }

    base::Result<std::vector<Proxy>> own_proxies() override {
        std::vector<Proxy> own;
        for (const ParsedProxy &is :
             proxies(TRY(route_.dump(build_proxy_dump(), "list of proxy entries"))))
            if (is.protocol == RouteProtocol)
                own.push_back(is.proxy);
        return own;
    }

    base::Result<std::vector<Network>> networks() override {
        std::vector<Network> all;
        auto answer = route_.dump(build_networks_dump(), "list of networks");
        // A namespace that never had a route has no main table yet.
        if (!answer && answer.error().code == ErrorCode::NotFound)
            return all;
        for (const Datagram &datagram : TRY(std::move(answer)))
            for (const Received &received : datagram.messages)
                if (const auto network = parse_network(received))
                    all.push_back(*network);
        return all;
    }

    base::Result<bool> forwards(LinkIndex link) override {
        const std::string what = "forwarding of " + device(link);
        for (const Datagram &datagram : TRY(route_.request(build_netconf_get(link), what)))
            for (const Received &received : datagram.messages)
                if (const auto on = parse_forwarding(received))
                    return *on;
        return fail(ErrorCode::System, what + ": empty answer from the kernel", EBADMSG);
    }

    base::Result<std::vector<int>> watch() override {
        Socket socket = TRY(Socket::open(NETLINK_ROUTE));
        TRY(socket.join(RTNLGRP_LINK));
        listener_ = std::move(socket);
        return listener_->descriptors();
    }

    base::Result<CameUp> came_up() override {
        CameUp up;
        if (!listener_)
            return up;
        const Socket::Unasked unasked = TRY(listener_->receive());
        up.lost = unasked.overrun;
        for (const Datagram &datagram : unasked.datagrams)
            for (const Received &received : datagram.messages) {
                const auto link = parse_link(received);
                if (link && link->up && link->carrier &&
                    std::find(up.links.begin(), up.links.end(), link->index) == up.links.end())
                    up.links.push_back(link->index);
            }
        return up;
    }

    base::Status filter_change(const std::vector<FilterStep> &steps) override {
        Socket *socket = TRY(filter_socket());
        std::vector<Message> batch;
        batch.push_back(build_batch_begin());
        for (const FilterStep &step : steps)
            for (Message &message : build_filter_step(step))
                batch.push_back(std::move(message));
        batch.push_back(build_batch_end());
        return socket->batch(std::move(batch), "packet filter");
    }

    base::Result<Filter> filter() override {
        Socket *socket = TRY(filter_socket());
        Filter filter;
        auto answer = socket->dump(build_sets_dump(), "packet filter");
        if (!answer && answer.error().code == ErrorCode::NotFound)
            return filter;
        // A question, unlike a change, is invalid to a kernel without nf_tables.
        if (!answer && answer.error().errnum == EINVAL)
            return fail(ErrorCode::Refused, answer.error().text, EOPNOTSUPP);
        filter.table = true;
        for (const Datagram &datagram : TRY(std::move(answer)))
            for (const Received &received : datagram.messages)
                if (auto parsed = parse_set(received))
                    filter.sets.emplace(std::move(parsed->name), std::move(parsed->set));
        filter.clamp = filter.sets.erase(std::string(ClampName)) != 0;
        if (filter.clamp)
            for (const base::Bytes &key : TRY(keys(*socket, ClampName)))
                filter.clamped.push_back(base::Reader(key).text(key.size()));
        for (auto &[name, set] : filter.sets)
            if (set.addresses)
                for (const base::Bytes &key : TRY(keys(*socket, name)))
                    set.members.push_back(base::Ipv4{base::Reader(key).be32()});
        return filter;
    }

private:
    base::Result<Socket *> filter_socket() {
        if (!filter_)
            filter_ = TRY(Socket::open(NETLINK_NETFILTER));
        return &*filter_;
    }

    static base::Result<std::vector<base::Bytes>> keys(Socket &socket, std::string_view set) {
        std::vector<base::Bytes> all;
        for (const Datagram &datagram : TRY(socket.dump(build_elements_dump(set), "packet filter")))
            for (const Received &received : datagram.messages)
                for (base::Bytes &key : parse_elements(received))
                    all.push_back(std::move(key));
        return all;
    }

    static std::vector<ParsedProxy> proxies(const std::vector<Datagram> &answer) {
        std::vector<ParsedProxy> all;
        for (const Datagram &datagram : answer)
            for (const Received &received : datagram.messages)
                if (const auto parsed = parse_proxy(received))
                    all.push_back(*parsed);
        return all;
    }

    // ENOENT: there is none of ours; EINVAL: there is nothing where it could be.
    base::Status remove(LinkIndex link, Place place) {
        const auto removed =
            route_.request(build_no_police(link, place), "policer on " + device(link));
        if (!removed && removed.error().errnum != ENOENT && removed.error().errnum != EINVAL)
            return fail(removed.error());
        return {};
    }

    Socket route_;
    std::optional<Socket> filter_;
    std::optional<Socket> listener_;
};

}  // namespace

base::Result<std::unique_ptr<Host>> open_host() {
    return std::make_unique<RealHost>(TRY(Socket::open(NETLINK_ROUTE)));
}

}  // namespace rtun::netlink

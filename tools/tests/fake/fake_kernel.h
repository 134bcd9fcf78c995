// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kernel in memory: netlink::Kernel with the rules of uapi/linux/rtun.h and none of its
// privileges. Tunnels, sessions, devices, addresses and routes are plain values that a test can
// look at; every verb leaves a line in calls(); any verb can be told to fail; events can be put in
// by hand. Two of them can be joined: what one sends, the other's session of that call id gets.
//
// Not imitated: sequence numbers, acknowledgements, reordering, fragments, MTUs, rates, other
// namespaces, and
// of encryption all but that packets are not sent in clear where they must not be.
#pragma once

#include <base/fd.h>
#include <netlink/kernel.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtun::fake {

struct FakeLink {
    std::string name;
    netlink::SessionId session{};
    bool up = false;
    std::uint32_t mtu = 1500;
    bool ethernet = false;
    bool on_demand = false;
    std::optional<base::Mac> mac{};
    std::uint32_t group = 0;
    std::string kind{};
    std::optional<netlink::LinkIndex> master{};
    netlink::BridgePort port{};
    struct Address {
        base::Ipv4 local;
        base::Ipv4 peer;
        bool operator==(const Address &) const = default;
    };
    std::vector<Address> addresses{};
    std::vector<std::uint64_t> interface_ids{};  // IPv6, link-local
};

class FakeKernel final : public netlink::Kernel {
public:
    // Events that wait to be read; more are lost and the reader gets an Overrun.
    static constexpr std::size_t MaxEvents = 1024;

    FakeKernel();
    ~FakeKernel() override;
    FakeKernel(const FakeKernel &) = delete;
    FakeKernel &operator=(const FakeKernel &) = delete;

    // -- for the test
    // Frames and data of one reach the other, as if tunnel end points stood opposite each other.
    static void connect(FakeKernel &a, FakeKernel &b);
    void disconnect();

    // A Kernel over the same objects, as for a program that ends before the kernel does: when it is
    // destroyed, what the closing of the owner's socket does happens.
    [[nodiscard]] std::unique_ptr<netlink::Kernel> handle();
    void close_owner();

    // The next call (or the next few) of this verb ("tunnel_add", "frame_send", ...) is refused
    // with this error and changes nothing.
    void fail_next(std::string_view verb, base::Error error, int times = 1);
    // An event as if it had come from the kernel.
    void inject(netlink::Event event);
    // A PPP frame as if the peer had sent it.
    void inject_frame(netlink::SessionId session, base::Bytes data);
    // Somebody else deletes it, with this reason.
    void remove_tunnel(netlink::TunnelId id, const std::string &reason);
    void remove_session(netlink::SessionId id, const std::string &reason);
    // The host sends an IP packet out of this device. False: it was dropped (and counted).
    bool send_packet(netlink::LinkIndex link, base::View packet);

    struct Sent {
        netlink::SessionId session{};
        base::Bytes data;
    };
    // One line a call in the order made, "verb arguments...": also those that failed.
    [[nodiscard]] const std::vector<std::string> &calls() const { return calls_; }
    [[nodiscard]] int count(std::string_view verb) const;  // how often it was called
    [[nodiscard]] const std::vector<Sent> &sent() const { return sent_; }  // frames
    [[nodiscard]] const std::map<netlink::LinkIndex, FakeLink> &links() const { return links_; }
    // The state of a session, without leaving a line in calls().
    [[nodiscard]] const netlink::Session &session_of(netlink::SessionId id) const {
        return sessions_.at(id).session;
    }
    [[nodiscard]] const netlink::Tunnel &tunnel_of(netlink::TunnelId id) const {
        return tunnels_.at(id);
    }
    [[nodiscard]] bool has_session(netlink::SessionId id) const { return sessions_.contains(id); }
    // The start keys that the session was given.
    struct Keys {
        base::Secret send;
        base::Secret receive;
    };
    [[nodiscard]] Keys keys_of(netlink::SessionId id) const {
        return {sessions_.at(id).key_tx, sessions_.at(id).key_rx};
    }
    // Packets have gone both ways, of a hundred octets each.
    void count_traffic(netlink::SessionId id, std::uint64_t in, std::uint64_t out) {
        netlink::Stats &stats = sessions_.at(id).session.stats;
        stats.rx_packets += in;
        stats.rx_bytes += in * 100;
        stats.tx_packets += out;
        stats.tx_bytes += out * 100;
    }
    void set_overhead(netlink::SessionId id, std::uint32_t octets) {
        sessions_.at(id).session.overhead = octets;
    }
    void set_path_mtu(netlink::TunnelId id, std::uint32_t mtu) { tunnels_.at(id).pmtu = mtu; }
    // Moves a device to the namespace of this id; here it is gone.
    void move_link(netlink::LinkIndex link, int netnsid);
    // A device of somebody else.
    void add_foreign_link(std::string_view name, std::string_view kind = "");
    // What new tunnels find to be the MTU of their path; 0: nothing yet.
    std::uint32_t path_mtu = 1500;
    [[nodiscard]] const std::vector<netlink::Route> &routes() const { return routes_; }
    [[nodiscard]] const std::optional<std::string> &owner() const { return owner_; }
    // Nothing is left that rtun could have made: no tunnel, session, device, route.
    [[nodiscard]] bool empty() const;

    // What route_to() answers where no own route fits; nothing: no route to host.
    std::optional<netlink::Route> underlay;
    // Called for each frame sent, after it was recorded; false loses it on the way.
    std::function<bool(netlink::SessionId, base::View)> on_frame;
    // Who calls is dead: nothing that it still asks for is done, and no line of it left.
    bool dead = false;
    // Somebody else changes the routes: underlay is what holds from now on. What goes through a
    // device that is gone goes with it, as in a kernel.
    void change_underlay(std::optional<netlink::Route> route);
    // Data and frames from the other kernel are lost, as with a cable that is cut.
    bool deaf = false;

    // -- netlink::Kernel
    base::Result<netlink::Info> info() override;
    base::Status bind_owner(std::string_view name) override;
    base::Result<netlink::TunnelId> tunnel_add(const netlink::TunnelSpec &spec) override;
    base::Status tunnel_set(netlink::TunnelId id, const netlink::TunnelChange &change) override;
    base::Status tunnel_del(netlink::TunnelId id) override;
    base::Result<netlink::Tunnel> tunnel(netlink::TunnelId id) override;
    base::Result<std::vector<netlink::Tunnel>> tunnels() override;
    base::Result<NewSession> session_add(netlink::TunnelId tunnel, std::uint32_t local_id,
                                         const netlink::SessionChange &initial) override;
    base::Status session_set(netlink::SessionId id, const netlink::SessionChange &change) override;
    base::Status session_del(netlink::SessionId id) override;
    base::Result<netlink::Session> session(netlink::SessionId id) override;
    base::Result<std::vector<netlink::Session>> sessions() override;
    base::Status frame_send(netlink::SessionId id, base::View frame) override;
    base::Result<netlink::Link> link_add(std::string_view name,
                                         netlink::SessionId session) override;
    base::Result<netlink::Link> link_add_ethernet(std::string_view name, netlink::SessionId session,
                                                  const netlink::LinkChange &initial) override;
    base::Result<netlink::Link> link_add_on_demand(std::string_view name) override;
    base::Result<std::vector<OnDemand>> links_on_demand() override;
    base::Status session_attach(netlink::SessionId id, netlink::LinkIndex link) override;
    base::Status session_detach(netlink::SessionId id) override;
    base::Status link_set(netlink::LinkIndex link, const netlink::LinkChange &change) override;
    base::Result<netlink::LinkStatus> link_status(netlink::LinkIndex link) override;
    base::Result<netlink::LinkIndex> link_index(std::string_view name) override;
    base::Status link_up(netlink::LinkIndex link, std::uint32_t mtu) override;
    base::Status link_del(netlink::LinkIndex link) override;
    base::Result<std::string> link_name(netlink::LinkIndex link) override;
    base::Status address_add(netlink::LinkIndex link, base::Ipv4 local, base::Ipv4 peer) override;
    base::Status address_del(netlink::LinkIndex link, base::Ipv4 local, base::Ipv4 peer) override;
    base::Status address_add6(netlink::LinkIndex link, std::uint64_t interface_id) override;
    base::Status address_del6(netlink::LinkIndex link, std::uint64_t interface_id) override;
    base::Status route_add(const netlink::Route &route) override;
    base::Status route_del(const netlink::Route &route) override;
    base::Status route_replace(const netlink::Route &route) override;
    base::Result<netlink::Route>
    way_around(base::Ipv4 destination, const std::vector<netlink::LinkIndex> &without) override;
    base::Result<netlink::Route> route_to(base::Ipv4 destination, std::uint32_t fwmark) override;
    base::Result<std::vector<netlink::Route>> own_routes() override;
    base::Status subscribe() override;
    base::Status watch_routes() override;
    std::vector<int> descriptors() const override;
    base::Result<std::vector<netlink::Event>> events() override;

private:
    struct SessionState {
        netlink::Session session;
        std::uint32_t magic = 0;
        base::Secret key_tx;
        base::Secret key_rx;
    };

    // Records the call; the error if it was told to fail.
    base::Status called(std::string line);
    void push(netlink::Event event);
    void tell(netlink::Event event);  // only to subscribers
    void drop_link(netlink::LinkIndex link);
    void apply(SessionState &state, const netlink::SessionChange &change);
    SessionState *opposite(const SessionState &sender);
    SessionState *opposite_bundle(const SessionState &sender);
    void leave_bundle(netlink::Session &link);
    base::Status check_bundle(const netlink::Session &session,
                              const netlink::SessionChange &change) const;
    void apply_bundle(netlink::Session &session, const netlink::SessionChange &change);
    void receive_frame(SessionState &receiver, base::View frame);
    base::Result<netlink::Link> make_link(std::string_view name, netlink::SessionId session);
    [[nodiscard]] base::Status check_tunnel(const netlink::TunnelSpec &spec) const;
    [[nodiscard]] base::Status check_session(const netlink::Tunnel &tunnel, std::uint32_t local_id,
                                             const netlink::SessionChange &initial) const;
    [[nodiscard]] std::optional<netlink::LinkIndex> link_named(std::string_view name) const;

    FakeKernel *other_ = nullptr;
    base::Fd wake_;  // an eventfd that is readable while events wait
    std::deque<netlink::Event> queue_;
    bool subscribed_ = false;
    bool routes_watched_ = false;
    bool overrun_ = false;
    std::optional<std::string> owner_;
    std::vector<std::string> calls_;
    std::vector<Sent> sent_;
    struct Failure {
        std::string verb;
        base::Error error;
        int times = 0;
    };
    std::vector<Failure> failures_;

    std::uint32_t generation_ = 0;
    std::uint32_t next_tunnel_ = 1;
    std::uint32_t next_session_ = 1;
    std::uint32_t next_call_ = 1000;
    int next_link_ = 10;
    netlink::Stats stray_;  // what no session could be charged with
    std::map<netlink::TunnelId, netlink::Tunnel> tunnels_;
    std::map<netlink::SessionId, SessionState> sessions_;
    std::map<netlink::LinkIndex, FakeLink> links_;
    std::vector<netlink::Route> routes_;
};

}  // namespace rtun::fake

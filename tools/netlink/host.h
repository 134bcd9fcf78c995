// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host around our devices, as far as a session's terms reach into it: traffic control on the
// device, proxy ARP on the local network, and our table of the packet filter. Devices, addresses
// and routes are in kernel.h. Nothing here needs the module.
//
// What we put into somebody else's reach carries a mark (RouteProtocol on a proxy entry, the
// comment "rtun" on a set and on an element), so that left-overs can be told from others' things.
#pragma once

#include <base/net.h>
#include <base/result.h>
#include <netlink/kernel.h>

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rtun::netlink {

// A token bucket: in the long run rate, at once burst; what leaves the bucket at once does so no
// faster than peak_rate, apart from peak_burst. Octets and octets per second.
struct Bucket {
    std::uint64_t rate = 0;
    std::uint32_t burst = 0;
    std::uint64_t peak_rate = 0;  // 0: as fast as it comes; else more than rate
    std::uint32_t peak_burst = 0;
    bool operator==(const Bucket &) const = default;
};

// A network that is reached without a gateway.
struct Network {
    base::Ipv4 address;
    std::uint8_t length = 0;
    LinkIndex link{};
    bool operator==(const Network &) const = default;
};

// We answer on this device when somebody asks who has the address.
struct Proxy {
    base::Ipv4 address;
    LinkIndex link{};
    auto operator<=>(const Proxy &) const = default;
};

// The table "inet rtun" as it is. clamp: the set of devices and the chain that goes with it.
struct Filter {
    struct Set {
        bool addresses = false;  // its elements are IPv4 addresses, and nothing belongs to them
        bool interval = false;
        bool ours = false;                  // made by us, and not by the administrator
        std::vector<base::Ipv4> members{};  // those with our mark
    };
    bool table = false;
    bool clamp = false;
    std::vector<std::string> clamped{};  // devices
    std::map<std::string, Set> sets{};   // without that of the devices
};

// The chain that clamps MSS, and the set of the devices it is about.
inline constexpr std::string_view ClampName = "clamp_mss";

// One step of a change of that table.
struct FilterStep {
    enum class Verb : std::uint8_t {
        Table,       // is there
        NoTable,     // is not there; refused (EBUSY) unless it is empty
        Clamp,       // set, chain and rules are there, and are as they should be
        NoClamp,     // are not there
        Set,         // is there; made by us if it was not
        NoSet,       // is not there; refused (EBUSY) if a rule uses it
        Clamped,     // this device is in the set
        NotClamped,  // refused (ENOENT) if it was not
        Member,      // this address is in the set
        NewMember,   // the same, refused (EEXIST) if it was
        NotMember,   // refused (ENOENT) if it was not
    };
    Verb verb = Verb::Table;
    std::string name{};  // of the set or device
    base::Ipv4 address{};
    bool interval = false;  // what the set is like
    bool operator==(const FilterStep &) const = default;
};

class Host {
public:
    virtual ~Host() = default;

    // What leaves through the device; a limit that is there is changed without losing what waits.
    [[nodiscard]] virtual base::Status shape(LinkIndex link, const Bucket &bucket) = 0;
    // What comes in from the device: what is too much is dropped. Changed without a gap.
    [[nodiscard]] virtual base::Status police(LinkIndex link, const Bucket &bucket) = 0;
    [[nodiscard]] virtual base::Status unpolice(LinkIndex link) = 0;

    // ErrorCode::Exists: somebody else has made such an entry, which stays his.
    [[nodiscard]] virtual base::Status proxy_add(const Proxy &proxy) = 0;
    [[nodiscard]] virtual base::Status proxy_del(const Proxy &proxy) = 0;
    [[nodiscard]] virtual base::Result<std::vector<Proxy>> own_proxies() = 0;
    // The networks that the addresses of devices brought along, hosts and peers left out.
    [[nodiscard]] virtual base::Result<std::vector<Network>> networks() = 0;
    // Does what comes in from this device go on to others?
    [[nodiscard]] virtual base::Result<bool> forwards(LinkIndex link) = 0;

    // Devices that run, told when they begin to: the kernel forgets the proxy entries of one that
    // stops. The descriptors are readable when came_up() has something.
    [[nodiscard]] virtual base::Result<std::vector<int>> watch() = 0;
    struct CameUp {
        std::vector<LinkIndex> links{};  // each once
        bool lost = false;               // some were not heard
    };
    [[nodiscard]] virtual base::Result<CameUp> came_up() = 0;

    // All steps or none. EOPNOTSUPP: this kernel has no nf_tables.
    [[nodiscard]] virtual base::Status filter_change(const std::vector<FilterStep> &steps) = 0;
    [[nodiscard]] virtual base::Result<Filter> filter() = 0;
};

// Over the kernel of the current network namespace.
[[nodiscard]] base::Result<std::unique_ptr<Host>> open_host();

}  // namespace rtun::netlink

// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the tool and the daemon say to each other over the control socket: one JSON object a line.
// A request holds the words of a command, which the daemon parses with the same grammar as the
// tool and the configuration file. A reply holds an error, or what was asked for. After a
// `monitor` request the daemon sends events until the connection closes.
#pragma once

#include <base/result.h>
#include <base/secret.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtun::ctl {

inline constexpr std::size_t MaxLine = 1 << 20;   // octets of a request or an event
inline constexpr std::size_t MaxReply = 1 << 26;  // octets of a reply: some ten thousand clients

struct Request {
    std::vector<std::string> words;  // "client", "add", "office", ...
    // Where the command came from, if not from the command line: for messages.
    std::string file;
    std::uint32_t line = 0;

    // A word may be a password.
    ~Request() {
        for (std::string &word : words)
            base::wipe(word);
    }
};

// One client as it stands: the properties that show and -j print.
// One link of a client with multilink.
struct LinkStatus {
    std::string server;     // as configured, "vpn.example.org:1723"
    std::string source;     // address, empty: by route
    std::string interface;  // to leave by, empty: by route
    bool up = false;
    std::string status;                   // "up", "silent", "dialing", "waiting", "not dialed"
    std::optional<std::uint64_t> rate{};  // bit/s
    std::optional<std::uint32_t> tunnel_id{};
    std::optional<std::uint32_t> session_id{};
    std::optional<std::uint64_t> uptime{};  // seconds
    std::string last_error{};               // why it is not up
    std::optional<std::uint64_t> retry_in{};
};

struct ClientStatus {
    std::string name;
    std::string type;  // "pptp"
    bool enabled = true;
    bool running = false;  // connected
    std::string
        status;  // "dialing", "verifying password...", "connected", "disconnected", "terminated"
    std::string comment;
    std::string connect_to;
    std::string user;
    std::string server;     // address and port in use, "192.0.2.10:1723"
    std::string interface;  // empty while there is none
    std::optional<std::uint32_t> tunnel_id;
    std::optional<std::uint32_t> session_id;
    std::optional<std::uint32_t> call_id;
    std::optional<std::uint32_t> peer_call_id;
    std::string authentication;  // method in use: "mschap2"
    std::string encoding = "none";
    bool insecure = false;  // encrypted with a key that can be searched
    std::string local_address;
    std::string remote_address;
    std::vector<std::string> dns;
    std::optional<std::uint32_t> mtu;
    std::optional<std::uint32_t> mru;
    std::optional<std::uint64_t> uptime;       // seconds
    std::optional<std::uint64_t> idle_time{};  // seconds in which nothing was carried
    std::string last_error;                    // why it is not connected, or ended last time
    std::optional<std::uint64_t> retry_in;     // seconds
    std::uint64_t attempts = 0;                // since it was last connected
    std::map<std::string, std::string>
        settings;  // every configured property as words, secrets as "(hidden)"
    std::map<std::string, std::uint64_t> counters;  // of the control connection and PPP
    std::string multilink{};                        // what was agreed, or why there is none
    std::vector<LinkStatus> links{};                // with multilink
    // Of a port of a bridge, which has no addresses:
    std::string bridge{};
    std::string bridging{};            // what was agreed: "tx tagged,management rx tagged"
    std::string mac_address{};         // ours
    std::string remote_mac_address{};  // empty: not told
};

// What the daemon knows of a pseudowire and the kernel does not.
struct PseudowireStatus {
    std::string name;
    bool enabled = true;
    bool present = false;  // in the kernel
    std::string local;     // as configured
    std::string remote;
    std::string last_error;                 // why it is not there
    std::optional<std::uint64_t> retry_in;  // seconds
};

// A property of an object as a word.
struct SettingStatus {
    std::string keyword;
    std::string value;  // of a password: "(hidden)"
    bool by_default = false;
};

// An object of the configuration that is nothing but its properties: a secret, a profile, a pool, a
// server, accounting.
struct ObjectStatus {
    std::string kind;  // "secret"
    std::string name;  // empty: there is one only
    bool enabled = true;
    bool built_in = false;                // a profile that is there always
    std::vector<SettingStatus> settings;  // every property, in the order of the manual
};

// How a server is, beside its properties.
struct ServerStatus {
    std::string name;                    // "pptp"
    std::vector<std::string> listening;  // "192.0.2.1:1723"
    std::string last_error;              // why it does not listen
    std::uint32_t sessions = 0;          // of users that are connected
    std::uint32_t half_open = 0;         // that are not authenticated yet
    std::map<std::string, std::uint64_t> counters;
};

// One of the calls that make a session with multilink.
struct ActiveLink {
    std::string caller_id;
    std::uint32_t session_id = 0;
    std::uint32_t call_id = 0;
    std::uint32_t peer_call_id = 0;
    std::uint32_t mtu = 0;      // of PPP frames
    std::uint64_t uptime = 0;   // seconds since it joined
    std::string status = "up";  // or "silent"
};

// A user that is connected.
struct ActiveStatus {
    std::string user;
    std::string service;    // "pptp"
    std::string caller_id;  // outer address of the user, "203.0.113.9"
    std::string address;    // inner address of the user
    std::string local_address;
    std::string interface;
    std::string profile;
    std::string id;  // of the accounting record
    std::optional<std::uint32_t> session_id;
    std::optional<std::uint32_t> tunnel_id;
    std::optional<std::uint32_t> call_id;
    std::optional<std::uint32_t> peer_call_id;
    std::string authentication;  // "mschap2"
    std::string encoding = "none";
    bool insecure = false;
    bool radius = false;   // authenticated by RADIUS
    bool dynamic = false;  // its interface was made for it, as "<pptp-jack>"
    std::optional<std::uint32_t> mtu;
    std::optional<std::uint32_t> mru;
    std::uint64_t uptime = 0;    // seconds
    std::uint64_t rx_bytes = 0;  // as the session's device counts them
    std::uint64_t tx_bytes = 0;
    std::string multilink;          // what was agreed: "mrru 1500 peer-mrru 1500 ..."
    std::string multilink_refused;  // why there is none though the server asked
    std::vector<ActiveLink> links;  // with multilink
    // Of a port of a bridge, which has no addresses:
    std::string bridge{};
    std::string bridging{};            // what was agreed: "tx tagged,management rx tagged"
    std::string mac_address{};         // ours
    std::string remote_mac_address{};  // empty: not told
};

// An interface of a server: one that is kept for a user, or one of a session.
struct InterfaceStatus {
    std::string name;
    std::string user;
    std::string service;
    std::string comment;
    bool enabled = true;
    bool dynamic = false;
    bool running = false;
    // While it runs:
    std::string client_address;  // the outer one
    std::string address;         // the inner one
    std::optional<std::uint32_t> mtu;
    std::optional<std::uint64_t> uptime;
    std::string encoding;
};

struct PoolStatus {
    std::string pool;
    std::uint64_t total = 0;
    std::uint64_t used = 0;
};

struct LeaseStatus {
    std::string address;
    std::string pool;  // empty: it stands in the configuration
    std::string user;
    std::string owner;  // the id of the accounting record
};

// What is known of one session that is or was.
struct RecordStatus {
    std::string id;
    std::string user;
    std::string service;
    std::string caller_id;
    std::string interface;
    std::string address;
    double started = 0;             // seconds since the epoch
    std::optional<double> stopped;  // nothing: it goes on
    std::uint64_t octets_in = 0;    // in: what the user sent
    std::uint64_t octets_out = 0;
    std::uint64_t packets_in = 0;
    std::uint64_t packets_out = 0;
    std::string cause;  // of the end: a name in the list of reasons
    std::string text;   // and for a human
};

struct Event {
    double time = 0;     // seconds since the epoch
    std::string id;      // "client.up", as in docs/MESSAGES.md
    std::string object;  // "client"
    std::string name;    // which one
    std::string text;
    std::map<std::string, std::string> fields;
};

// One attempt to connect, or a connection, from its beginning to its end: what `why` tells.
struct Story {
    struct Step {
        double time = 0;  // seconds since the epoch
        std::string id;   // of the event
        std::string text;
    };
    std::string object;  // "client", "call"
    std::string name;    // of the client
    std::string user;
    std::string peer;  // address
    std::string interface;
    double began = 0;
    std::optional<double> ended;  // nothing: it goes on
    std::string outcome;  // "refused", "failed", "disconnected" or "terminated" (wanted here)
    std::string cause;    // a name of the list of reasons, rtun(8)
    std::string text;     // the same for a human, with the peer's own words
    std::string layer;
    std::string by;              // "user", "local", "peer"
    std::uint32_t times = 1;     // this came to the same end, so often one after the other ...
    std::uint32_t within = 0;    // ... in so many seconds
    std::uint32_t left_out = 0;  // steps, in the middle
    std::vector<Step> steps;
    std::optional<std::uint64_t> uptime;  // seconds
    std::optional<std::uint64_t> rx_bytes;
    std::optional<std::uint64_t> tx_bytes;
};

struct Reply {
    std::optional<base::Error> error;
    std::vector<ClientStatus> clients;  // of show
    std::vector<PseudowireStatus> pseudowires{};
    std::vector<std::string> lines;       // of export; what save or load has to say
    std::vector<std::string> warnings{};  // what was done and is unwise
    std::vector<ObjectStatus> objects{};
    std::vector<ServerStatus> servers{};
    std::vector<ActiveStatus> active{};
    std::vector<InterfaceStatus> interfaces{};
    std::vector<PoolStatus> pools{};
    std::vector<LeaseStatus> leases{};
    std::vector<RecordStatus> records{};
    std::vector<Story> stories{};  // of why
};

[[nodiscard]] std::string encode(const Request &request);  // with the newline
[[nodiscard]] std::string encode(const Reply &reply);
[[nodiscard]] std::string encode(const Event &event);
[[nodiscard]] base::Result<Request> decode_request(std::string_view line);
[[nodiscard]] base::Result<Reply> decode_reply(std::string_view line);
[[nodiscard]] base::Result<Event> decode_event(std::string_view line);

// /run/rtun/rtun.sock, or /run/rtun/rtun-NETNS.sock with -n; the environment variable RTUN_SOCKET
// overrides both.
[[nodiscard]] std::string socket_path(std::string_view netns);

}  // namespace rtun::ctl

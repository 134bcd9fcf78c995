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

struct Event {
    double time = 0;     // seconds since the epoch
    std::string id;      // "client.up", as in docs/MESSAGES.md
    std::string object;  // "client"
    std::string name;    // which one
    std::string text;
    std::map<std::string, std::string> fields;
};

struct Reply {
    std::optional<base::Error> error;
    std::vector<ClientStatus> clients;  // of show
    std::vector<PseudowireStatus> pseudowires{};
    std::vector<std::string> lines;  // of export; what save or load has to say
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

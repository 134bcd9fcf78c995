// SPDX-License-Identifier: GPL-2.0-or-later
//
// The control connection of PPTP (RFC 2637 sections 2 and 3) as PAC: a server of voluntary tunnels.
// It answers SCCRQ, OCRQ, Set-Link-Info, Echo, Call-Clear-Request and StopCC, and asks its owner
// about each call. One connection may have several calls (a client host with several users). An
// engine over the octets of a TCP connection that somebody else holds; messages may arrive in
// pieces or several at once. What an unauthenticated peer can make it keep is bounded: MaxCalls
// calls and one partly read message.
#pragma once

#include <base/bytes.h>
#include <base/random.h>
#include <base/time.h>
#include <pptp/control.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtun::pptp {

struct ServerOptions {
    std::string host_name{};  // at most 63 octets are sent
    std::string vendor{OwnVendor};
    std::uint16_t receive_window = 64;  // packets we buffer, told to the peer
    std::uint16_t max_calls = 16;       // of one connection; the next is refused (no resources)
    base::Duration start_timeout = std::chrono::seconds(10);  // for SCCRQ after TCP is up
    base::Duration call_timeout = std::chrono::seconds(30);   // for the first OCRQ, and when the
                                                              // last call has ended
    base::Duration echo_interval = std::chrono::seconds(60);  // of silence; zero: never
    base::Duration echo_timeout = std::chrono::seconds(60);   // for the Echo-Reply
    base::Duration stop_timeout = std::chrono::seconds(5);
};

// SCCRQ has come and was answered.
struct PeerUp {
    std::string host_name;  // printable characters only
    std::string vendor;
    std::uint16_t firmware = 0;
};
// OCRQ: accept() or refuse() has to follow. Calls are named by the peer's call id.
struct CallRequested {
    CallId peer;
    std::uint16_t serial = 0;
    std::uint32_t minimum_bps = 0;
    std::uint32_t maximum_bps = 0;
    std::uint16_t peer_window = 0;  // packets
    std::uint16_t processing_delay = 0;
    std::string phone_number;  // printable characters only
    std::string sub_address;
};
// Set-Link-Info of the peer.
struct LinkInfo {
    CallId peer;
    std::uint32_t send_accm = 0;
    std::uint32_t receive_accm = 0;
};
// The call is over, whoever wanted it: after Call-Clear-Request, CDN, or the end of the connection.
// Not for calls that were refused.
struct CallEnded {
    CallId peer;
    EndReason reason;
};
using ServerOutput = std::variant<SendBytes, PeerUp, CallRequested, LinkInfo, CallEnded, Ended>;

// What another program needs to go on with a connection.
struct ServerState {
    PeerUp peer;
    struct Call {
        CallId local;
        CallId peer;
        std::uint16_t peer_window = 0;
    };
    std::vector<Call> calls;
    base::Bytes unread;  // the beginning of a message
    base::Bytes unsent;  // what the owner had not written yet; it fills this in
};

class Server {
public:
    Server(ServerOptions options, base::Random &random);
    ~Server();
    Server(Server &&) noexcept;
    Server &operator=(Server &&) noexcept;

    void start(base::Time now);                             // the TCP connection is up
    void resume(const ServerState &state, base::Time now);  // instead
    // Nothing: the connection is not set up yet, or ends.
    [[nodiscard]] std::optional<ServerState> state() const;

    // local: the call id allotted to our end of the call (by the kernel).
    void accept(CallId peer, CallId local, std::uint32_t connect_bps, base::Time now);
    enum class Refusal : std::uint8_t { NoResources, NotAllowed, Busy };
    void refuse(CallId peer, Refusal why, base::Time now);
    void clear(CallId peer, std::string_view why,
               base::Time now);                       // our end: CDN; CallEnded follows
    void stop(base::Time now, std::string_view why);  // all calls and the connection; Ended follows
    void receive(base::View octets, base::Time now);
    void connection_lost(base::Time now, std::string_view why);
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const;
    [[nodiscard]] std::vector<ServerOutput> take_outputs();
    [[nodiscard]] const ControlCounters &counters() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rtun::pptp

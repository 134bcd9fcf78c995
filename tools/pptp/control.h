// SPDX-License-Identifier: GPL-2.0-or-later
//
// The control connection of PPTP (RFC 2637 sections 2 and 3) as PNS with one outgoing call, which
// is how a voluntary client speaks: SCCRQ, SCCRP, OCRQ, OCRP, Set-Link-Info, Echo both ways,
// Call-Clear and CDN, StopCC. An engine over the octets of a TCP connection that somebody else
// holds; messages may arrive in pieces or several at once.
#pragma once

#include <base/bytes.h>
#include <base/random.h>
#include <base/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtun::pptp {

enum class CallId : std::uint16_t {};

// The vendor name of our own: a peer that says so has the same data path as we have.
inline constexpr std::string_view OwnVendor = "rtun";

struct ControlOptions {
    std::string host_name;  // at most 63 octets are sent
    std::string vendor{OwnVendor};
    std::string phone_number;           // for the OCRQ, at most 63 octets
    std::string sub_address;            // likewise
    std::uint16_t receive_window = 64;  // packets we buffer, told to the peer
    std::uint32_t minimum_bps = 300;
    std::uint32_t maximum_bps = 100000000;
    base::Duration reply_timeout =
        std::chrono::seconds(60);  // SCCRP, OCRP (RFC 2637 section 3.1.4)
    base::Duration echo_interval = std::chrono::seconds(60);  // of silence; zero: never
    base::Duration echo_timeout = std::chrono::seconds(60);   // for the Echo-Reply
    base::Duration stop_timeout = std::chrono::seconds(5);    // for CDN and StopCC-Reply at the end
};

// Why the control connection or the call ended.
struct EndReason {
    enum class Kind : std::uint8_t {
        Requested,       // stop() was called
        ConnectRefused,  // SCCRP with an error, wrong version
        CallRefused,     // OCRP with an error
        CallCleared,     // Call-Disconnect-Notify from the peer
        Stopped,         // StopCC-Request from the peer
        Timeout,         // no reply
        EchoTimeout,     // no Echo-Reply
        ProtocolError,   // not PPTP, or against its rules
        ConnectionLost,  // the TCP connection closed
    };
    Kind kind = Kind::Requested;
    int result = 0;  // the peer's result code, general error code and cause code, 0 if none
    int error = 0;
    int cause = 0;
    std::string text;  // one line for a human with the codes spelled out
};
[[nodiscard]] std::string_view name(EndReason::Kind kind);

struct SendBytes {
    base::Bytes bytes;
};
// SCCRP has come.
struct ControlUp {
    std::string host_name;  // printable characters only
    std::string vendor;
    std::uint16_t firmware = 0;
    std::uint16_t max_channels = 0;
};
// OCRP has come: the GRE path may be used.
struct CallUp {
    CallId local;                        // in what we receive
    CallId peer;                         // in what we send
    std::uint32_t connect_speed = 0;     // bit/s
    std::uint16_t peer_window = 0;       // packets
    std::uint16_t processing_delay = 0;  // 1/10 s
};
// The last output: close the TCP connection once all octets before it have been written.
struct Ended {
    EndReason reason;
};
using Output = std::variant<SendBytes, ControlUp, CallUp, Ended>;

struct ControlCounters {
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t unexpected = 0;     // well-formed but not now: counted and ignored
    std::uint64_t echo_sent = 0;      // our Echo-Requests
    std::uint64_t echo_answered = 0;  // those of them that the peer has answered
    std::uint64_t call_errors = 0;    // WAN-Error-Notify and the like
};

// What another program needs to go on with a connection whose call is up.
struct ControlState {
    ControlUp server;
    CallUp call;
    base::Bytes unread;  // the beginning of a message
    base::Bytes unsent;  // what the owner had not written yet; it fills this in
};

class Control {
public:
    // call is the call id allotted to our end of the call (by the kernel); random outlives this.
    Control(ControlOptions options, CallId call, base::Random &random);
    ~Control();
    Control(Control &&) noexcept;
    Control &operator=(Control &&) noexcept;

    void start(base::Time now);                              // the TCP connection is up
    void resume(const ControlState &state, base::Time now);  // instead; nothing is output for it
    // Nothing: the call is not up yet, or ends.
    [[nodiscard]] std::optional<ControlState> state() const;
    // Clears the call and stops the connection in order; Ended follows, at the latest after
    // stop_timeout.
    void stop(base::Time now, std::string_view why);
    void set_link_info(std::uint32_t send_accm, std::uint32_t receive_accm);  // after LCP
    void receive(base::View octets, base::Time now);
    void connection_lost(base::Time now, std::string_view why);
    void expire(base::Time now);
    [[nodiscard]] base::Deadline deadline() const;
    [[nodiscard]] std::vector<Output> take_outputs();
    [[nodiscard]] const ControlCounters &counters() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rtun::pptp

// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a call ended: which layer knows it, who wanted it, and a line for a human. The first reason
// is kept; what follows from it (the link going down because TCP did) does not replace it.
#pragma once

#include <base/error.h>
#include <ppp/link.h>
#include <pptp/control.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rtun::daemon {

enum class Layer : std::uint8_t { Config, Name, Tcp, Pptp, Ppp, Kernel };
[[nodiscard]] std::string_view name(Layer layer);

enum class Side : std::uint8_t {
    User,   // it was asked for
    Local,  // we could not, or would not, go on
    Peer,   // the server, or its silence
};
[[nodiscard]] std::string_view name(Side side);

// The list of reasons for which attempts and connections end: `why`, events, accounting records and
// scripts share it, and rtun(8), REASONS, is held against it by a test. Names are only ever added.
enum class Cause : std::uint8_t {
    // Asked for here.
    UserRequest,
    AdminKill,
    DaemonStopped,
    ServerDisabled,
    UserRemoved,
    TermsChanged,
    // What was agreed with the user.
    SessionTimeout,
    IdleTimeout,
    Replaced,
    Renegotiated,
    // Before there is a connection.
    Configuration,
    NameNotFound,
    Unreachable,
    // The control connection.
    ConnectRefused,
    CallRefused,
    ControlTimeout,
    ControlEchoTimeout,
    ProtocolError,
    ConnectionLost,
    PeerStopped,
    CallCleared,
    // PPP.
    NegotiationFailed,
    NothingHeard,
    AuthFailed,
    EncryptionFailed,
    ProtocolRejected,
    Looped,
    LostCarrier,
    PeerTerminated,
    LinkDown,
    // A server's own.
    AuthTimeout,
    OnlyOne,
    NoAddress,
    NotConfigured,
    MaxSessions,
    NotAllowed,
    RateLimit,
    HalfOpenLimit,
    MaxLinks,
    BundleMismatch,
    // The host.
    Kernel,
    SessionDeleted,
    InterfaceDeleted,
    DaemonRestarted,
    Lost,
};
struct CauseInfo {
    Cause cause;
    std::string_view name;
    std::string_view words;  // a few, as the last step of a story
};
[[nodiscard]] std::span<const CauseInfo> causes();
[[nodiscard]] const CauseInfo &info(Cause cause);

struct Reason {
    Layer layer = Layer::Kernel;
    Side by = Side::Local;
    base::ErrorCode code = base::ErrorCode::System;  // without meaning if the user wanted it
    std::string text;
    std::optional<Cause> cause{};  // nothing: what the rest says
};
[[nodiscard]] Cause cause_of(const Reason &reason);

[[nodiscard]] Reason user_reason(std::string text);
// A limit or a setting of ours, while nothing is wrong with the peer.
[[nodiscard]] Reason local_reason(Cause cause, std::string text);
[[nodiscard]] Reason kernel_reason(const base::Error &error);
[[nodiscard]] Reason reason_of(const pptp::EndReason &end);
// The counters tell whether the peer was ever heard, which is how a firewall that lets TCP through
// and GRE not is told from a peer that disagrees.
[[nodiscard]] Reason reason_of(const ppp::EndReason &end, const ppp::LinkCounters &counters);

// The exit status of `rtun connect` for this end.
[[nodiscard]] int exit_status(const Reason &reason);

}  // namespace rtun::daemon

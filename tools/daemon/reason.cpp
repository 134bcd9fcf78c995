// SPDX-License-Identifier: GPL-2.0-or-later
//
// The engines' reasons and the kernel's errors in the terms of reason.h.
#include <daemon/reason.h>

#include <base/result.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rtun::daemon {

using base::ErrorCode;

namespace {

constexpr std::array cause_table{
    CauseInfo{Cause::UserRequest, "user-request", "asked for here"},
    CauseInfo{Cause::AdminKill, "admin-kill", "ended by the administrator"},
    CauseInfo{Cause::DaemonStopped, "daemon-stopped", "the daemon was stopped"},
    CauseInfo{Cause::ServerDisabled, "server-disabled", "the server was disabled"},
    CauseInfo{Cause::UserRemoved, "user-removed", "the user is not configured any more"},
    CauseInfo{Cause::TermsChanged, "terms-changed", "the user's settings have changed"},
    CauseInfo{Cause::SessionTimeout, "session-timeout", "session-timeout reached"},
    CauseInfo{Cause::IdleTimeout, "idle-timeout", "idle-timeout reached"},
    CauseInfo{Cause::Replaced, "replaced", "another session took its place"},
    CauseInfo{Cause::Renegotiated, "renegotiated", "the link negotiates anew"},
    CauseInfo{Cause::Configuration, "configuration", "settings refused"},
    CauseInfo{Cause::NameNotFound, "name-not-found", "no address for the name"},
    CauseInfo{Cause::Unreachable, "unreachable", "no tcp connection"},
    CauseInfo{Cause::ConnectRefused, "connect-refused", "control connection refused"},
    CauseInfo{Cause::CallRefused, "call-refused", "call refused"},
    CauseInfo{Cause::ControlTimeout, "control-timeout", "no answer on the control connection"},
    CauseInfo{Cause::ControlEchoTimeout, "control-echo-timeout",
              "no echo on the control connection"},
    CauseInfo{Cause::ProtocolError, "protocol-error", "control messages make no sense"},
    CauseInfo{Cause::ConnectionLost, "connection-lost", "tcp connection lost"},
    CauseInfo{Cause::PeerStopped, "peer-stopped", "control connection stopped by the peer"},
    CauseInfo{Cause::CallCleared, "call-cleared", "call cleared by the peer"},
    CauseInfo{Cause::NegotiationFailed, "negotiation-failed", "no agreement"},
    CauseInfo{Cause::NothingHeard, "nothing-heard", "not one ppp frame from the peer"},
    CauseInfo{Cause::AuthFailed, "auth-failed", "authentication failed"},
    CauseInfo{Cause::EncryptionFailed, "encryption-failed", "encryption failed"},
    CauseInfo{Cause::ProtocolRejected, "protocol-rejected", "protocol rejected"},
    CauseInfo{Cause::Looped, "looped", "looped back"},
    CauseInfo{Cause::LostCarrier, "lost-carrier", "no lcp echo"},
    CauseInfo{Cause::PeerTerminated, "peer-terminated", "ppp terminated by the peer"},
    CauseInfo{Cause::LinkDown, "link-down", "ppp ended"},
    CauseInfo{Cause::AuthTimeout, "auth-timeout", "no proof who it is in time"},
    CauseInfo{Cause::OnlyOne, "only-one", "the user has a session already"},
    CauseInfo{Cause::NoAddress, "no-address", "no address left to give"},
    CauseInfo{Cause::NotConfigured, "not-configured", "settings of the user are missing"},
    CauseInfo{Cause::MaxSessions, "max-sessions", "too many sessions"},
    CauseInfo{Cause::NotAllowed, "not-allowed", "not allowed"},
    CauseInfo{Cause::RateLimit, "rate-limit", "too many connections in a second"},
    CauseInfo{Cause::HalfOpenLimit, "half-open-limit", "too many that are not authenticated yet"},
    CauseInfo{Cause::MaxLinks, "max-links", "too many links in the bundle"},
    CauseInfo{Cause::BundleMismatch, "bundle-mismatch", "the link does not fit its bundle"},
    CauseInfo{Cause::Kernel, "kernel", "kernel said no"},
    CauseInfo{Cause::SessionDeleted, "session-deleted", "deleted in the kernel"},
    CauseInfo{Cause::InterfaceDeleted, "interface-deleted", "its interface was deleted"},
    CauseInfo{Cause::DaemonRestarted, "daemon-restarted", "not to be gone on with by a new daemon"},
    CauseInfo{Cause::Lost, "lost", "end not seen"},
};

}  // namespace

std::span<const CauseInfo> causes() { return cause_table; }

const CauseInfo &info(Cause cause) {
    const auto *const found =
        std::find_if(cause_table.begin(), cause_table.end(),
                     [cause](const CauseInfo &row) { return row.cause == cause; });
    RTUN_ASSERT(found != cause_table.end());
    return *found;
}

Cause cause_of(const Reason &reason) {
    if (reason.cause)
        return *reason.cause;
    if (reason.by == Side::User)
        return Cause::UserRequest;
    switch (reason.layer) {
    case Layer::Config:
        return Cause::Configuration;
    case Layer::Name:
        return Cause::NameNotFound;
    case Layer::Tcp:
        return reason.code == ErrorCode::Unreachable ? Cause::Unreachable : Cause::ConnectionLost;
    case Layer::Pptp:
        return Cause::ProtocolError;
    case Layer::Ppp:
        return Cause::LinkDown;
    case Layer::Kernel:
        return Cause::Kernel;
    }
    return Cause::Lost;
}

std::string_view name(Layer layer) {
    switch (layer) {
    case Layer::Config:
        return "config";
    case Layer::Name:
        return "name";
    case Layer::Tcp:
        return "tcp";
    case Layer::Pptp:
        return "pptp";
    case Layer::Ppp:
        return "ppp";
    case Layer::Kernel:
        return "kernel";
    }
    return "?";
}

std::string_view name(Side side) {
    switch (side) {
    case Side::User:
        return "user";
    case Side::Local:
        return "local";
    case Side::Peer:
        return "peer";
    }
    return "?";
}

Reason user_reason(std::string text) {
    return {Layer::Config, Side::User, ErrorCode::Closed, std::move(text)};
}

Reason local_reason(Cause cause, std::string text) {
    return {Layer::Config, Side::Local, ErrorCode::Refused, std::move(text), cause};
}

Reason kernel_reason(const base::Error &error) {
    return {Layer::Kernel, Side::Local, error.code, error.text};
}

Reason reason_of(const pptp::EndReason &end) {
    using Kind = pptp::EndReason::Kind;
    Reason reason{Layer::Pptp, Side::Peer, ErrorCode::Closed, end.text};
    switch (end.kind) {
    case Kind::Requested:
        reason.by = Side::Local;
        reason.cause = Cause::LinkDown;
        break;
    case Kind::ConnectRefused:
        reason.cause = Cause::ConnectRefused;
        break;
    case Kind::CallRefused:
        reason.cause = Cause::CallRefused;
        break;
    case Kind::CallCleared:
        reason.cause = Cause::CallCleared;
        break;
    case Kind::Stopped:
        reason.cause = Cause::PeerStopped;
        break;
    case Kind::ProtocolError:
        reason.cause = Cause::ProtocolError;
        break;
    case Kind::ConnectionLost:
        reason.layer = Layer::Tcp;
        reason.cause = Cause::ConnectionLost;
        break;
    case Kind::Timeout:
        reason.code = ErrorCode::Unreachable;
        reason.cause = Cause::ControlTimeout;
        break;
    case Kind::EchoTimeout:
        reason.code = ErrorCode::Unreachable;
        reason.cause = Cause::ControlEchoTimeout;
        break;
    }
    return reason;
}

Reason reason_of(const ppp::EndReason &end, const ppp::LinkCounters &counters) {
    using Kind = ppp::EndReason::Kind;
    Reason reason{Layer::Ppp, Side::Peer, ErrorCode::Closed, end.text};
    switch (end.kind) {
    case Kind::Requested:
    case Kind::LowerDown:
        reason.by = Side::Local;
        reason.cause = Cause::LinkDown;
        break;
    case Kind::AuthFailed:
        reason.code = ErrorCode::AuthFailed;
        reason.cause = Cause::AuthFailed;
        break;
    case Kind::EncryptionFailed:
        reason.by = Side::Local;  // who will not go on without
        reason.code = ErrorCode::Refused;
        reason.cause = Cause::EncryptionFailed;
        break;
    case Kind::EchoTimeout:
        reason.code = ErrorCode::Unreachable;
        reason.cause = Cause::LostCarrier;
        break;
    case Kind::NegotiationFailed:
        reason.cause = Cause::NegotiationFailed;
        if (counters.frames_in == 0) {
            reason.code = ErrorCode::Unreachable;
            reason.cause = Cause::NothingHeard;
            reason.text = fmt::format("{} (is GRE, IP protocol 47, let through?)", end.text);
        }
        break;
    case Kind::PeerTerminated:
        reason.cause = Cause::PeerTerminated;
        break;
    case Kind::ProtocolRejected:
        reason.cause = Cause::ProtocolRejected;
        break;
    case Kind::Looped:
        reason.cause = Cause::Looped;
        break;
    }
    return reason;
}

int exit_status(const Reason &reason) {
    return reason.by == Side::User ? 0 : base::exit_status(reason.code);
}

}  // namespace rtun::daemon

// SPDX-License-Identifier: GPL-2.0-or-later
//
// The engines' reasons and the kernel's errors in the terms of reason.h.
#include <daemon/reason.h>

#include <fmt/format.h>

#include <utility>

namespace rtun::daemon {

using base::ErrorCode;

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

Reason kernel_reason(const base::Error &error) {
    return {Layer::Kernel, Side::Local, error.code, error.text};
}

Reason reason_of(const pptp::EndReason &end) {
    using Kind = pptp::EndReason::Kind;
    Reason reason{Layer::Pptp, Side::Peer, ErrorCode::Closed, end.text};
    switch (end.kind) {
    case Kind::Requested:
        reason.by = Side::Local;
        break;
    case Kind::ConnectRefused:
    case Kind::CallRefused:
    case Kind::CallCleared:
    case Kind::Stopped:
    case Kind::ProtocolError:
        break;
    case Kind::ConnectionLost:
        reason.layer = Layer::Tcp;
        break;
    case Kind::Timeout:
    case Kind::EchoTimeout:
        reason.code = ErrorCode::Unreachable;
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
        break;
    case Kind::AuthFailed:
        reason.code = ErrorCode::AuthFailed;
        break;
    case Kind::EncryptionFailed:
        reason.by = Side::Local;  // who will not go on without
        reason.code = ErrorCode::Refused;
        break;
    case Kind::EchoTimeout:
        reason.code = ErrorCode::Unreachable;
        break;
    case Kind::NegotiationFailed:
        if (counters.frames_in == 0) {
            reason.code = ErrorCode::Unreachable;
            reason.text = fmt::format("{} (is GRE, IP protocol 47, let through?)", end.text);
        }
        break;
    case Kind::PeerTerminated:
    case Kind::ProtocolRejected:
    case Kind::Looped:
        break;
    }
    return reason;
}

int exit_status(const Reason &reason) {
    return reason.by == Side::User ? 0 : base::exit_status(reason.code);
}

}  // namespace rtun::daemon

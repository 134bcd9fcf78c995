// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words for phases and reasons, as status and messages have them.
#include <ppp/link.h>

namespace rtun::ppp {

std::string_view name(Phase phase) {
    switch (phase) {
    case Phase::Dead:
        return "dead";
    case Phase::Establish:
        return "establish";
    case Phase::Authenticate:
        return "authenticate";
    case Phase::Network:
        return "network";
    case Phase::Terminate:
        return "terminate";
    }
    return "?";
}

std::string_view name(EndReason::Kind kind) {
    switch (kind) {
    case EndReason::Kind::Requested:
        return "requested";
    case EndReason::Kind::PeerTerminated:
        return "peer-terminated";
    case EndReason::Kind::AuthFailed:
        return "auth-failed";
    case EndReason::Kind::NegotiationFailed:
        return "negotiation-failed";
    case EndReason::Kind::EchoTimeout:
        return "echo-timeout";
    case EndReason::Kind::ProtocolRejected:
        return "protocol-rejected";
    case EndReason::Kind::LowerDown:
        return "lower-down";
    case EndReason::Kind::Looped:
        return "looped";
    case EndReason::Kind::EncryptionFailed:
        return "encryption-failed";
    }
    return "?";
}

}  // namespace rtun::ppp

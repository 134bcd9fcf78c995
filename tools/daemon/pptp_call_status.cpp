// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a call is in the kernel and what its engines have counted, for `client show`.
#include <daemon/pptp_call.h>

namespace rtun::daemon {

namespace {

void count(std::map<std::string, std::uint64_t> &out, const pptp::ControlCounters &counters) {
    out["control_messages_in"] = counters.messages_in;
    out["control_messages_out"] = counters.messages_out;
    out["control_unexpected"] = counters.unexpected;
    out["control_echo_sent"] = counters.echo_sent;
    out["control_echo_answered"] = counters.echo_answered;
    out["control_call_errors"] = counters.call_errors;
}

void count(std::map<std::string, std::uint64_t> &out, const ppp::LinkCounters &counters) {
    out["ppp_frames_in"] = counters.frames_in;
    out["ppp_frames_out"] = counters.frames_out;
    out["ppp_malformed"] = counters.malformed;
    out["ppp_unexpected"] = counters.unexpected;
    out["ppp_echo_sent"] = counters.echo_sent;
    out["ppp_echo_missed"] = counters.echo_missed;
    out["ppp_rejected"] = counters.rejected;
}

}  // namespace

void PptpCall::describe(ctl::ClientStatus &status, base::Time /*now*/) const {
    if (const auto tunnel = plumbing_.tunnel_id())
        status.tunnel_id = static_cast<std::uint32_t>(*tunnel);
    if (const auto session = plumbing_.session_id()) {
        status.session_id = static_cast<std::uint32_t>(*session);
        status.call_id = plumbing_.call_id();
        if (link_)
            status.peer_call_id = peer_call_;
    }
    if (control_)
        count(status.counters, control_->counters());
    if (link_)
        count(status.counters, link_->counters());
    status.counters["early_frames_dropped"] = counters_.held_dropped;
    status.counters["frames_overrun"] = counters_.overrun;
    status.counters["frames_not_sent"] = counters_.send_failed;
}

}  // namespace rtun::daemon

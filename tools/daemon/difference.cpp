// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every member of config::Client stands in exactly one of the comparisons below.
#include <daemon/difference.h>

namespace rtun::daemon {

Difference difference(const config::Client &a, const config::Client &b) {
    Difference d;
    const bool ways = a.connect_to != b.connect_to || a.src_address != b.src_address ||
                      a.src_interface != b.src_interface;
    const bool sharing =
        a.link_rate != b.link_rate || a.mp_mode != b.mp_mode || a.mp_loss_time != b.mp_loss_time;
    const bool other_mrru = a.mrru != b.mrru;
    // With multilink the ways are links. On demand they are kept open while there is none, too.
    const bool bundle = !other_mrru && a.mrru != 0;
    const bool live = bundle && !(ways && b.dial_on_demand);
    d.redial = (ways && !live) || other_mrru || a.name != b.name || a.user != b.user ||
               !a.password.same_as(b.password.reveal()) || a.password_file != b.password_file ||
               a.allow != b.allow || a.profile != b.profile || a.encryption != b.encryption ||
               a.mppe != b.mppe || a.ipv6 != b.ipv6 || a.quirks != b.quirks ||
               a.dial_on_demand != b.dial_on_demand || a.idle_timeout != b.idle_timeout ||
               a.host_route != b.host_route || a.mppe_stateful != b.mppe_stateful ||
               a.mppe_resync != b.mppe_resync || a.max_mtu != b.max_mtu || a.max_mru != b.max_mru ||
               a.use_peer_dns != b.use_peer_dns || a.keepalive != b.keepalive ||
               a.phone != b.phone || a.fwmark != b.fwmark || a.echo_interval != b.echo_interval ||
               a.echo_timeout != b.echo_timeout || a.port != b.port;
    d.enabled = a.enabled != b.enabled;
    d.route = a.add_default_route != b.add_default_route ||
              a.default_route_distance != b.default_route_distance;
    d.reorder = a.reorder_slots != b.reorder_slots || a.reorder_time != b.reorder_time ||
                a.test_type != b.test_type || a.test_rate != b.test_rate;
    d.links = live && (ways || sharing);
    d.any = d.redial || d.links || sharing || d.enabled || d.route || d.reorder ||
            a.comment != b.comment || a.log_tag != b.log_tag;
    return d;
}

}  // namespace rtun::daemon

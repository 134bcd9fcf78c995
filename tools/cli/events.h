// SPDX-License-Identifier: GPL-2.0-or-later
//
// Events as `monitor` prints them: one object each, its text in one line. In JSON all have time,
// id, source and object; those of the daemon further name, text and fields, as `connect` prints
// them (ctl::encode), those of the kernel what they are about.
#pragma once

#include <cli/output.h>
#include <ctl/message.h>
#include <netlink/kernel.h>

#include <string_view>

namespace rtun::cli {

// what: "tunnel", "session" or "all". That events were lost concerns everybody.
[[nodiscard]] bool is_about(const netlink::Event &event, std::string_view what);

void print_event(Output &out, const Options &options, const netlink::Event &event, double time);
void print_event(Output &out, const Options &options, const ctl::Event &event);

}  // namespace rtun::cli

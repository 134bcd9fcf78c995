// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the commands do. Each takes what it needs from the context, so that a test can give it a
// kernel of its own, and leaves its answer in the output.
#pragma once

#include <base/result.h>
#include <cli/args.h>
#include <cli/output.h>
#include <config/grammar.h>
#include <ctl/message.h>
#include <netlink/kernel.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rtun::cli {

struct Context {
    const Options &options;
    Output &out;
    std::function<base::Result<std::unique_ptr<netlink::Kernel>>()> open_kernel;
    std::string socket;  // of the daemon
};

// Asks the kernel.
[[nodiscard]] base::Status show_sessions(Context &context, const config::SessionShow &what);
[[nodiscard]] base::Status show_bundles(Context &context, const config::BundleShow &what);
[[nodiscard]] base::Status show_tunnels(Context &context, const config::TunnelShow &what);

[[nodiscard]] base::Status show_pseudowires(Context &context, const config::PseudowireShow &what);
// Those of the kernel; none if it cannot be asked.
[[nodiscard]] std::vector<std::string> pseudowire_names();
// add, set, del, enable: by the daemon if one runs, else done on the kernel.
template <typename Command>
[[nodiscard]] base::Status run_pseudowire(Context &context, const Command &command,
                                          const ctl::Request &request);

// Asks the daemon.
[[nodiscard]] base::Result<ctl::Reply> ask(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_clients(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_objects(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_pools(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_pool_usage(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_servers(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_interfaces(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_active(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_leases(Context &context, const ctl::Request &request);
[[nodiscard]] base::Status show_records(Context &context, const ctl::Request &request);
// request: with the file's whole path.
[[nodiscard]] base::Status import_file(Context &context, const config::SecretImport &what,
                                       const ctl::Request &request);
[[nodiscard]] base::Status import_file(Context &context, const config::ConfigImport &what,
                                       const ctl::Request &request);
[[nodiscard]] base::Status why(Context &context, const config::Why &what,
                               const ctl::Request &request);
// Commands that the daemon carries out and that answer with lines, or nothing.
[[nodiscard]] base::Status tell_daemon(Context &context, const ctl::Request &request);

[[nodiscard]] base::Status check_config(Context &context, const config::ConfigCheck &what);

// "Warning: ...", a line each, on standard error.
void warn(const std::vector<std::string> &warnings);
// Until a signal, so many frames, or the end of the session or of the reader.
[[nodiscard]] base::Status capture(Context &context, const config::Capture &what);

// Both run until a signal, or until the reader has gone.
[[nodiscard]] base::Status monitor_client(Context &context, const config::ClientMonitor &what);
[[nodiscard]] base::Status monitor(Context &context, const config::Monitor &what);

}  // namespace rtun::cli

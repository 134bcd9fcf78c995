// SPDX-License-Identifier: GPL-2.0-or-later
//
// `config check`: the same reading as the daemon's, and nothing done with it.
#include <cli/commands.h>

#include <fmt/format.h>

namespace rtun::cli {

base::Status check_config(Context &context, const config::ConfigCheck &what) {
    const config::Config config = TRY(config::read_file(what.file));
    Output &out = context.out;
    out.open();
    out.text("file", "{}: ok", what.file);
    out.shown(
        "clients", std::uint64_t{config.clients.size()},
        fmt::format("{} client{}", config.clients.size(), config.clients.size() == 1 ? "" : "s"));
    out.close();
    return {};
}

}  // namespace rtun::cli

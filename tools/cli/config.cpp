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
    const auto counted = [&out](std::string_view key, std::string_view one, std::size_t count) {
        out.shown(key, std::uint64_t{count},
                  fmt::format("{} {}{}", count, one, count == 1 ? "" : "s"));
    };
    counted("clients", "client", config.clients.size());
    counted("pseudowires", "pseudowire", config.pseudowires.size());
    out.close();
    return {};
}

}  // namespace rtun::cli

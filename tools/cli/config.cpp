// SPDX-License-Identifier: GPL-2.0-or-later
//
// `config check`: the same reading as the daemon's, and nothing done with it.
#include <cli/commands.h>

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtun::cli {

base::Status check_config(Context &context, const config::ConfigCheck &what) {
    const config::Config config = TRY(config::read_file(what.file));
    Output &out = context.out;
    out.open();
    out.text("file", "{}: ok", what.file);
    // What there need not be is not spoken of in text.
    enum class If : std::uint8_t { Always, Any };
    const auto counted = [&out](std::string_view key, std::string_view one, std::size_t count,
                                If when = If::Any) {
        const bool shown = when == If::Always || count > 0;
        out.shown(key, std::uint64_t{count},
                  shown ? fmt::format("{} {}{}", count, one, count == 1 ? "" : "s") : "");
    };
    counted("clients", "client", config.clients.size(), If::Always);
    counted("pseudowires", "pseudowire", config.pseudowires.size(), If::Always);
    counted("secrets", "secret", config.secrets.size());
    counted("profiles", "profile", config.profiles.size());
    counted("pools", "pool", config.pools.size());
    counted("interfaces", "interface", config.interfaces.size());
    out.close();
    warn(config::warnings(config));
    return {};
}

}  // namespace rtun::cli

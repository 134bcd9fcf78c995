// SPDX-License-Identifier: GPL-2.0-or-later
//
// `secret import` and `config import`: by the daemon, all of it or nothing; with dry-run here, as
// the commands that would do it, with what cannot be had as comments among them.
#include <cli/commands.h>

#include <config/import.h>

#include <fmt/format.h>

namespace rtun::cli {

namespace {

base::Status print(Context &context, const config::Imported &imported, config::Reveal secrets) {
    for (const std::string &note : imported.notes)
        context.out.item("# " + note);
    for (const std::string &line : config::export_lines(imported.config, secrets))
        context.out.item(line);
    warn(config::warnings(imported.config));
    return {};
}

}  // namespace

base::Status import_file(Context &context, const config::SecretImport &what,
                         const ctl::Request &request) {
    if (!what.dry_run)
        return tell_daemon(context, request);
    return print(context, TRY(config::import_secrets_file(what.file)), what.secrets);
}

base::Status import_file(Context &context, const config::ConfigImport &what,
                         const ctl::Request &request) {
    if (!what.dry_run)
        return tell_daemon(context, request);
    return print(context, TRY(config::import_pptpd_file(what.file)), what.secrets);
}

}  // namespace rtun::cli

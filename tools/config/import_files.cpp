// SPDX-License-Identifier: GPL-2.0-or-later
//
// The importers on files.
#include <config/import.h>

#include <base/secret.h>
#include <config/text_file.h>

#include <fmt/format.h>

#include <utility>

namespace rtun::config {

using base::Result;

namespace {

// A text that may hold passwords.
struct Wiped {
    std::string text;
    Wiped() = default;
    Wiped(const Wiped &) = delete;
    Wiped &operator=(const Wiped &) = delete;
    ~Wiped() { base::wipe(text); }
};

}  // namespace

Result<Imported> import_secrets_file(const std::string &path) {
    Wiped file;
    const Openness openness = TRY(read_text(path, file.text, Openness::OpenToOthers));
    Imported imported = import_chap_secrets(file.text, path);
    if (openness == Openness::OpenToOthers)
        imported.notes.insert(
            imported.notes.begin(),
            fmt::format("{}: others than its owner may read these passwords: chmod 600 {}", path,
                        path));
    return imported;
}

Result<Imported> import_pptpd_file(const std::string &path) {
    Wiped server;
    (void)TRY(read_text(path, server.text, Openness::OpenToOthers));
    const std::string named = pptpd_option_file(server.text);
    if (named.empty()) {
        Imported imported =
            import_pptpd({.file = path, .text = server.text}, {.file = {}, .text = {}});
        imported.notes.push_back(fmt::format("{}: names no file of options (option FILE)", path));
        return imported;
    }
    Wiped options;
    (void)TRY(read_text(named, options.text, Openness::OpenToOthers));
    return import_pptpd({.file = path, .text = server.text}, {.file = named, .text = options.text});
}

}  // namespace rtun::config

// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files of pppd and pptpd: any text is one. What is made of it is a configuration that can be read,
// and what is said of it are lines.
#include <config/import.h>

#include <config/grammar.h>
#include <fuzz/target.h>

#include <string>
#include <string_view>

using namespace rtun;
using fuzz::check;

namespace {

void can_be_read(const config::Imported &imported) {
    std::string text;
    for (const std::string &line : config::export_lines(imported.config, config::Reveal::Show))
        text += line + "\n";
    check(config::parse_file(text, "import").has_value(), "what is imported can be read");
    check(imported.notes.size() <= 1002, "notes are bounded");
    for (const std::string &note : imported.notes)
        check(note.find('\n') == std::string::npos, "a note is one line");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(data, data + size);
    can_be_read(config::import_chap_secrets(text, "chap-secrets"));
    static_cast<void>(config::pptpd_option_file(text));
    can_be_read(config::import_pptpd({.file = "pptpd.conf", .text = text},
                                     {.file = "options", .text = text}));
    return 0;
}

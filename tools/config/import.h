// SPDX-License-Identifier: GPL-2.0-or-later
//
// Other programs' files as a configuration: users of pppd (chap-secrets), a server of pptpd
// (pptpd.conf and the options of pppd that it names). What cannot be had here is said, with its
// line; nothing is left out in silence that would have changed what a session is or who may have
// one.
#pragma once

#include <base/result.h>
#include <config/model.h>

#include <string>
#include <string_view>
#include <vector>

namespace rtun::config {

struct Imported {
    Config config;
    std::vector<std::string> notes;  // "FILE:LINE: what could not be carried over"
};

// CLIENT SERVER SECRET [ADDRESS...], quoted and escaped as pppd reads it.
[[nodiscard]] Imported import_chap_secrets(std::string_view text, std::string_view file);

// The file that "option" names in a pptpd.conf; empty: none.
[[nodiscard]] std::string pptpd_option_file(std::string_view text);
// A profile and a pool "pptpd" and the PPTP server with them.
struct TextOf {
    std::string_view file;
    std::string_view text;
};
[[nodiscard]] Imported import_pptpd(TextOf server, TextOf options);

// The same from files.
[[nodiscard]] base::Result<Imported> import_secrets_file(const std::string &path);
[[nodiscard]] base::Result<Imported> import_pptpd_file(const std::string &path);

}  // namespace rtun::config

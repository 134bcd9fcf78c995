// SPDX-License-Identifier: GPL-2.0-or-later
//
// pppd's chap-secrets (and pap-secrets, which has the same form). A password is carried over and
// never told.
#include <config/import.h>

#include <config/import_words.h>
#include <config/values.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace rtun::config {

namespace {

class ChapImport {
public:
    ChapImport(std::string_view text, std::string_view file) : reader_(text), file_(file) {}

    Imported run() {
        while (const auto line = reader_.next())
            take(*line);
        imported_.notes = notes_.take();
        return std::move(imported_);
    }

private:
    void note(const PppLine &line, std::string_view text) { notes_.add(file_, line.number, text); }

    void take(const PppLine &line) {
        const auto &words = line.words;
        if (line.cut_off)
            return note(line, "a word is longer than pppd takes: the line is passed over");
        if (words.size() < 3)
            return note(line, "CLIENT SERVER SECRET are not all there: the line is passed over");
        Secret secret;
        secret.name = words[0].text;
        if (secret.name == "*")
            return note(line, "a user of any name cannot be had: the line is passed over");
        const std::string who = shown(secret.name);
        if (const auto named = check_user_name(secret.name); !named)
            return note(line,
                        fmt::format("user \"{}\" is passed over: {}", who, named.error().text));
        if (names_.contains(secret.name))
            return note(line,
                        fmt::format("user \"{}\" stands there twice: the first is kept", who));
        if (!take_password(line, who, secret))
            return;
        take_service(line, who, secret);
        take_addresses(line, who, secret);
        names_.insert(secret.name);
        imported_.config.secrets.push_back(std::move(secret));
    }

    // Whether there is one that can be kept.
    bool take_password(const PppLine &line, const std::string &who, Secret &secret) {
        const std::string &text = line.words[2].text;
        if (text.starts_with('@')) {  // pppd: the secret stands in a file
            const std::string path = text.substr(1);
            if (check_absolute_path(path)) {
                secret.password_file = path;
                return true;
            }
            note(line, fmt::format("user \"{}\" is passed over: the file of its password is named "
                                   "without its whole path",
                                   who));
            return false;
        }
        if (const auto checked = check_text(text, {1, 255}); !checked) {
            note(line, fmt::format("user \"{}\" is passed over: {}", who,
                                   text.empty() ? "it has no password"
                                                : "its password: " + checked.error().text));
            return false;
        }
        secret.password = base::Secret(text);
        return true;
    }

    // The second word is what the server calls itself; these are the usual ones.
    void take_service(const PppLine &line, const std::string &who, Secret &secret) {
        constexpr std::array<std::pair<std::string_view, Service>, 6> known{
            {{"*", Service::Any},
             {"pptpd", Service::Pptp},
             {"pptp", Service::Pptp},
             {"l2tpd", Service::L2tp},
             {"xl2tpd", Service::L2tp},
             {"l2tp", Service::L2tp}}};
        const std::string &server = line.words[1].text;
        const auto found = std::find_if(known.begin(), known.end(),
                                        [&](const auto &row) { return row.first == server; });
        if (found != known.end()) {
            secret.service = found->second;
            return;
        }
        note(line,
             fmt::format("user \"{}\": the server \"{}\" is not kept, it may use every service",
                         who, shown(server)));
    }

    void take_addresses(const PppLine &line, const std::string &who, Secret &secret) {
        const auto begin = line.words.begin() + 3;
        const auto end = std::find_if(begin, line.words.end(),
                                      [](const Word &word) { return word.text == "--"; });
        if (end != line.words.end())
            note(line, fmt::format("user \"{}\": options of its own are not kept", who));
        if (begin == end)
            return note(line, fmt::format("user \"{}\": no address is allowed by pppd; it gets one "
                                          "from its profile",
                                          who));
        const std::string &first = begin->text;
        if (end - begin == 1 && first == "*")
            return;
        if (end - begin == 1 && first == "-") {
            secret.enabled = false;
            return note(line,
                        fmt::format("user \"{}\": may have no address, so it is disabled", who));
        }
        const auto address = parse_host_address(first);
        if (end - begin == 1 && address) {
            secret.remote_address.from = *address;
            return;
        }
        note(line, fmt::format("user \"{}\": the list of its addresses is not kept, it gets one "
                               "from its profile",
                               who));
    }

    PppReader reader_;
    std::string_view file_;
    Imported imported_;
    Notes notes_;
    std::set<std::string, std::less<>> names_;
};

}  // namespace

Imported import_chap_secrets(std::string_view text, std::string_view file) {
    return ChapImport(text, file).run();
}

}  // namespace rtun::config

// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the control socket asks, done: words through the grammar to the clients, the pseudowires,
// the directory of what is served and the sessions of who is, and the answer back.
#pragma once

#include <config/grammar.h>
#include <config/import.h>
#include <ctl/message.h>
#include <daemon/clients.h>
#include <daemon/directory.h>
#include <daemon/history.h>
#include <daemon/pseudowires.h>
#include <daemon/sessions.h>

#include <string>
#include <string_view>
#include <vector>

namespace rtun::daemon {

class Commands {
public:
    // config_file: what `config save` and `config load` mean when they name no file.
    Commands(Clients &clients, Pseudowires &pseudowires, Directory &directory, Sessions &sessions,
             const History &history, std::string config_file)
        : clients_(clients), pseudowires_(pseudowires), directory_(directory), sessions_(sessions),
          history_(history), config_file_(std::move(config_file)) {}

    struct Answer {
        ctl::Reply reply;
        bool subscribe = false;  // events from now on
    };
    [[nodiscard]] Answer execute(const ctl::Request &request);

    // The configuration file anew; what changed, in words.
    [[nodiscard]] base::Result<std::string> load(const std::string &file);
    [[nodiscard]] config::Config config() const;

private:
    [[nodiscard]] base::Result<Answer> try_execute(const ctl::Request &request);
    [[nodiscard]] base::Result<std::string> file_or_own(const std::string &file) const;

    // Clients, pseudowires and interfaces of users are named after their interfaces.
    template <typename T>
    [[nodiscard]] base::Status check_name_free(const config::Add<T> &add) const;

    // -- rows: one a command
    [[nodiscard]] base::Status run(const config::ConfigSave &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::ConfigLoad &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::ConfigCheck &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::SecretImport &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::ConfigImport &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::Show<config::ServerInterface> &what,
                                   Answer &answer);
    [[nodiscard]] base::Status run(const config::Show<config::PptpServer> &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::Show<config::Pool> &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::PoolUsage &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::LeaseShow &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::ActiveShow &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::ActiveKill &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::AccountingShow &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::Why &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::Capture &what, Answer &answer);
    template <typename T>
    [[nodiscard]] base::Status run(const config::Add<T> &what, Answer &answer);
    template <typename T>
    [[nodiscard]] base::Status run(const config::Set<T> &what, Answer &answer);
    template <typename T>
    [[nodiscard]] base::Status run(const config::Del<T> &what, Answer &answer);
    template <typename T>
    [[nodiscard]] base::Status run(const config::Enable<T> &what, Answer &answer);
    template <typename T>
    [[nodiscard]] base::Status run(const config::Show<T> &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::Monitor &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::Export &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::SessionShow &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::TunnelShow &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::BundleShow &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::ClientMonitor &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::Connect &what, Answer &answer);
    [[nodiscard]] base::Status run(const config::Daemon &what, Answer &answer);

    [[nodiscard]] std::vector<ctl::PoolStatus> usage(std::string_view pool) const;
    [[nodiscard]] base::Status take_in(const std::string &file, const config::Imported &imported,
                                       Answer &answer);

    Clients &clients_;
    Pseudowires &pseudowires_;
    Directory &directory_;
    Sessions &sessions_;
    const History &history_;
    std::string config_file_;
};

}  // namespace rtun::daemon

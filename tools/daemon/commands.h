// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the control socket asks, done: words through the grammar to the clients and
// pseudowires, and the answer back.
#pragma once

#include <config/grammar.h>
#include <ctl/message.h>
#include <daemon/clients.h>
#include <daemon/history.h>
#include <daemon/pseudowires.h>

#include <string>
#include <vector>

namespace rtun::daemon {

class Commands {
public:
    // config_file: what `config save` and `config load` mean when they name no file.
    Commands(Clients &clients, Pseudowires &pseudowires, const History &history,
             std::string config_file)
        : clients_(clients), pseudowires_(pseudowires), history_(history),
          config_file_(std::move(config_file)) {}

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

    [[nodiscard]] base::Result<std::vector<ctl::Story>> why(const std::string &subject) const;
    [[nodiscard]] base::Status check_name_free(const config::Command &command) const;

    Clients &clients_;
    Pseudowires &pseudowires_;
    const History &history_;
    std::string config_file_;
};

}  // namespace rtun::daemon

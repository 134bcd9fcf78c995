// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the control socket asks, done: words through the grammar to the clients, and the answer
// back.
#pragma once

#include <ctl/message.h>
#include <daemon/clients.h>

#include <string>

namespace rtun::daemon {

class Commands {
public:
    // config_file: what `config save` and `config load` mean when they name no file.
    Commands(Clients &clients, std::string config_file)
        : clients_(clients), config_file_(std::move(config_file)) {}

    struct Answer {
        ctl::Reply reply;
        bool subscribe = false;  // events from now on
    };
    [[nodiscard]] Answer execute(const ctl::Request &request);

    // The configuration file anew; what changed, in words.
    [[nodiscard]] base::Result<std::string> load(const std::string &file);

private:
    [[nodiscard]] base::Result<Answer> try_execute(const ctl::Request &request);
    [[nodiscard]] base::Result<std::string> file_or_own(const std::string &file) const;

    Clients &clients_;
    std::string config_file_;
};

}  // namespace rtun::daemon

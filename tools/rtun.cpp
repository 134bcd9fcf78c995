// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one program: the command line, with the two commands that are programs of their own.
#include <cli/cli.h>
#include <daemon/connect.h>
#include <daemon/daemon.h>

int main(int argc, char **argv) {
    using namespace rtun;
    const cli::Programs programs{
        .version = RTUN_VERSION,
        .connect =
            [](const config::Connect &connect, const cli::Options &options) {
                return daemon::run_connect(
                    connect.client, {.json = options.json, .most_verbose = connect.log_level});
            },
        .daemon =
            [](const config::Daemon &daemon, const cli::Options &options) {
                return daemon::run_daemon(daemon.file, options.netns, daemon.log_level);
            },
    };
    return cli::run(argc, argv, programs);
}

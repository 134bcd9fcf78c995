// SPDX-License-Identifier: GPL-2.0-or-later
//
// Events on their way to the log.
#include <daemon/events.h>

#include <string>

namespace rtun::daemon {

void log_event(base::log::Level level, const ctl::Event &event) {
    const auto field = [&](const char *key) {
        const auto found = event.fields.find(key);
        return found == event.fields.end() ? std::string() : found->second;
    };
    base::log::write(level, event.id,
                     {{"RTUN_CLIENT", event.name},
                      {"RTUN_SERVER", field("server")},
                      {"RTUN_INTERFACE", field("interface")},
                      {"RTUN_LAYER", field("layer")},
                      {"RTUN_BY", field("by")}},
                     (field("tag").empty() ? event.name : field("tag")) + ": " + event.text);
}

void tell_resolver(const World &world, const EventSink &sink, const std::string &interface,
                   const std::string &why) {
    ctl::Event event;
    event.time = world.epoch();
    event.id = event_id::Resolver;
    event.object = "client";
    event.name = interface;
    event.text = "name servers: " + why;
    event.fields = {{"interface", interface}, {"reason", why}};
    sink(base::log::Level::Warning, event);
}

}  // namespace rtun::daemon

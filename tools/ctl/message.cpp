// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of the control socket to and from JSON. Decoding believes nothing: a field of another
// type than expected refuses the message, a field that is not known is ignored so that tool and
// daemon of neighbouring versions understand each other.
#include <ctl/message.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <limits>
#include <type_traits>
#include <utility>

namespace rtun::ctl {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 9> error_names{{
    {ErrorCode::Invalid, "invalid"},
    {ErrorCode::Refused, "refused"},
    {ErrorCode::NotFound, "not_found"},
    {ErrorCode::Exists, "exists"},
    {ErrorCode::NoDaemon, "no_daemon"},
    {ErrorCode::Unreachable, "unreachable"},
    {ErrorCode::AuthFailed, "auth_failed"},
    {ErrorCode::Closed, "closed"},
    {ErrorCode::System, "system"},
}};

// -- out

std::string line_of(const Json &json) {
    // Text that is not UTF-8 (a file name in an error) must not throw.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void put(Json &json, const char *key, const std::string &value) {
    if (!value.empty())
        json[key] = value;
}

template <typename Number>
void put(Json &json, const char *key, const std::optional<Number> &value) {
    if (value)
        json[key] = *value;
}

template <typename Container>
void put_all(Json &json, const char *key, const Container &values) {
    if (!values.empty())
        json[key] = values;
}

Json to_json(const Error &error) {
    Json json;
    for (const auto &[code, name] : error_names) {
        if (code == error.code)
            json["code"] = name;
    }
    json["text"] = error.text;
    if (error.errnum != 0)
        json["errno"] = error.errnum;
    return json;
}

Json to_json(const LinkStatus &l) {
    Json json{{"server", l.server}, {"up", l.up}};
    put(json, "source", l.source);
    put(json, "interface", l.interface);
    put(json, "status", l.status);
    put(json, "rate", l.rate);
    put(json, "tunnel_id", l.tunnel_id);
    put(json, "session_id", l.session_id);
    put(json, "uptime", l.uptime);
    put(json, "last_error", l.last_error);
    put(json, "retry_in", l.retry_in);
    return json;
}

Json to_json(const ClientStatus &c) {
    Json json{{"name", c.name}, {"type", c.type}, {"enabled", c.enabled}, {"running", c.running}};
    put(json, "status", c.status);
    put(json, "comment", c.comment);
    put(json, "connect_to", c.connect_to);
    put(json, "user", c.user);
    put(json, "server", c.server);
    put(json, "interface", c.interface);
    put(json, "tunnel_id", c.tunnel_id);
    put(json, "session_id", c.session_id);
    put(json, "call_id", c.call_id);
    put(json, "peer_call_id", c.peer_call_id);
    put(json, "authentication", c.authentication);
    put(json, "encoding", c.encoding);
    if (c.insecure)
        json["insecure"] = true;
    put(json, "local_address", c.local_address);
    put(json, "remote_address", c.remote_address);
    put_all(json, "dns", c.dns);
    put(json, "mtu", c.mtu);
    put(json, "mru", c.mru);
    put(json, "uptime", c.uptime);
    put(json, "idle_time", c.idle_time);
    put(json, "last_error", c.last_error);
    put(json, "retry_in", c.retry_in);
    json["attempts"] = c.attempts;
    put_all(json, "settings", c.settings);
    put_all(json, "counters", c.counters);
    put(json, "multilink", c.multilink);
    put(json, "bridge", c.bridge);
    put(json, "bridging", c.bridging);
    put(json, "mac_address", c.mac_address);
    put(json, "remote_mac_address", c.remote_mac_address);
    for (const LinkStatus &link : c.links)
        json["links"].push_back(to_json(link));
    return json;
}

Json to_json(const PseudowireStatus &p) {
    Json json{{"name", p.name}, {"enabled", p.enabled}, {"present", p.present}};
    put(json, "local", p.local);
    put(json, "remote", p.remote);
    put(json, "last_error", p.last_error);
    put(json, "retry_in", p.retry_in);
    return json;
}

// Writes the members that a description names; those without a value are left out.
struct Writing {
    Json &json;
    void operator()(const char *key, const std::string &value) const { put(json, key, value); }
    void operator()(const char *key, bool value) const { json[key] = value; }
    void operator()(const char *key, double value) const { json[key] = value; }
    void operator()(const char *key, std::uint32_t value) const { json[key] = value; }
    void operator()(const char *key, std::uint64_t value) const { json[key] = value; }
    template <typename Number>
    void operator()(const char *key, const std::optional<Number> &value) const {
        put(json, key, value);
    }
    void operator()(const char *key, const std::vector<std::string> &values) const {
        put_all(json, key, values);
    }
    void operator()(const char *key, const std::map<std::string, std::uint64_t> &values) const {
        put_all(json, key, values);
    }
};

Json to_json(const Story &s) {
    Json json{{"object", s.object}};
    put(json, "name", s.name);
    put(json, "user", s.user);
    put(json, "peer", s.peer);
    put(json, "interface", s.interface);
    json["began"] = s.began;
    put(json, "ended", s.ended);
    put(json, "outcome", s.outcome);
    put(json, "cause", s.cause);
    put(json, "text", s.text);
    put(json, "layer", s.layer);
    put(json, "by", s.by);
    json["times"] = s.times;
    json["within"] = s.within;
    json["left_out"] = s.left_out;
    put(json, "uptime", s.uptime);
    put(json, "rx_bytes", s.rx_bytes);
    put(json, "tx_bytes", s.tx_bytes);
    json["steps"] = Json::array();
    for (const Story::Step &step : s.steps)
        json["steps"].push_back({{"time", step.time}, {"id", step.id}, {"text", step.text}});
    return json;
}

// -- in

// An object whose fields are taken one by one; the first that is wrong is remembered.
class Fields {
public:
    explicit Fields(const Json &json) : json_(json) {
        if (!json.is_object())
            wrong_ = "not an object";
    }

    void take(const char *key, std::string &out) {
        if (const Json *value = find(key, &Json::is_string))
            out = value->get_ref<const std::string &>();
    }
    void take(const char *key, bool &out) {
        if (const Json *value = find(key, &Json::is_boolean))
            out = value->get<bool>();
    }
    void take(const char *key, double &out) {
        if (const Json *value = find(key, &Json::is_number))
            out = value->get<double>();
    }
    void take(const char *key, int &out) {
        if (const Json *value = find(key, &Json::is_number_integer))
            out = value->get<int>();
    }
    void take(const char *key, std::uint32_t &out) { take_number(key, out); }
    void take(const char *key, std::uint64_t &out) { take_number(key, out); }
    template <typename Number>
    void take_number(const char *key, Number &out) {
        const Json *value = find(key, &Json::is_number_unsigned);
        if (value == nullptr)
            return;
        const auto number = value->get<std::uint64_t>();
        if (number > std::numeric_limits<Number>::max())
            wrong_ = key;
        else
            out = static_cast<Number>(number);
    }
    void take(const char *key, std::optional<double> &out) {
        if (const Json *value = find(key, &Json::is_number))
            out = value->get<double>();
    }
    template <typename Number>
    void take(const char *key, std::optional<Number> &out) {
        Number number{};
        if (json_.is_object() && json_.contains(key)) {
            take_number(key, number);
            out = number;
        }
    }
    void take(const char *key, std::vector<std::string> &out) {
        const Json *value = find(key, &Json::is_array);
        if (value == nullptr)
            return;
        out.reserve(value->size());
        for (const Json &element : *value) {
            if (!element.is_string()) {
                wrong_ = key;
                return;
            }
            out.push_back(element.get<std::string>());
        }
    }
    void take(const char *key, std::map<std::string, std::string> &out) {
        const Json *value = find(key, &Json::is_object);
        if (value == nullptr)
            return;
        for (const auto &[name, element] : value->items()) {
            if (element.is_string())
                out[name] = element.get<std::string>();
            else
                wrong_ = key;
        }
    }
    void take(const char *key, std::map<std::string, std::uint64_t> &out) {
        const Json *value = find(key, &Json::is_object);
        if (value == nullptr)
            return;
        for (const auto &[name, element] : value->items()) {
            if (element.is_number_unsigned())
                out[name] = element.get<std::uint64_t>();
            else
                wrong_ = key;
        }
    }

    [[nodiscard]] const Json *find(const char *key, bool (Json::*is)() const noexcept) {
        if (!json_.is_object())
            return nullptr;
        const auto found = json_.find(key);
        if (found == json_.end())
            return nullptr;
        if (!((*found).*is)()) {
            wrong_ = key;
            return nullptr;
        }
        return &*found;
    }
    void fail_at(const std::string &key) { wrong_ = key; }

    [[nodiscard]] bool ok() const { return wrong_.empty(); }
    [[nodiscard]] const std::string &wrong() const { return wrong_; }

private:
    const Json &json_;
    std::string wrong_;
};

Result<Json> parse_line(std::string_view line, std::size_t limit) {
    if (line.size() > limit)
        return fail(ErrorCode::Invalid,
                    fmt::format("a message on the control socket is longer than {} octets", limit));
    Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded() || !json.is_object())
        return fail(ErrorCode::Invalid, "a message on the control socket is not a JSON object");
    return json;
}

tl::unexpected<Error> malformed(std::string_view what, const Fields &fields) {
    return fail(ErrorCode::Invalid, fmt::format("a {} on the control socket is malformed at \"{}\"",
                                                what, fields.wrong()));
}

// What a request says may be a password. (The parser's own buffers are out of reach.)
void wipe_words(Json &json) {
    const auto words = json.find("words");
    if (words == json.end() || !words->is_array())
        return;
    for (Json &word : *words) {
        if (word.is_string())
            base::wipe(word.get_ref<std::string &>());
    }
}

std::optional<Error> error_from(const Json &json, Fields &outer) {
    Fields fields(json);
    Error error;
    std::string code;
    fields.take("code", code);
    fields.take("text", error.text);
    fields.take("errno", error.errnum);
    for (const auto &[value, name] : error_names) {
        if (name == code)
            error.code = value;  // of a code of another version only the text is understood
    }
    if (!fields.ok())
        outer.fail_at("error." + fields.wrong());
    return error;
}

LinkStatus link_from(const Json &json, Fields &outer) {
    Fields fields(json);
    LinkStatus l;
    fields.take("server", l.server);
    fields.take("up", l.up);
    fields.take("source", l.source);
    fields.take("interface", l.interface);
    fields.take("status", l.status);
    fields.take("rate", l.rate);
    fields.take("tunnel_id", l.tunnel_id);
    fields.take("session_id", l.session_id);
    fields.take("uptime", l.uptime);
    fields.take("last_error", l.last_error);
    fields.take("retry_in", l.retry_in);
    if (!fields.ok())
        outer.fail_at("links." + fields.wrong());
    return l;
}

ClientStatus client_from(const Json &json, Fields &outer) {
    Fields fields(json);
    ClientStatus c;
    fields.take("name", c.name);
    fields.take("type", c.type);
    fields.take("enabled", c.enabled);
    fields.take("running", c.running);
    fields.take("status", c.status);
    fields.take("comment", c.comment);
    fields.take("connect_to", c.connect_to);
    fields.take("user", c.user);
    fields.take("server", c.server);
    fields.take("interface", c.interface);
    fields.take("tunnel_id", c.tunnel_id);
    fields.take("session_id", c.session_id);
    fields.take("call_id", c.call_id);
    fields.take("peer_call_id", c.peer_call_id);
    fields.take("authentication", c.authentication);
    fields.take("encoding", c.encoding);
    fields.take("insecure", c.insecure);
    fields.take("local_address", c.local_address);
    fields.take("remote_address", c.remote_address);
    fields.take("dns", c.dns);
    fields.take("mtu", c.mtu);
    fields.take("mru", c.mru);
    fields.take("uptime", c.uptime);
    fields.take("idle_time", c.idle_time);
    fields.take("last_error", c.last_error);
    fields.take("retry_in", c.retry_in);
    fields.take_number("attempts", c.attempts);
    fields.take("settings", c.settings);
    fields.take("counters", c.counters);
    fields.take("multilink", c.multilink);
    fields.take("bridge", c.bridge);
    fields.take("bridging", c.bridging);
    fields.take("mac_address", c.mac_address);
    fields.take("remote_mac_address", c.remote_mac_address);
    if (const Json *links = fields.find("links", &Json::is_array)) {
        for (const Json &link : *links)
            c.links.push_back(link_from(link, fields));
    }
    if (!fields.ok())
        outer.fail_at("clients." + fields.wrong());
    return c;
}

// Reads the members that a description names.
struct Reading {
    Fields &fields;
    template <typename T>
    void operator()(const char *key, T &out) const {
        fields.take(key, out);
    }
};

// -- both ways: each structure is described once

template <typename S, typename T>
concept Is = std::is_same_v<std::remove_const_t<S>, T>;

void members(const auto &io, Is<SettingStatus> auto &s) {
    io("keyword", s.keyword);
    io("value", s.value);
    io("by_default", s.by_default);
}

void members(const auto &io, Is<ObjectStatus> auto &o) {
    io("kind", o.kind);
    io("name", o.name);
    io("enabled", o.enabled);
    io("built_in", o.built_in);
}

void members(const auto &io, Is<ServerStatus> auto &s) {
    io("name", s.name);
    io("listening", s.listening);
    io("last_error", s.last_error);
    io("sessions", s.sessions);
    io("half_open", s.half_open);
    io("counters", s.counters);
}

void members(const auto &io, Is<ActiveStatus> auto &a) {
    io("user", a.user);
    io("service", a.service);
    io("caller_id", a.caller_id);
    io("address", a.address);
    io("local_address", a.local_address);
    io("interface", a.interface);
    io("profile", a.profile);
    io("id", a.id);
    io("session_id", a.session_id);
    io("tunnel_id", a.tunnel_id);
    io("call_id", a.call_id);
    io("peer_call_id", a.peer_call_id);
    io("authentication", a.authentication);
    io("encoding", a.encoding);
    io("insecure", a.insecure);
    io("radius", a.radius);
    io("dynamic", a.dynamic);
    io("mtu", a.mtu);
    io("mru", a.mru);
    io("uptime", a.uptime);
    io("rx_bytes", a.rx_bytes);
    io("tx_bytes", a.tx_bytes);
    io("multilink", a.multilink);
    io("multilink_refused", a.multilink_refused);
    io("bridge", a.bridge);
    io("bridging", a.bridging);
    io("mac_address", a.mac_address);
    io("remote_mac_address", a.remote_mac_address);
}

void members(const auto &io, Is<ActiveLink> auto &l) {
    io("caller_id", l.caller_id);
    io("session_id", l.session_id);
    io("call_id", l.call_id);
    io("peer_call_id", l.peer_call_id);
    io("mtu", l.mtu);
    io("uptime", l.uptime);
    io("status", l.status);
}

void members(const auto &io, Is<InterfaceStatus> auto &i) {
    io("name", i.name);
    io("user", i.user);
    io("service", i.service);
    io("comment", i.comment);
    io("enabled", i.enabled);
    io("dynamic", i.dynamic);
    io("running", i.running);
    io("client_address", i.client_address);
    io("address", i.address);
    io("mtu", i.mtu);
    io("uptime", i.uptime);
    io("encoding", i.encoding);
}

void members(const auto &io, Is<PoolStatus> auto &p) {
    io("pool", p.pool);
    io("total", p.total);
    io("used", p.used);
}

void members(const auto &io, Is<LeaseStatus> auto &l) {
    io("address", l.address);
    io("pool", l.pool);
    io("user", l.user);
    io("owner", l.owner);
}

void members(const auto &io, Is<RecordStatus> auto &r) {
    io("id", r.id);
    io("user", r.user);
    io("service", r.service);
    io("caller_id", r.caller_id);
    io("interface", r.interface);
    io("address", r.address);
    io("started", r.started);
    io("stopped", r.stopped);
    io("octets_in", r.octets_in);
    io("octets_out", r.octets_out);
    io("packets_in", r.packets_in);
    io("packets_out", r.packets_out);
    io("cause", r.cause);
    io("text", r.text);
}

template <typename T>
Json described(const T &value) {
    Json json = Json::object();
    members(Writing{json}, value);
    if constexpr (std::is_same_v<T, ObjectStatus>) {
        for (const SettingStatus &setting : value.settings)
            json["settings"].push_back(described(setting));
    }
    if constexpr (std::is_same_v<T, ActiveStatus>) {
        for (const ActiveLink &link : value.links)
            json["links"].push_back(described(link));
    }
    return json;
}

template <typename T>
void put_described(Json &json, const char *key, const std::vector<T> &values) {
    for (const T &value : values)
        json[key].push_back(described(value));
}

template <typename T>
void take_described(const Json &json, const char *key, std::vector<T> &out, Fields &outer) {
    Fields fields(json);
    const Json *all = fields.find(key, &Json::is_array);
    if (!fields.ok())
        outer.fail_at(fields.wrong());
    if (all == nullptr)
        return;
    out.reserve(all->size());
    for (const Json &one : *all) {
        Fields inner(one);
        T value;
        members(Reading{inner}, value);
        if constexpr (std::is_same_v<T, ObjectStatus>)
            take_described(one, "settings", value.settings, inner);
        if constexpr (std::is_same_v<T, ActiveStatus>)
            take_described(one, "links", value.links, inner);
        if (!inner.ok())
            outer.fail_at(std::string(key) + "." + inner.wrong());
        out.push_back(std::move(value));
    }
}

PseudowireStatus pseudowire_from(const Json &json, Fields &outer) {
    Fields fields(json);
    PseudowireStatus p;
    fields.take("name", p.name);
    fields.take("enabled", p.enabled);
    fields.take("present", p.present);
    fields.take("local", p.local);
    fields.take("remote", p.remote);
    fields.take("last_error", p.last_error);
    fields.take("retry_in", p.retry_in);
    if (!fields.ok())
        outer.fail_at("pseudowires." + fields.wrong());
    return p;
}

Story::Step step_from(const Json &json, Fields &outer) {
    Fields fields(json);
    Story::Step step;
    fields.take("time", step.time);
    fields.take("id", step.id);
    fields.take("text", step.text);
    if (!fields.ok())
        outer.fail_at("steps." + fields.wrong());
    return step;
}

Story story_from(const Json &json, Fields &outer) {
    Fields fields(json);
    Story s;
    fields.take("object", s.object);
    fields.take("name", s.name);
    fields.take("user", s.user);
    fields.take("peer", s.peer);
    fields.take("interface", s.interface);
    fields.take("began", s.began);
    fields.take("ended", s.ended);
    fields.take("outcome", s.outcome);
    fields.take("cause", s.cause);
    fields.take("text", s.text);
    fields.take("layer", s.layer);
    fields.take("by", s.by);
    fields.take_number("times", s.times);
    fields.take_number("within", s.within);
    fields.take_number("left_out", s.left_out);
    fields.take("uptime", s.uptime);
    fields.take("rx_bytes", s.rx_bytes);
    fields.take("tx_bytes", s.tx_bytes);
    if (const Json *steps = fields.find("steps", &Json::is_array)) {
        for (const Json &step : *steps)
            s.steps.push_back(step_from(step, fields));
    }
    if (!fields.ok())
        outer.fail_at("stories." + fields.wrong());
    return s;
}

}  // namespace

std::string encode(const Request &request) {
    Json json{{"words", request.words}};
    put(json, "file", request.file);
    if (request.line != 0)
        json["line"] = request.line;
    std::string line = line_of(json);
    wipe_words(json);
    return line;
}

std::string encode(const Reply &reply) {
    Json json = Json::object();
    if (reply.error)
        json["error"] = to_json(*reply.error);
    for (const ClientStatus &client : reply.clients)
        json["clients"].push_back(to_json(client));
    for (const PseudowireStatus &pseudowire : reply.pseudowires)
        json["pseudowires"].push_back(to_json(pseudowire));
    put_all(json, "lines", reply.lines);
    put_all(json, "warnings", reply.warnings);
    put_described(json, "objects", reply.objects);
    put_described(json, "servers", reply.servers);
    put_described(json, "active", reply.active);
    put_described(json, "interfaces", reply.interfaces);
    put_described(json, "pools", reply.pools);
    put_described(json, "leases", reply.leases);
    put_described(json, "records", reply.records);
    for (const Story &story : reply.stories)
        json["stories"].push_back(to_json(story));
    return line_of(json);
}

std::string encode(const Event &event) {
    Json json{{"time", event.time}, {"id", event.id}};
    put(json, "object", event.object);
    put(json, "name", event.name);
    put(json, "text", event.text);
    put_all(json, "fields", event.fields);
    return line_of(json);
}

Result<Request> decode_request(std::string_view line) {
    Json json = TRY(parse_line(line, MaxLine));
    Fields fields(json);
    Request request;
    fields.take("words", request.words);
    wipe_words(json);
    fields.take("file", request.file);
    fields.take_number("line", request.line);
    if (fields.ok() && request.words.empty())
        fields.fail_at("words");
    if (!fields.ok())
        return malformed("request", fields);
    return request;
}

Result<Reply> decode_reply(std::string_view line) {
    const Json json = TRY(parse_line(line, MaxReply));
    Fields fields(json);
    Reply reply;
    if (const Json *error = fields.find("error", &Json::is_object))
        reply.error = error_from(*error, fields);
    if (const Json *clients = fields.find("clients", &Json::is_array)) {
        for (const Json &client : *clients)
            reply.clients.push_back(client_from(client, fields));
    }
    if (const Json *pseudowires = fields.find("pseudowires", &Json::is_array)) {
        for (const Json &pseudowire : *pseudowires)
            reply.pseudowires.push_back(pseudowire_from(pseudowire, fields));
    }
    fields.take("lines", reply.lines);
    fields.take("warnings", reply.warnings);
    take_described(json, "objects", reply.objects, fields);
    take_described(json, "servers", reply.servers, fields);
    take_described(json, "active", reply.active, fields);
    take_described(json, "interfaces", reply.interfaces, fields);
    take_described(json, "pools", reply.pools, fields);
    take_described(json, "leases", reply.leases, fields);
    take_described(json, "records", reply.records, fields);
    if (const Json *stories = fields.find("stories", &Json::is_array)) {
        for (const Json &story : *stories)
            reply.stories.push_back(story_from(story, fields));
    }
    if (!fields.ok())
        return malformed("reply", fields);
    return reply;
}

Result<Event> decode_event(std::string_view line) {
    const Json json = TRY(parse_line(line, MaxLine));
    Fields fields(json);
    Event event;
    fields.take("time", event.time);
    fields.take("id", event.id);
    fields.take("object", event.object);
    fields.take("name", event.name);
    fields.take("text", event.text);
    fields.take("fields", event.fields);
    if (fields.ok() && event.id.empty())
        fields.fail_at("id");
    if (!fields.ok())
        return malformed("event", fields);
    return event;
}

std::string socket_path(std::string_view netns) {
    if (const char *path = std::getenv("RTUN_SOCKET"); path != nullptr && *path != '\0')
        return path;
    return netns.empty() ? "/run/rtun/rtun.sock" : fmt::format("/run/rtun/rtun-{}.sock", netns);
}

}  // namespace rtun::ctl

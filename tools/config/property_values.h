// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the rows of keywords are made of: checking and setting a member of what a command is about,
// writing it as a word, handing it on. Inside this room only.
#pragma once

#include <config/table.h>
#include <config/values.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rtun::config {

inline constexpr std::array<std::string_view, 2> yes_no_choices{"yes", "no"};
inline constexpr std::array<std::string_view, 3> stateful_choices{"no", "yes", "only"};

// RTUN_REORDER_SLOTS_MAX and RTUN_REORDER_TIMEOUT_MAX of the kernel interface.
inline constexpr std::uint64_t reorder_slots_max = 1024;
inline constexpr std::uint64_t reorder_time_max = 10000;

template <typename Member>
struct Parts;
template <typename Subject_, typename Value_>
struct Parts<Value_ Subject_::*> {
    using Subject = Subject_;
    using Value = Value_;
};
template <auto Member>
using SubjectOf = typename Parts<decltype(Member)>::Subject;
template <auto Member>
using ValueOf = typename Parts<decltype(Member)>::Value;

template <auto Member>
ValueOf<Member> &member_of(Draft &draft) {
    return draft.of<SubjectOf<Member>>().*Member;
}

template <auto Member>
void copy_member(const SubjectOf<Member> &from, SubjectOf<Member> &to) {
    to.*Member = from.*Member;
}

template <auto Member>
std::string get_text(const SubjectOf<Member> &subject) {
    return subject.*Member;
}

template <auto Member>
std::string get_number(const SubjectOf<Member> &subject) {
    return fmt::format("{}", subject.*Member);
}

template <auto Member>
std::string get_hexadecimal(const SubjectOf<Member> &subject) {
    return subject.*Member == 0 ? "0" : fmt::format("{:#x}", subject.*Member);
}

template <auto Member>
std::string get_time(const SubjectOf<Member> &subject) {
    return fmt::format("{}", (subject.*Member).count());
}

template <auto Member>
std::string get_yes_no(const SubjectOf<Member> &subject) {
    return subject.*Member ? "yes" : "no";
}

template <auto Member, std::uint64_t Low, std::uint64_t High>
base::Status set_text(Draft &draft, std::string_view value) {
    TRY(check_text(value, {Low, High}));
    member_of<Member>(draft) = std::string(value);
    return {};
}

template <auto Member, std::uint64_t Low, std::uint64_t High>
base::Status set_number(Draft &draft, std::string_view value) {
    member_of<Member>(draft) = static_cast<ValueOf<Member>>(TRY(parse_number(value, {Low, High})));
    return {};
}

template <auto Member>
base::Status set_yes_no(Draft &draft, std::string_view value) {
    member_of<Member>(draft) = TRY(parse_yes_no(value));
    return {};
}

template <auto Member>
base::Status set_reorder_slots(Draft &draft, std::string_view value) {
    const auto slots = parse_number(value, {0, reorder_slots_max});
    if (!slots || (*slots != 0 && !std::has_single_bit(*slots)))
        return base::fail(base::ErrorCode::Invalid,
                          fmt::format("expected 0 or a power of two up to {}", reorder_slots_max));
    member_of<Member>(draft) = static_cast<std::uint32_t>(*slots);
    return {};
}

template <auto Member>
base::Status set_reorder_time(Draft &draft, std::string_view value) {
    member_of<Member>(draft) = TRY(parse_milliseconds(value, {1, reorder_time_max}));
    return {};
}

// disabled is the opposite of a member.
template <auto Member>
base::Status set_disabled(Draft &draft, std::string_view value) {
    member_of<Member>(draft) = !TRY(parse_yes_no(value));
    return {};
}
template <auto Member>
std::string get_disabled(const SubjectOf<Member> &subject) {
    return subject.*Member ? "no" : "yes";
}

// Access to a member that is written in one of these ways.
template <auto Member>
constexpr Access<SubjectOf<Member>> accessed(std::string (*get)(const SubjectOf<Member> &subject)) {
    return {get, copy_member<Member>, nullptr};
}
template <auto Member>
constexpr auto as_text() {
    return accessed<Member>(get_text<Member>);
}
template <auto Member>
constexpr auto as_number() {
    return accessed<Member>(get_number<Member>);
}
template <auto Member>
constexpr auto as_hexadecimal() {
    return accessed<Member>(get_hexadecimal<Member>);
}
template <auto Member>
constexpr auto as_time() {
    return accessed<Member>(get_time<Member>);
}
template <auto Member>
constexpr auto as_yes_no() {
    return accessed<Member>(get_yes_no<Member>);
}
template <auto Member>
constexpr auto as_disabled() {
    return accessed<Member>(get_disabled<Member>);
}

// -- words of an enumeration, in its order

// "udp or ip", "none, send, receive or both"
[[nodiscard]] inline std::string one_of(std::span<const std::string_view> words) {
    return fmt::format("{} or {}", fmt::join(words.first(words.size() - 1), ", "), words.back());
}
template <auto Member, const auto &Words>
base::Status set_choice(Draft &draft, std::string_view value) {
    const auto found = std::find(Words.begin(), Words.end(), value);
    if (found == Words.end())
        return base::fail(base::ErrorCode::Invalid, "expected " + one_of(Words));
    member_of<Member>(draft) = static_cast<ValueOf<Member>>(found - Words.begin());
    return {};
}
template <auto Member, const auto &Words>
std::string get_choice(const SubjectOf<Member> &from) {
    return std::string(Words[static_cast<std::size_t>(from.*Member)]);
}
template <auto Member, const auto &Words>
constexpr auto as_choice() {
    return accessed<Member>(get_choice<Member, Words>);
}

// -- values with a parser and a writer of their own

// How a value of this type is written; each type has one.
template <typename Value>
struct Written;

template <auto Member>
base::Status set_written(Draft &draft, std::string_view value) {
    member_of<Member>(draft) = TRY(Written<ValueOf<Member>>::parse(value));
    return {};
}
template <auto Member>
std::string get_written(const SubjectOf<Member> &from) {
    return Written<ValueOf<Member>>::text(from.*Member);
}
template <auto Member>
constexpr auto as_written() {
    return accessed<Member>(get_written<Member>);
}

template <>
struct Written<auth::MethodSet> {
    static base::Result<auth::MethodSet> parse(std::string_view value) {
        const auth::MethodSet set = TRY(auth::MethodSet::parse(value));
        if (set.empty())
            return base::fail(base::ErrorCode::Invalid,
                              "expected at least one of mschap2,mschap1,chap,pap");
        return set;
    }
    static std::string text(auth::MethodSet set) { return set.text(); }
};
template <>
struct Written<ppp::MppeStrengths> {
    static base::Result<ppp::MppeStrengths> parse(std::string_view value) {
        return ppp::MppeStrengths::parse(value);
    }
    static std::string text(ppp::MppeStrengths set) { return set.text(); }
};

template <auto Member, std::uint64_t Low, std::uint64_t High>
base::Status set_seconds(Draft &draft, std::string_view value) {
    member_of<Member>(draft) = TRY(parse_seconds(value, {Low, High}));
    return {};
}
template <auto Member, std::uint64_t Low, std::uint64_t High>
base::Status set_timespan(Draft &draft, std::string_view value) {
    member_of<Member>(draft) = TRY(parse_timespan(value, {Low, High}));
    return {};
}

// A name of something, or "none" for none.
template <auto Member, base::Status (*Check)(std::string_view)>
base::Status set_name_or_none(Draft &draft, std::string_view value) {
    if (value != "none")
        TRY(Check(value));
    member_of<Member>(draft) = value == "none" ? "" : std::string(value);
    return {};
}
template <auto Member>
std::string get_name_or_none(const SubjectOf<Member> &from) {
    return (from.*Member).empty() ? "none" : from.*Member;
}
template <auto Member>
constexpr auto as_name_or_none() {
    return accessed<Member>(get_name_or_none<Member>);
}

// -- a password and the file that holds it, which replace each other

template <typename T>
base::Status set_password(Draft &draft, std::string_view value) {
    if (value == "(hidden)")
        return base::fail(base::ErrorCode::Invalid,
                          "this stands for a secret that was not shown; put the password here, or "
                          "use password-file");
    TRY(check_text(value, {1, 255}));  // RFC 1334 section 2.2.1: a one-octet length
    draft.of<T>().password = base::Secret(value);
    return {};
}
template <typename T>
base::Status set_password_file(Draft &draft, std::string_view value) {
    TRY(check_absolute_path(value));
    draft.of<T>().password_file = std::string(value);
    return {};
}
template <typename T>
void copy_credentials(const T &from, T &to) {
    to.password = from.password;
    to.password_file = from.password_file;
}
template <typename T>
std::string get_password(const T &from) {
    const base::View bytes = from.password.reveal();
    return {bytes.begin(), bytes.end()};
}
template <typename T>
constexpr Access<T> as_password() {
    return {get_password<T>, copy_credentials<T>, &T::password};
}
template <typename T>
constexpr Access<T> as_password_file() {
    return {get_text<&T::password_file>, copy_credentials<T>, nullptr};
}

// -- the size of a packet, or 0 for what fits the path: auto

inline constexpr std::array<std::string_view, 1> automatic_size{"auto"};
template <auto Member>
base::Status set_packet_size(Draft &draft, std::string_view value) {
    const auto size = parse_number(value, {128, 16384});
    if (!size && value != "auto" && value != "0")
        return base::fail(base::ErrorCode::Invalid, "expected auto or a number, 128..16384");
    member_of<Member>(draft) = static_cast<ValueOf<Member>>(size ? *size : 0);
    return {};
}
template <auto Member>
std::string get_packet_size(const SubjectOf<Member> &from) {
    return from.*Member == 0 ? "auto" : fmt::format("{}", from.*Member);
}
template <auto Member>
constexpr auto as_packet_size() {
    return accessed<Member>(get_packet_size<Member>);
}

// -- multilink: the longest packet that is put together, or 0 for none of it: disabled; and how
// many links a session may have, or 0 for what somebody else says: default

inline constexpr std::array<std::string_view, 1> no_mrru{"disabled"};
template <auto Member>
base::Status set_mrru(Draft &draft, std::string_view value) {
    const auto size = parse_number(value, {512, 65535});
    if (!size && value != "disabled")
        return base::fail(base::ErrorCode::Invalid, "expected disabled or a number, 512..65535");
    member_of<Member>(draft) = static_cast<ValueOf<Member>>(size ? *size : 0);
    return {};
}
template <auto Member>
std::string get_mrru(const SubjectOf<Member> &from) {
    return from.*Member == 0 ? "disabled" : fmt::format("{}", from.*Member);
}
template <auto Member>
constexpr auto as_mrru() {
    return accessed<Member>(get_mrru<Member>);
}

inline constexpr std::array<std::string_view, 1> default_links{"default"};
template <auto Member>
base::Status set_links(Draft &draft, std::string_view value) {
    const auto links = parse_number(value, {1, MaxLinks});
    if (!links && value != "default")
        return base::fail(base::ErrorCode::Invalid, "expected default or a number, 1..16");
    member_of<Member>(draft) = static_cast<ValueOf<Member>>(links ? *links : 0);
    return {};
}
template <auto Member>
std::string get_links(const SubjectOf<Member> &from) {
    return from.*Member == 0 ? "default" : fmt::format("{}", from.*Member);
}
template <auto Member>
constexpr auto as_links() {
    return accessed<Member>(get_links<Member>);
}

// -- one for all links of a client, or one for each, with commas between

template <auto Member, auto Read>
base::Status set_of_links(Draft &draft, std::string_view value) {
    ValueOf<Member> values;
    for (std::size_t begin = 0; begin <= value.size();) {
        const std::size_t end = std::min(value.find(',', begin), value.size());
        if (values.size() == MaxLinks)
            return base::fail(base::ErrorCode::Invalid,
                              fmt::format("a bundle has {} links at the most", MaxLinks));
        values.push_back(TRY(Read(value.substr(begin, end - begin))));
        begin = end + 1;
    }
    if (value == "any")
        values.clear();
    member_of<Member>(draft) = std::move(values);
    return {};
}
template <auto Member, auto Text>
std::string get_of_links(const SubjectOf<Member> &from) {
    std::string all;
    for (const auto &value : from.*Member)
        all += (all.empty() ? "" : ",") + Text(value);
    return all.empty() ? "any" : all;
}
template <auto Member, auto Text>
constexpr auto as_of_links() {
    return accessed<Member>(get_of_links<Member, Text>);
}

// -- what RouterOS has in several places and cannot be had here

inline constexpr ValueAlias no_multilink[] = {{"disabled", "", ""}};
inline constexpr std::string_view no_prefix = "no IPv6 prefixes are given";

// -- words about the command

// Taken by all kinds of add and del.
inline base::Status set_may_exist(Draft &draft, std::string_view /*value*/) {
    draft.may_exist = true;
    return {};
}
// Of all kinds of add but that of pseudowires, no two of which may have the same ids.
template <base::Status (*Check)(std::string_view)>
base::Status set_copy_from(Draft &draft, std::string_view value) {
    TRY(Check(value));
    draft.copy_from = std::string(value);
    return {};
}
inline base::Status set_if_exists(Draft &draft, std::string_view /*value*/) {
    draft.if_exists = true;
    return {};
}
inline base::Status set_show_secrets(Draft &draft, std::string_view /*value*/) {
    draft.secrets = Reveal::Show;
    return {};
}
inline base::Status set_dry_run(Draft &draft, std::string_view /*value*/) {
    draft.dry_run = true;
    return {};
}

// The tables of rows.
[[nodiscard]] std::span<const Property> client_properties();
[[nodiscard]] std::span<const Property> pseudowire_properties();
[[nodiscard]] std::span<const Property> secret_properties();
[[nodiscard]] std::span<const Property> profile_properties();
[[nodiscard]] std::span<const Property> pool_properties();
[[nodiscard]] std::span<const Property> interface_properties();
[[nodiscard]] std::span<const Property> pptp_server_properties();
[[nodiscard]] std::span<const Property> accounting_properties();
[[nodiscard]] std::span<const Property> command_properties();

[[nodiscard]] std::span<const Alias> pseudowire_aliases();
[[nodiscard]] std::span<const Alias> profile_aliases();
[[nodiscard]] std::span<const Alias> pptp_server_aliases();
[[nodiscard]] std::span<const Alias> client_aliases();
[[nodiscard]] std::span<const Alias> secret_aliases();

}  // namespace rtun::config

// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the rows of keywords are made of: checking and setting a member of what a command is about,
// writing it as a word, handing it on. Inside this room only.
#pragma once

#include <config/table.h>
#include <config/values.h>

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rtun::config {

inline constexpr std::array<std::string_view, 2> yes_no_choices{"yes", "no"};

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
    if constexpr (std::is_same_v<SubjectOf<Member>, Client>)
        return draft.client.*Member;
    else
        return draft.pseudowire.*Member;
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

// Words about the command that both kinds of add and del take.
inline base::Status set_may_exist(Draft &draft, std::string_view /*value*/) {
    draft.may_exist = true;
    return {};
}
inline base::Status set_if_exists(Draft &draft, std::string_view /*value*/) {
    draft.if_exists = true;
    return {};
}

// Each of the two tables of rows.
[[nodiscard]] std::span<const Property> client_properties();
[[nodiscard]] std::span<const Property> pseudowire_properties();
[[nodiscard]] std::span<const Alias> pseudowire_aliases();
[[nodiscard]] std::span<const Alias> client_aliases();

}  // namespace rtun::config

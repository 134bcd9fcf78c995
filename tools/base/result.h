// SPDX-License-Identifier: GPL-2.0-or-later
//
// Result<T>: a value or an Error. A function that can fail returns one and nothing throws.
// TRY(expr) gives the value or returns the error to the caller, so a sequence of steps reads as
// one. Declared here once, over tl::expected, because std::expected is C++23.
#pragma once

#include <base/error.h>

#include <tl/expected.hpp>

#include <type_traits>
#include <utility>

namespace rtun::base {

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
};

using Status = Result<void>;

// return fail(ErrorCode::Invalid, "...");
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string text, int errnum = 0) {
    return tl::unexpected<Error>(Error{code, std::move(text), errnum});
}

// The value moved out, for TRY: tl::expected<void, E> 1.0 has no value().
template <typename T>
T take_value(Result<T> &&result) {
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

}  // namespace rtun::base

// Evaluates a Result: its value, or return its error from the enclosing function. May be nested,
// hence a name of its own for each.
#define TRY(expr) RTUN_TRY_COUNTED(expr, __COUNTER__)
#define RTUN_TRY_COUNTED(expr, number) RTUN_TRY_NUMBERED(expr, number)
#define RTUN_TRY_NUMBERED(expr, number)                                      \
    (__extension__({                                                         \
        auto rtun_try_##number = (expr);                                     \
        if (!rtun_try_##number)                                              \
            return ::rtun::base::fail(std::move(rtun_try_##number).error()); \
        ::rtun::base::take_value(std::move(rtun_try_##number));              \
    }))

// A bug in rtun if it does not hold: prints and aborts, in release builds too. Never for anything
// a peer or a user can cause.
#define RTUN_ASSERT(condition)                           \
    (static_cast<bool>(condition) ? static_cast<void>(0) \
                                  : ::rtun::base::assert_failed(#condition, __FILE__, __LINE__))

namespace rtun::base {
[[noreturn]] void assert_failed(const char *condition, const char *file, int line);
}

// How native code fails: with data, never with a sentence. TypeScript makes the words and the hint.
#pragma once
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

namespace tlxc {

// Which step failed, in which system call, with which errno, on which path, and which line of the
// configuration asked for it. err 0: a refusal of our own, explained by detail (a short stable word or
// phrase).
struct Failure {
    std::string step;
    std::string syscall;
    int err = 0;
    std::string path;
    std::string detail;
    std::string file;
    long line = 0;
    std::string key;
};

class [[nodiscard]] Status {
  public:
    Status() = default;
    Status(Failure failure) : failure_(std::move(failure)) {}
    [[nodiscard]] bool ok() const { return !failure_; }
    [[nodiscard]] const Failure& failure() const { return *failure_; }
    [[nodiscard]] Failure& failure() { return *failure_; }
    void value() const {} // so that TRY takes a Status as it takes a Result

  private:
    std::optional<Failure> failure_;
};

template <typename T> class [[nodiscard]] Result {
  public:
    Result(T value) : value_(std::move(value)) {}
    Result(Failure failure) : failure_(std::move(failure)) {}
    [[nodiscard]] bool ok() const { return value_.has_value(); }
    [[nodiscard]] T& value() & { return *value_; }
    [[nodiscard]] T value() && { return std::move(*value_); }
    [[nodiscard]] const Failure& failure() const { return failure_; }
    [[nodiscard]] Failure& failure() { return failure_; }

  private:
    std::optional<T> value_;
    Failure failure_;
};

// A failed system call: captures errno at once, so nothing between may change it.
inline Failure syscall_failure(const char* step, const char* syscall, std::string path = {}) {
    return Failure{.step = step, .syscall = syscall, .err = errno, .path = std::move(path)};
}

// A refusal of our own.
inline Failure refusal(const char* step, std::string detail, std::string path = {}) {
    return Failure{.step = step, .path = std::move(path), .detail = std::move(detail)};
}

// Adds where in the configuration the failing step comes from. Origin: any plan struct with file, line, key.
template <typename Origin> Failure at(Failure failure, const Origin& origin) {
    failure.file = origin.file;
    failure.line = static_cast<long>(origin.line);
    failure.key = origin.key;
    return failure;
}

} // namespace tlxc

// The value of a Result (nothing, for a Status), or leaves the calling function with its failure.
#define TRY(expression)                                                                                      \
    ({                                                                                                       \
        auto tried_ = (expression);                                                                          \
        if (!tried_.ok())                                                                                    \
            return std::move(tried_.failure());                                                              \
        std::move(tried_).value();                                                                           \
    })

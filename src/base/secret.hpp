#pragma once

#include <string>
#include <utility>

namespace kaiwa {

/// A value that must not be shown: it has no printing, no comparison and no JSON. Whoever needs
/// the text says `reveal()`, which is easy to search for. Wiped when destroyed.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    Secret(Secret const&) = default;
    Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
    Secret& operator=(Secret const& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(); }

    [[nodiscard]] std::string const& reveal() const { return value_; }
    [[nodiscard]] bool empty() const { return value_.empty(); }

private:
    void wipe() noexcept;
    std::string value_;
};

}  // namespace kaiwa

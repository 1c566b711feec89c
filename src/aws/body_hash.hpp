#pragma once

#include "base/crypto.hpp"

#include <memory>
#include <string_view>

namespace kaiwa::aws {

/// SHA-256 of a body that is put together piece by piece, so that no single step takes long.
class BodyHash {
public:
    BodyHash();
    ~BodyHash();
    BodyHash(BodyHash&&) noexcept;
    BodyHash& operator=(BodyHash&&) noexcept;

    void add(std::string_view bytes);
    /// The hash of everything since the last call, in lower-case hex.
    [[nodiscard]] std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace kaiwa::aws

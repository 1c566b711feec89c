#pragma once

#include "kaiwa/error.hpp"
#include "store/dynamodb/value.hpp"

#include <cstdint>
#include <memory>

namespace kaiwa::store::foreign {

/// Items set aside in a temporary file, which nobody else can open and which goes with its owner.
/// Blocks.
class Spool {
public:
    /// In the folder that TMPDIR names, else /tmp. Fails with `unavailable`.
    static Result<Spool> make();
    Spool(Spool&&) noexcept;
    Spool& operator=(Spool&&) noexcept;
    ~Spool();

    /// Where the next item will be.
    [[nodiscard]] std::uint64_t end() const { return end_; }
    /// Fails with `unavailable`: no room.
    Result<void> add(dynamodb::Item const& item);
    /// The item that lies at `place`, where `end()` was before it was added.
    [[nodiscard]] Result<dynamodb::Item> read(std::uint64_t place) const;

private:
    explicit Spool(int file) : file_(file) {}

    int file_ = -1;
    std::uint64_t end_ = 0;
};

}  // namespace kaiwa::store::foreign

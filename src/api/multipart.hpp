#pragma once

#include "kaiwa/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kaiwa::api {

/// Takes a multipart body apart (RFC 2046, 5.1; RFC 7578), however it was cut.
///
/// A value: no I/O. Holds at most one part's head and a delimiter, never a file.
class MultipartParser {
public:
    static constexpr std::size_t max_head_bytes = 8 * 1024;
    static constexpr std::size_t max_parts = 16;

    struct PartHead {
        std::string disposition;   ///< `Content-Disposition`; empty when there is none.
        std::string content_type;  ///< Empty when there is none.
    };
    struct PartData {
        std::string bytes;
    };
    struct PartEnd {};
    using Item = std::variant<PartHead, PartData, PartEnd>;

    explicit MultipartParser(std::string_view boundary);

    /// The boundary that a `Content-Type` names, if it is one that RFC 2046 allows.
    [[nodiscard]] static std::optional<std::string> boundary_of(std::string_view content_type);

    /// What `bytes` completes, in order. Fails with `invalid_argument`; use it no more then.
    [[nodiscard]] Result<std::vector<Item>> feed(std::string_view bytes);
    /// Whether the last delimiter was there. Fails with `invalid_argument`.
    [[nodiscard]] Result<void> finish() const;

private:
    enum class State { preamble, delimiter, head, data, epilogue };
    enum class Step { more, wait };

    Result<Step> step(std::vector<Item>& items);
    Step skip_preamble();
    Result<Step> read_delimiter();
    Result<Step> read_head(std::vector<Item>& items);
    Step read_data(std::vector<Item>& items);

    std::string delimiter_;
    std::string pending_ = "\r\n";  // so that a delimiter at the very start is like any other
    State state_ = State::preamble;
    std::size_t parts_ = 0;
};

}  // namespace kaiwa::api

#pragma once

#include "llm/chat_model.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::providers {

/// A part of a tool call, as one chunk brought it.
struct ToolFragment {
    std::optional<std::int64_t> index;
    std::string id;
    std::string name;
    std::string arguments;
};

/// Joins the fragments of tool calls: by index, else by id, else by their place in the chunk.
///
/// A new id under a known index begins another call. A name may be repeated. Arguments are
/// concatenated, but for servers that send them whole again: what follows a whole object replaces
/// it.
class ToolCallJoiner {
public:
    /// Ids, names and arguments of all calls together; more is broken.
    static constexpr std::size_t max_bytes = std::size_t{1} << 20;
    static constexpr std::size_t max_calls = 128;

    /// Takes nothing more once there is too much.
    void add(ToolFragment fragment, std::size_t place);
    [[nodiscard]] bool empty() const { return calls_.empty(); }
    /// More bytes or calls came than are allowed, or arguments that were looked through too often.
    [[nodiscard]] bool too_large() const {
        return bytes_ > max_bytes || calls_.size() > max_calls || looked_at_ > 8 * max_bytes;
    }

    enum class Ending { whole, cut };
    /// The calls in the order they began. With `cut` (the answer hit its limit) a call whose
    /// arguments are unfinished is left out: it must not be executed.
    [[nodiscard]] std::vector<llm::ToolCall> take(Ending ending);

private:
    struct Call {
        std::int64_t index = 0;
        llm::ToolCall call;
        std::size_t last_fragment = 0;  ///< Where in the arguments the last fragment begins.
    };

    Call& call_for(ToolFragment const& fragment, std::size_t place);
    bool are_whole(std::string_view arguments);

    std::vector<Call> calls_;
    std::size_t bytes_ = 0;
    std::size_t looked_at_ = 0;  // bytes, each time again
};

}  // namespace kaiwa::providers

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::chat {

/// The steps, or the citations, of an answer while their events come: what a message lists is the
/// same whether it is folded as it is written or from its log.
///
/// A value. Each item is parsed once, when it comes.
class ItemList {
public:
    /// Adds an item. One with the same `id` is replaced in its place, so that a step that went from
    /// running to done is listed once; an item without one is added each time.
    /// False, and nothing changes, when `data` is not a JSON object.
    [[nodiscard]] bool put(std::string_view data);

    [[nodiscard]] bool empty() const { return items_.empty(); }
    /// As a JSON array.
    [[nodiscard]] std::string json() const;

private:
    std::vector<std::string> items_;
    std::map<std::string, std::size_t, std::less<>> places_;  // by the JSON of the id
};

}  // namespace kaiwa::chat

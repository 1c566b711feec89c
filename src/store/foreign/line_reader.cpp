#include "store/foreign/line_reader.hpp"

namespace kaiwa::store::foreign {

asio::awaitable<Result<std::vector<chat::ArchivedMessage>>> LineReader::next() {
    std::vector<chat::ArchivedMessage> out;
    std::size_t bytes = 0;
    while (part_ < gathered_.parts.size() && out.size() < chat::archived_at_once &&
           bytes < chat::archived_bytes_at_once) {
        auto const item = spool_.read(gathered_.parts[part_]);
        if (!item) co_return std::unexpected(item.error());
        for (auto& message : reader_.messages_in(*item)) {
            auto made = message_in_line(thread_, number_, std::move(message), before_);
            before_ = made.message.created_at;
            bytes += made.message.text.size();
            out.push_back(std::move(made));
            ++number_;
        }
        ++part_;
    }
    co_return out;
}

}  // namespace kaiwa::store::foreign

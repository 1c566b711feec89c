#pragma once

#include "store/dynamodb/table.hpp"

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace kaiwa::test {

/// DynamoDB that answers from a list and keeps what it was asked; with nothing to say, an empty
/// answer.
class ScriptedCalls final : public store::dynamodb::Calls {
public:
    asio::awaitable<aws::Outcome<json::value>> call(std::string operation, json::value body,
                                                    SteadyTime) override {
        asked.emplace_back(std::move(operation), std::move(body));
        if (answers.empty()) co_return json::value(json::object());
        auto answer = std::move(answers.front());
        answers.pop_front();
        co_return answer;
    }
    /// The answer of a GetItem.
    void item(store::dynamodb::Item const& found) {
        answers.emplace_back(json::object{{"Item", store::dynamodb::to_json(found)}});
    }
    /// The answer of an UpdateItem; of a GetItem, nothing.
    void accept() { answers.emplace_back(json::object{{"Attributes", json::object()}}); }
    void refuse(std::string code) {
        aws::Failure failure;
        failure.kind = aws::Failure::Kind::service;
        failure.code = std::move(code);
        answers.emplace_back(std::unexpected(std::move(failure)));
    }

    std::vector<std::pair<std::string, json::value>> asked;
    std::deque<aws::Outcome<json::value>> answers;
};

}  // namespace kaiwa::test

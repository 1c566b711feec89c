#pragma once

#include "api/call.hpp"
#include "chat/event_reader.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace kaiwa::api {

/// A comment goes out when nothing else did for so long, for what times idle connections out.
inline constexpr std::chrono::seconds heartbeat_interval{15};

/// Whether `Accept` names server-sent events, and JSON with no more weight.
[[nodiscard]] bool wants_events(http::Request const& request);

/// Answers with the events as they come, as server-sent events, until the terminal one: one write a
/// batch, straight from the log's memory. 204 when the terminal event was read before. `location`
/// may be empty.
asio::awaitable<Result<void>> stream_events(Call& call, std::unique_ptr<chat::EventReader> reader,
                                            std::string location);

/// Answers with the events that are there as JSON, waiting up to `patience` for the first.
asio::awaitable<Result<void>> poll_events(Call& call, std::unique_ptr<chat::EventReader> reader,
                                          std::chrono::seconds patience);

/// `{"events":[…],"ended":…}`; the data of each event is taken over as it is.
[[nodiscard]] std::string batch_json(chat::EventBatch const& batch);

}  // namespace kaiwa::api

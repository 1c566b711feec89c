#pragma once

#include "llm/chat_model.hpp"

#include <optional>
#include <string_view>

namespace kaiwa::providers {

/// Turns the bytes of one answer into events, however they were cut. One implementation a vendor.
/// A value in behaviour: no I/O, no clock.
class AnswerDecoder {
public:
    virtual ~AnswerDecoder() = default;

    /// Takes the next bytes of the body; they stay valid until `next()` returned nothing.
    virtual void feed(std::string_view bytes) = 0;
    /// The next event, or the failure that ends the answer, or nothing until more is fed.
    virtual std::optional<llm::Outcome<llm::Event>> next() = 0;
    /// The body ended, as a whole body does. Afterwards `next()` ends with `Finished` or a failure.
    virtual void end_of_body() = 0;
    /// The server said how the answer ended: what is still to come (usage, an end mark) may be
    /// missing without harm.
    [[nodiscard]] virtual bool said_its_end() const = 0;
};

}  // namespace kaiwa::providers

#pragma once

#include "chat/types.hpp"

namespace kaiwa::store {

/// How the generation of an answer that is no longer written ended, by the answer's own state: for
/// answers that arrive from elsewhere. One that was still being written was interrupted.
[[nodiscard]] inline chat::GenerationState generation_state(chat::MessageState state) {
    switch (state) {
        case chat::MessageState::complete:
            return chat::GenerationState::done;
        case chat::MessageState::stopped:
            return chat::GenerationState::stopped;
        case chat::MessageState::failed:
            return chat::GenerationState::failed;
        case chat::MessageState::pending:
        case chat::MessageState::interrupted:
            break;
    }
    return chat::GenerationState::interrupted;
}

/// The state of an answer by that of the generation that writes it.
[[nodiscard]] inline chat::MessageState message_state(chat::GenerationState state) {
    switch (state) {
        case chat::GenerationState::running:
            return chat::MessageState::pending;
        case chat::GenerationState::done:
            return chat::MessageState::complete;
        case chat::GenerationState::stopped:
            return chat::MessageState::stopped;
        case chat::GenerationState::interrupted:
            return chat::MessageState::interrupted;
        case chat::GenerationState::failed:
            return chat::MessageState::failed;
    }
    return chat::MessageState::failed;
}

}  // namespace kaiwa::store

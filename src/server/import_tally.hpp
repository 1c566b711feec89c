#pragma once

#include "auth/authenticator.hpp"
#include "server/command_line.hpp"
#include "server/wire_store.hpp"
#include "transfer/thread_import.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::server {

/// What `kaiwa import` works on. Outlives the import. One that only looks may have no target.
struct ImportGround {
    Import const& command;
    Stores* target;
    auth::Authenticator* authenticator;
    Clock const& clock;
    std::optional<auth::Principal> user{};  ///< Whom `--user` names.

    [[nodiscard]] bool only_looks() const { return command.mode == Import::Mode::look; }
};

/// What an import came to. Says on standard output what is left out, and on standard error how far
/// it is.
class ImportTally {
public:
    void count_read() { ++read_; }
    void count_known() { ++known_; }
    void count(transfer::ImportOutcome outcome, std::size_t its_messages);
    void count_files(std::size_t files) { files_ += files; }
    void leave_out(std::string_view why);
    /// Says what comes in and became something else.
    static void note(std::string_view what);

    [[nodiscard]] std::size_t read() const { return read_; }    ///< Items, lines and threads.
    [[nodiscard]] std::size_t known() const { return known_; }  ///< Those that the system writes.
    [[nodiscard]] std::size_t stored() const { return stored_; }
    [[nodiscard]] std::size_t messages() const { return messages_; }  ///< Of what was stored.
    [[nodiscard]] std::size_t files() const { return files_; }        ///< Of what was stored.
    [[nodiscard]] std::size_t present() const { return present_; }
    [[nodiscard]] std::size_t left_out() const { return left_out_; }

private:
    std::size_t read_ = 0;
    std::size_t known_ = 0;
    std::size_t stored_ = 0;
    std::size_t messages_ = 0;
    std::size_t files_ = 0;
    std::size_t present_ = 0;
    std::size_t left_out_ = 0;
};

/// Writes a line to standard error at once: somebody waits.
void tell_progress(std::string const& line);

/// Whether a failure concerns one conversation, and the others may go on.
[[nodiscard]] bool concerns_one(Error const& error);

}  // namespace kaiwa::server

#include "base/utf8.hpp"
#include "server/admin_commands.hpp"
#include "server/check_aws.hpp"
#include "server/check_health.hpp"
#include "server/command_line.hpp"
#include "server/config.hpp"
#include "server/import_command.hpp"
#include "server/move_commands.hpp"
#include "server/sealing_key.hpp"
#include "server/serve.hpp"
#include "server/serve_function.hpp"
#include "server/wire_api.hpp"
#include "server/wire_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

namespace kaiwa::server {
namespace {

constexpr int wrong_usage = 2;
constexpr int failed = 1;

/// Of what somebody typed that is absurdly long the two ends say enough.
std::string shortened(std::string message) {
    constexpr std::size_t end = 600;
    message = replace_invalid_utf8(std::move(message));
    if (message.size() <= 3 * end) return message;
    auto const tail = replace_invalid_utf8(message.substr(message.size() - end));
    return fmt::format("{}…{}", utf8_prefix(message, end), tail);
}

int refuse(Error const& error, int status) {
    std::cerr << "kaiwa: " << shortened(error.message) << '\n';
    return status;
}

void explain(Configuration const& configuration) {
    std::size_t width = 0;
    for (auto const& value : configuration.explained) width = std::max(width, value.path.size());
    for (auto const& value : configuration.explained)
        std::cout << fmt::format("{:<{}} = {}  # {}\n", value.path, width, value.value,
                                 value.source);
}

Result<void> back_up(Settings const& settings, std::string const& target) {
    auto done = back_up_stores(settings, target);
    if (done) std::cerr << fmt::format("Copied {} to {}.\n", settings.data.string(), target);
    if (done && !settings.sealing_secret && settings.sealing_secret_from.empty())
        std::cerr << fmt::format(
            "Keep {} too, in another place than the copy: it opens the providers' keys in it.\n",
            (settings.data / "secret.key").string());
    if (done && settings.files == FilesKind::s3)
        std::cerr << fmt::format("The bytes of files stay in the bucket {}.\n", settings.s3.bucket);
    return done;
}

Result<void> run(CommandLine const& line, Configuration configuration, std::string config_file) {
    auto const& settings = configuration.settings;
    if (auto const* command = std::get_if<Serve>(&line.command)) {
        auto read_again = [line]() -> Result<Configuration> {
            auto sources = read_config_sources(line.config_path, line.flags);
            if (!sources) return std::unexpected(sources.error());
            return make_configuration(*sources);
        };
        return serve(*command, std::move(configuration), std::move(read_again), std::move(config_file));
    }
    if (std::holds_alternative<ConfigExplain>(line.command)) {
        explain(configuration);
        return {};
    }
    if (auto const* command = std::get_if<Backup>(&line.command))
        return back_up(settings, command->target);
    if (auto const* command = std::get_if<Restore>(&line.command)) {
        SystemClock const clock;
        auto const told = restore_stores(settings, command->source, clock);
        if (!told) return std::unexpected(told.error());
        std::cerr << *told << '\n';
        return {};
    }
    if (std::holds_alternative<CheckAws>(line.command)) {
        auto const found = check_aws(settings);
        std::cout << found.text;
        if (found.works) return {};
        return fail(Errc::unavailable, "not all of AWS that is configured works; see above");
    }
    if (auto const* command = std::get_if<Migrate>(&line.command))
        return migrate_stores(*command, settings);
    if (auto const* command = std::get_if<Import>(&line.command))
        return import_from(*command, settings);
    if (std::holds_alternative<CheckHealth>(line.command)) {
        auto const answer = check_health(settings);
        if (!answer) return std::unexpected(answer.error());
        std::cout << *answer;
        return {};
    }
    return run_admin_command(line, settings);
}

int run_program(int argc, char const* const* argv) {
    if (auto const* runtime = std::getenv("AWS_LAMBDA_RUNTIME_API"); argc == 1 && runtime) {
        auto const served = serve_function(runtime);
        if (served) return 0;
        return refuse(served.error(),
                      served.error().code == Errc::invalid_argument ? wrong_usage : failed);
    }
    auto parsed = parse_command_line(argc, argv);
    if (!parsed) return refuse(parsed.error(), wrong_usage);
    if (auto const* help = std::get_if<HelpText>(&*parsed)) {
        std::cout << help->text;
        return 0;
    }
    auto const& line = std::get<CommandLine>(*parsed);
    if (std::holds_alternative<ShowVersion>(line.command)) {
        std::cout << "kaiwa " << version() << '\n';
        return 0;
    }
    if (std::holds_alternative<CreateSecret>(line.command)) {
        SystemRandom random;
        std::cout << make_sealing_secret(random).reveal() << '\n';
        return 0;
    }
    auto sources = read_config_sources(line.config_path, line.flags);
    if (!sources) return refuse(sources.error(), wrong_usage);
    auto configuration = make_configuration(*sources);
    if (!configuration) return refuse(configuration.error(), wrong_usage);
    auto done = run(line, std::move(*configuration), sources->file_name);
    if (done) return 0;
    // A provider that cannot be made of its settings shows only when it is made.
    auto const is_configuration =
        std::holds_alternative<Serve>(line.command) && done.error().code == Errc::invalid_argument;
    return refuse(done.error(), is_configuration ? wrong_usage : failed);
}

/// The number of a stream that we were started without would go to the next file that is opened,
/// and what is printed into that. Something that can be neither read nor written takes it.
void keep_standard_streams() {
    for (int const stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) != -1) continue;
        ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/// Whatever was printed has arrived when the program says that all went well.
int end(int status) {
    if (std::cout.flush() || status != 0) return status;
    return refuse({Errc::unavailable,
                   "standard output cannot be written; is it closed, or its disk full?",
                   {}},
                  failed);
}

}  // namespace
}  // namespace kaiwa::server

int main(int argc, char** argv) {
    try {
        kaiwa::server::keep_standard_streams();
        return kaiwa::server::end(kaiwa::server::run_program(argc, argv));
    } catch (std::exception const& bug) {
        return kaiwa::server::refuse({kaiwa::Errc::internal, bug.what(), {}},
                                     kaiwa::server::failed);
    }
}

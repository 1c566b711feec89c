#include "server/foreign_items.hpp"

#include "store/dynamodb/store.hpp"
#include "store/s3/bucket.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace kaiwa::server {
namespace {

using store::dynamodb::Item;

constexpr std::size_t max_line_bytes = std::size_t{16} << 20;

class LineItems final : public ForeignItems {
public:
    LineItems(std::unique_ptr<std::istream> text, std::string name)
        : text_(std::move(text)), name_(std::move(name)) {}

    asio::awaitable<Result<std::optional<Item>>> next() override {
        for (std::string line; read_line(line);) {
            ++number_;
            if (line.size() > max_line_bytes) co_return refuse("the line is longer than an item");
            if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
            auto item = store::foreign::parse_item_line(line);
            if (!item) co_return refuse(item.error().message);
            co_return std::optional(std::move(*item));
        }
        if (text_->bad())
            co_return fail(Errc::unavailable, fmt::format("{} cannot be read to its end", name_));
        co_return std::optional<Item>();
    }

private:
    /// False at the end. Of a line that is too long, a little more than may be.
    bool read_line(std::string& line) {
        line.clear();
        for (;;) {
            text_->getline(chunk_.data(), static_cast<std::streamsize>(chunk_.size()));
            auto const got = static_cast<std::size_t>(text_->gcount());
            bool const is_cut = text_->fail() && !text_->bad() && got + 1 == chunk_.size();
            bool const has_end = text_->good();
            if (line.size() <= max_line_bytes) line.append(chunk_.data(), has_end ? got - 1 : got);
            if (!is_cut) return has_end || !line.empty();
            text_->clear();
        }
    }
    [[nodiscard]] std::unexpected<Error> refuse(std::string_view why) const {
        return fail(Errc::invalid_argument, fmt::format("{}:{}: {}", name_, number_, why));
    }

    std::unique_ptr<std::istream> text_;
    std::string name_;
    std::vector<char> chunk_ = std::vector<char>(std::size_t{64} << 10);
    std::size_t number_ = 0;
};

class TableItems final : public ForeignItems {
public:
    TableItems(std::string table, Settings const& settings, AwsGround& aws, Random& random,
               Log& log)
        : client_(
              aws::make_client(aws.session(settings.dynamodb.profile),
                               aws::ServiceAddress{"dynamodb", "dynamodb", settings.dynamodb.region,
                                                   settings.dynamodb.endpoint},
                               store::dynamodb::dynamodb_retries())),
          calls_(*client_),
          table_(calls_, std::move(table), random, log, "it is not in DynamoDB; --table names it") {
    }

    asio::awaitable<Result<std::optional<Item>>> next() override {
        while (at_ == page_.size()) {
            if (is_last_) co_return std::optional<Item>();
            auto page = co_await table_.scan_page(scan_);
            if (!page) co_return explain(std::move(page.error()));
            page_ = std::move(page->items);
            at_ = 0;
            is_last_ = !page->next;
            scan_.from = std::move(page->next);
        }
        co_return std::optional(std::move(page_[at_++]));
    }

private:
    [[nodiscard]] std::unexpected<Error> explain(Error error) const {
        if (error.reason == "no_table")
            return fail(
                Errc::not_found,
                fmt::format("there is no table {} in DynamoDB; --table names it", table_.name()));
        if (error.code == Errc::invalid_argument) error.code = Errc::unavailable;  // of the page
        return std::unexpected(std::move(error));
    }

    std::unique_ptr<aws::ServiceClient> client_;
    store::dynamodb::ServiceCalls calls_;
    store::dynamodb::Table table_;
    store::dynamodb::Scan scan_;
    std::vector<Item> page_;
    std::size_t at_ = 0;
    bool is_last_ = false;
};

class BucketObjects final : public ForeignObjects {
public:
    BucketObjects(std::string bucket, aws::Session& session)
        : bucket_(session, {.name = std::move(bucket)}) {}

    asio::awaitable<Result<std::string>> read(std::string key) override {
        constexpr std::size_t most = std::size_t{32} << 20;
        aws::ServiceRequest request;
        request.method = "GET";
        request.target = store::s3::key_path(key);
        auto const object = co_await bucket_.open(std::move(request));
        if (!object && object.error().code == "NoSuchBucket")
            co_return fail(Errc::not_found,
                           fmt::format("there is no bucket {}; --bucket names it", bucket_.name()));
        if (!object && object.error().status == 404) co_return refuse(key, "it is not there");
        if (!object) co_return fail(Errc::unavailable, aws::to_error(object.error(), "S3").message);
        auto text = co_await (*object)->read_all(most);
        if (!text && text.error().code == Errc::too_large)
            co_return refuse(key, "it is larger than 32 MiB");
        co_return text;
    }

private:
    [[nodiscard]] std::unexpected<Error> refuse(std::string_view key, char const* why) const {
        return fail(Errc::invalid_argument,
                    fmt::format("s3://{}/{}: {}", bucket_.name(), key, why));
    }

    store::s3::Bucket bucket_;
};

}  // namespace

std::unique_ptr<ForeignObjects> open_foreign_objects(Import const& command,
                                                     Settings const& settings, AwsGround& aws) {
    if (command.bucket.empty()) return nullptr;
    return std::make_unique<BucketObjects>(command.bucket, aws.session(settings.dynamodb.profile));
}

std::unique_ptr<ForeignItems> items_in(std::unique_ptr<std::istream> text, std::string name) {
    return std::make_unique<LineItems>(std::move(text), std::move(name));
}

Result<std::unique_ptr<ForeignItems>> open_foreign_items(Import const& command,
                                                         Settings const& settings, AwsGround& aws,
                                                         Random& random, Log& log) {
    if (command.file.empty())
        return std::make_unique<TableItems>(command.table, settings, aws, random, log);
    errno = 0;
    auto file = std::make_unique<std::ifstream>(command.file);
    std::error_code absent;
    if (std::filesystem::is_directory(command.file, absent)) errno = EISDIR;
    if (!*file || errno == EISDIR)
        return fail(Errc::not_found, fmt::format("the file {} cannot be read: {}", command.file,
                                                 std::strerror(errno)));
    return items_in(std::move(file), command.file);
}

}  // namespace kaiwa::server

#include "store/dynamodb/thread_row.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {
namespace {

chat::ThreadSettings read_settings(Item const& item) {
    chat::ThreadSettings settings;
    auto const* ours = find_map(item, "kaiwa");
    auto const* kept = ours ? find_map(*ours, "settings") : nullptr;
    if (kept) {
        settings.model = optional_string(*kept, "model");
        settings.parameters.temperature = optional_real(*kept, "temperature");
        settings.parameters.top_p = optional_real(*kept, "top_p");
        settings.parameters.max_tokens = optional_integer(*kept, "max_tokens");
        settings.system_prompt = optional_string(*kept, "system_prompt");
        return settings;
    }
    // A thread of Chainlit's: its models have other names here, its temperature means the same.
    auto const* metadata = find_map(item, "metadata");
    auto const* panel = metadata ? find_map(*metadata, "chat_settings") : nullptr;
    if (panel) {
        auto const temperature = optional_real(*panel, "Temperature");
        if (temperature && *temperature >= 0 && *temperature <= 1)
            settings.parameters.temperature = temperature;
    }
    return settings;
}

/// `true` is one day.
chat::Stay read_stay(Item const& ours) {
    if (bool_or(ours, "passing")) return chat::passing;
    return chat::Stay(optional_integer(ours, "passing").value_or(0));
}

Item settings_item(chat::ThreadSettings const& settings) {
    Item item;
    auto const real = [&](char const* name, std::optional<double> value) {
        if (value) item.emplace(name, Value::real(*value));
    };
    if (settings.model) item.emplace("model", *settings.model);
    real("temperature", settings.parameters.temperature);
    real("top_p", settings.parameters.top_p);
    if (settings.parameters.max_tokens) item.emplace("max_tokens", *settings.parameters.max_tokens);
    if (settings.system_prompt) item.emplace("system_prompt", *settings.system_prompt);
    return item;
}

/// The name of what our conditions compare, or count with, and is something else; empty: none.
std::string find_misfit(Item const& item) {
    auto const* ours = find(item, "kaiwa");
    if (!ours) return {};
    auto const* map = ours->if_map();
    if (!map) return "kaiwa";
    if (optional_integer(*map, "revision").value_or(-1) < 0) return "kaiwa.revision";
    bool const counts = !find(*map, "next") || optional_integer(*map, "next").value_or(-1) >= 0;
    return counts ? "" : "kaiwa.next";
}

}  // namespace

bool ThreadRow::is_of(chat::Principal const& who) const {
    if (owner) return *owner == who.id.text();
    return user_id == who.username && !who.username.starts_with("key:");
}

Result<ThreadRow> read_thread(Item const& item) {
    ThreadRow row;
    auto const id = ThreadId::parse(string_or(item, "id"));
    if (!id) return fail(Errc::invalid_argument, "a thread's id is no lower-case UUID");
    row.id = *id;
    row.title = string_or(item, "name");
    row.user_id = string_or(item, "userId");
    row.updated_at = from_iso(string_or(item, "createdAt"));
    row.settings = read_settings(item);
    row.has_metadata = find_map(item, "metadata") != nullptr;
    row.misfit = find_misfit(item);
    auto const* ours = find_map(item, "kaiwa");
    if (!ours) return row;
    row.has_ours = true;
    row.owner = optional_string(*ours, "owner");
    if (auto const* created = find_string(*ours, "created")) row.created_at = from_iso(*created);
    row.archived = bool_or(*ours, "archived");
    row.stay = read_stay(*ours);
    row.head = MessageId::parse(string_or(*ours, "head"));
    row.next = static_cast<std::uint64_t>(optional_integer(*ours, "next").value_or(0));
    row.revision = static_cast<std::uint64_t>(optional_integer(*ours, "revision").value_or(0));
    row.branched = bool_or(*ours, "branched");
    if (auto const* running = find_map(*ours, "running")) {
        for (auto const& [name, value] : *running)
            if (auto const generation = GenerationId::parse(name)) row.running.push_back(*generation);
    }
    if (auto const* deleted = find_string(*ours, "deleted")) row.deleted_at = from_iso(*deleted);
    return row;
}

chat::Thread shown(ThreadRow const& row) {
    chat::Thread thread;
    thread.id = row.id;
    thread.title = row.title;
    thread.created_at = row.created_at.value_or(row.updated_at);
    thread.updated_at = row.updated_at;
    thread.archived = row.archived;
    thread.stay = row.stay;
    thread.head = row.head;
    thread.settings = row.settings;
    return thread;
}

Item thread_extra(ThreadRow const& row) {
    Item running;
    for (auto const& id : row.running) running.emplace(id.text(), true);
    Item ours{{"owner", Value::optional(row.owner)},
              {"created", to_iso(row.created_at.value_or(row.updated_at))},
              {"archived", row.archived},
              {"head", row.head ? Value(row.head->text()) : Value()},
              {"next", row.next},
              {"revision", row.revision},
              {"branched", row.branched},
              {"running", std::move(running)},
              {"settings", settings_item(row.settings)}};
    if (row.stay == chat::passing) ours.emplace("passing", true);
    else if (row.stay != chat::for_good) ours.emplace("passing", row.stay.count());
    if (row.deleted_at) ours.emplace("deleted", to_iso(*row.deleted_at));
    return ours;
}

Item chat_settings(chat::ThreadSettings const& settings) {
    Item panel;
    if (settings.model) {
        auto const slash = settings.model->find('/');
        panel.emplace("Model", settings.model->substr(slash == std::string::npos ? 0 : slash + 1));
    }
    if (settings.parameters.temperature)
        panel.emplace("Temperature", Value::real(*settings.parameters.temperature));
    return panel;
}

std::string list_of(ThreadRow const& row) {
    if (row.stay != chat::for_good) return std::string(passing_threads);
    return row.archived ? archived_threads(row.user_id) : user_threads(row.user_id);
}

Item new_thread_item(ThreadRow const& row) {
    auto item = thread_key(row.id).item();
    item.emplace("id", row.id.text());
    item.emplace("createdAt", to_iso(row.updated_at));
    item.emplace("name", row.title);
    item.emplace("userId", row.user_id);
    item.emplace("userIdentifier", row.user_id);
    item.emplace("tags", Value::List{});
    item.emplace("metadata", Item{{"chat_settings", chat_settings(row.settings)}});
    item.emplace("UserThreadPK", list_of(row));
    item.emplace("UserThreadSK", index_time(row.updated_at));
    item.emplace("kaiwa", thread_extra(row));
    return item;
}

Result<void> check_changeable(ThreadRow const& row) {
    if (row.misfit.empty()) return {};
    auto const key = row.deleted_at ? deleted_thread_key(row.id) : thread_key(row.id);
    return fail(Errc::internal,
                fmt::format("the item PK={}, SK={} has a value of a wrong type in its attribute {}; "
                            "Kaiwa cannot change it",
                            key.pk, key.sk, row.misfit));
}

std::string is_unchanged(ThreadRow const& row, Aliases& aliases) {
    if (row.has_ours)
        return aliases.path({"kaiwa", "revision"}) + " = " + aliases.value(row.revision);
    auto const key = aliases.name("PK");
    return "attribute_exists(" + key + ") AND attribute_not_exists(" + aliases.name("kaiwa") + ")";
}

ThreadChange change_of(ThreadRow const& before, ThreadRow after, Touch touch) {
    ThreadChange change;
    auto& aliases = change.aliases;
    after.revision = before.revision + 1;
    Update update(aliases);
    update.set("kaiwa", thread_extra(after));
    if (after.title != before.title) update.set("name", after.title);
    if (touch == Touch::new_time) {
        update.set("createdAt", to_iso(after.updated_at));
        update.set("UserThreadSK", index_time(after.updated_at));
    }
    if (after.archived != before.archived) update.set("UserThreadPK", list_of(after));
    if (after.settings != before.settings) {
        if (before.has_metadata)
            update.set_path({"metadata", "chat_settings"}, chat_settings(after.settings));
        else
            update.set("metadata", Item{{"chat_settings", chat_settings(after.settings)}});
    }
    change.update = update.text();
    change.condition = is_unchanged(before, aliases);
    return change;
}

}  // namespace kaiwa::store::dynamodb

#include "app/kernoscope-cli/commands.h"
#include "core/base/cache_store.h"
#include "core/base/units.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>

namespace ks::cli {
namespace {

std::string tagText(std::uint32_t tag)
{
    std::string text;
    for (int i = 0; i < 4; ++i, tag >>= 8)
        text += static_cast<char>(tag & 0xff);
    return text;
}

/// Whether `wanted` is the name of the file, its build-id, or the beginning of one.
bool isMeant(const CacheStore::Entry &entry, const std::string &wanted) { return entry.name.starts_with(wanted); }

Json sectionsJson(const CacheFile &file)
{
    Json list = Json::array();
    for (const auto &part : file.contents())
        list.push_back({{"tag", tagText(part.tag)}, {"size", part.size}});
    return list;
}

Json describe(const CacheStore::Entry &entry, const Result<std::shared_ptr<const CacheFile>> &file)
{
    const auto dot = entry.name.find('.');
    Json document{{"key", entry.name},
                  {"build_id", entry.name.substr(0, dot)},
                  {"kind", entry.name.substr(dot + 1)},
                  {"size", entry.size},
                  {"last_use", fmt::format("{:%Y-%m-%d}", fmt::gmtime(entry.lastUse))}};
    if (file) {
        document["source"] = (*file)->source().path;
        document["sections"] = sectionsJson(**file);
    } else {
        document["error"] = jsonError(file.error());
    }
    return document;
}

std::string line(const CacheStore::Entry &entry, const std::string &rest)
{
    return fmt::format("{:<48} {:>10}  {:%Y-%m-%d}  {}\n", entry.name, sizeText(entry.size), fmt::gmtime(entry.lastUse),
                       rest);
}

} // namespace

ExitCode run(const Output &out, const CacheCommand &command, const std::filesystem::path &folder)
{
    const CacheStore store(folder.empty() ? CacheStore::userFolder() : folder);
    const auto entries = store.list();
    if (!entries) {
        if (out.json())
            out.writeJson(Json{{"error", jsonError(entries.error())}});
        out.complain(entries.error());
        return exitCodeFor(entries.error());
    }
    Answers answers;
    Json document = Json::array();
    for (const std::string &key : command.keys) {
        if (std::ranges::any_of(*entries, [&](const auto &entry) { return isMeant(entry, key); }))
            continue;
        const Error error{ErrorCode::NotFound, key, "there is no such file in " + store.folder().string()};
        document.push_back({{"key", key}, {"error", jsonError(error)}});
        out.complain(error);
        answers.missed();
    }
    for (const CacheStore::Entry &entry : *entries) {
        const bool all = command.keys.empty();
        if (!all && std::ranges::none_of(command.keys, [&](const auto &key) { return isMeant(entry, key); }))
            continue;
        const auto file = store.open(entry.name);
        Json item = describe(entry, file);
        std::string text = file ? (*file)->source().path : "not usable: " + file.error().why;
        Result<void> done = file ? Result<void>() : std::unexpected(file.error());
        if (command.action == CacheCommand::Verify && file) {
            done = (*file)->verify();
            text = done ? "sound" : done.error().why;
        } else if (command.action == CacheCommand::Remove) {
            done = store.remove(entry.name);
            text = done ? "removed" : done.error().why;
        }
        if (!done && command.action != CacheCommand::List) {
            item["error"] = jsonError(done.error());
            out.complain(done.error());
            answers.missed();
        }
        document.push_back(std::move(item));
        if (!out.json())
            out.write(line(entry, text));
    }
    if (out.json())
        out.writeJson(document);
    return answers.code();
}

} // namespace ks::cli

#include "ui/models/saved_state.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSaveFile>
#include <QStandardPaths>

#include <algorithm>

namespace ks::ui {

namespace {

constexpr int kFormatVersion = 1;
constexpr qint64 kMaxFileSize = 16 << 20;
constexpr std::size_t kMaxTabs = 100;
constexpr qsizetype kMaxExpanded = 10000;
constexpr qsizetype kMaxTables = 100;

QString base64(const QByteArray &bytes) { return QString::fromLatin1(bytes.toBase64()); }
QByteArray fromBase64(const QJsonValue &value) { return QByteArray::fromBase64(value.toString().toLatin1()); }

QJsonObject tabToJson(const SavedTab &tab)
{
    return {{QStringLiteral("cursor"), tab.cursor.toJson()},
            {QStringLiteral("top"), tab.top.toJson()},
            {QStringLiteral("columns"), tab.columns},
            {QStringLiteral("group"), tab.group}};
}

std::optional<SavedTab> tabFromJson(const QJsonObject &object)
{
    const auto cursor = Place::fromJson(object[QStringLiteral("cursor")].toObject());
    if (!cursor)
        return std::nullopt;
    SavedTab tab;
    tab.cursor = *cursor;
    tab.top = Place::fromJson(object[QStringLiteral("top")].toObject()).value_or(*cursor);
    const auto oneOf = [&](const char *key, std::initializer_list<int> allowed, int otherwise) {
        const int value = object[QLatin1String(key)].toInt(otherwise);
        return std::ranges::find(allowed, value) != allowed.end() ? value : otherwise;
    };
    tab.columns = oneOf("columns", {8, 16, 32}, 16);
    tab.group = oneOf("group", {1, 2, 4, 8}, 1);
    return tab;
}

} // namespace

QJsonObject toJson(const SavedState &state)
{
    QJsonArray tabs;
    for (const SavedTab &tab : state.tabs)
        tabs.append(tabToJson(tab));
    QJsonArray expanded;
    for (const QStringList &path : state.expanded)
        expanded.append(QJsonArray::fromStringList(path));
    QJsonObject columns;
    for (auto table = state.columns.begin(); table != state.columns.end(); ++table)
        columns[table.key()] = base64(table.value());
    return {{QStringLiteral("kernoscope_session"), kFormatVersion},
            {QStringLiteral("target"), state.target},
            {QStringLiteral("tabs"), tabs},
            {QStringLiteral("current_tab"), state.currentTab},
            {QStringLiteral("bookmarks"), state.bookmarks},
            {QStringLiteral("watches"), state.watches},
            {QStringLiteral("search"), state.search},
            {QStringLiteral("inspected"), state.inspected},
            {QStringLiteral("expanded"), expanded},
            {QStringLiteral("theme"), state.theme},
            {QStringLiteral("rate_hz"), state.rateHz},
            {QStringLiteral("changes_since"), QLatin1String(state.changesSinceLook ? "look" : "tick")},
            {QStringLiteral("columns"), columns},
            {QStringLiteral("geometry"), base64(state.geometry)},
            {QStringLiteral("layout"), base64(state.layout)}};
}

std::optional<SavedState> savedStateFromJson(const QJsonObject &object)
{
    if (object[QStringLiteral("kernoscope_session")].toInt() != kFormatVersion)
        return std::nullopt;
    SavedState state;
    state.target = object[QStringLiteral("target")].toObject();
    for (const QJsonValue &value : object[QStringLiteral("tabs")].toArray())
        if (auto tab = tabFromJson(value.toObject()); tab && state.tabs.size() < kMaxTabs)
            state.tabs.push_back(std::move(*tab));
    state.currentTab = std::clamp(object[QStringLiteral("current_tab")].toInt(), 0,
                                  std::max(0, static_cast<int>(state.tabs.size()) - 1));
    state.bookmarks = object[QStringLiteral("bookmarks")].toArray();
    state.watches = object[QStringLiteral("watches")].toArray();
    state.search = object[QStringLiteral("search")].toObject();
    state.inspected = object[QStringLiteral("inspected")].toString();
    for (const QJsonValue &value : object[QStringLiteral("expanded")].toArray()) {
        QStringList path;
        for (const QJsonValue &step : value.toArray())
            path << step.toString();
        if (state.expanded.size() < kMaxExpanded)
            state.expanded << path;
    }
    state.theme = object[QStringLiteral("theme")].toString();
    state.rateHz = std::clamp(object[QStringLiteral("rate_hz")].toDouble(10), 0.2, 60.0);
    state.changesSinceLook = object[QStringLiteral("changes_since")].toString() == QLatin1String("look");
    const QJsonObject columns = object[QStringLiteral("columns")].toObject();
    for (auto table = columns.begin(); table != columns.end() && state.columns.size() < kMaxTables; ++table)
        state.columns[table.key()] = fromBase64(table.value());
    state.geometry = fromBase64(object[QStringLiteral("geometry")]);
    state.layout = fromBase64(object[QStringLiteral("layout")]);
    return state;
}

QJsonObject targetToJson(const SessionOptions &options, bool demo)
{
    QJsonObject target;
    if (demo) {
        target[QStringLiteral("demo")] = true;
        return target;
    }
    const auto put = [&](const char *key, const std::filesystem::path &path) {
        if (!path.empty())
            target[QLatin1String(key)] = QString::fromStdString(path.string());
    };
    put("core", options.core);
    put("vmlinux", options.vmlinux);
    put("system_map", options.systemMap);
    put("kallsyms", options.kallsyms);
    put("btf", options.btf);
    QJsonArray moduleDirs;
    for (const auto &dir : options.moduleDirs)
        moduleDirs.append(QString::fromStdString(dir.string()));
    if (!moduleDirs.isEmpty())
        target[QStringLiteral("module_dirs")] = moduleDirs;
    if (options.kaslrOffset)
        target[QStringLiteral("kaslr")] = jsonAddress(*options.kaslrOffset);
    return target;
}

QString savedStatePath()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) + QStringLiteral("/session.json");
}

SavedState loadState(const QString &path, QString *problem)
{
    QFile file(path);
    if (!file.exists())
        return {};
    if (!file.open(QIODevice::ReadOnly)) {
        *problem = QStringLiteral("%1: %2").arg(path, file.errorString());
        return {};
    }
    const QByteArray bytes = file.read(kMaxFileSize);
    file.close();
    QJsonParseError error{};
    const QJsonDocument document = QJsonDocument::fromJson(bytes, &error);
    if (auto state = savedStateFromJson(document.object()))
        return *state;
    const QString kept = path + QStringLiteral(".bad");
    QFile::remove(kept);
    QFile::rename(path, kept);
    *problem = QStringLiteral("%1: damaged (%2); kept as %3, starting afresh")
                   .arg(path,
                        error.error == QJsonParseError::NoError
                            ? QStringLiteral("not a session of this program")
                            : QStringLiteral("%1 at byte %2").arg(error.errorString()).arg(error.offset),
                        QFileInfo(kept).fileName());
    return {};
}

QString saveState(const QString &path, const SavedState &state)
{
    const QFileInfo info(path);
    if (!QDir().mkpath(info.absolutePath()))
        return QStringLiteral("%1: cannot be created").arg(info.absolutePath());
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return QStringLiteral("%1: %2").arg(path, file.errorString());
    file.write(QJsonDocument(toJson(state)).toJson());
    return file.commit() ? QString() : QStringLiteral("%1: %2").arg(path, file.errorString());
}

} // namespace ks::ui

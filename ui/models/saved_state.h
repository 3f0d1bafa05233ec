// What the window remembers from one start to the next, as JSON that a person can read and repair.
#pragma once

#include "core/session/session.h"
#include "ui/models/place.h"

#include <QByteArray>
#include <QJsonArray>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace ks::ui {

struct SavedTab {
    Place cursor;
    Place top; ///< the first visible row
    int columns = 16;
    int group = 1;
};

struct SavedState {
    QJsonObject target; ///< see targetToJson(); empty: the live kernel or the demo
    std::vector<SavedTab> tabs;
    int currentTab = 0;
    QJsonArray bookmarks;
    QJsonArray watches;          ///< see watchListFromJson()
    QJsonObject search;          ///< see searchFormFromJson()
    QString inspected;           ///< the expression that the inspector shows
    QList<QStringList> expanded; ///< opened rows of its tree, see StructTreeModel::pathOf
    QString theme;               ///< "dark", "light" or empty for the system's
    double rateHz = 10;
    bool changesSinceLook = false;     ///< what marks of change compare with: the last look, not the last tick
    QMap<QString, QByteArray> columns; ///< TableView::saveColumns of each, by its object name
    QByteArray geometry;               ///< QWidget::saveGeometry
    QByteArray layout;                 ///< QMainWindow::saveState
};

QJsonObject toJson(const SavedState &state);
/// Nothing when the document is no saved session; single wrong entries get their defaults.
std::optional<SavedState> savedStateFromJson(const QJsonObject &object);

QJsonObject targetToJson(const SessionOptions &options, bool demo);

/// QStandardPaths::AppConfigLocation/session.json
QString savedStatePath();
/// A missing file is an empty state. One that is damaged is kept as FILE.bad, and `problem` says so.
SavedState loadState(const QString &path, QString *problem);
/// Atomically; an empty string, or what went wrong.
QString saveState(const QString &path, const SavedState &state);

} // namespace ks::ui

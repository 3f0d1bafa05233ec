#include "ui/models/log_model.h"

namespace ks::ui {

void LogModel::add(Level level, const QString &text)
{
    if (lines_.size() == kMaxLines) {
        beginRemoveRows({}, 0, 0);
        lines_.pop_front();
        endRemoveRows();
    }
    const int row = rowCount();
    beginInsertRows({}, row, row);
    lines_.push_back({QDateTime::currentDateTime(), level, text});
    errors_ += level == Level::Error;
    endInsertRows();
    Q_EMIT added(level, text);
}

int LogModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(lines_.size());
}

QVariant LogModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Line &line = lines_[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return QStringLiteral("%1  %2").arg(line.time.toString(QStringLiteral("HH:mm:ss")), line.text);
    case Qt::ToolTipRole: return line.text;
    case LevelRole: return static_cast<int>(line.level);
    default: return {};
    }
}

} // namespace ks::ui

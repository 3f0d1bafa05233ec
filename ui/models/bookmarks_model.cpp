#include "ui/models/bookmarks_model.h"

namespace ks::ui {

void BookmarksModel::setSession(std::shared_ptr<const Session> session)
{
    beginResetModel();
    session_ = std::move(session);
    locate();
    endResetModel();
}

void BookmarksModel::locate()
{
    addresses_.clear();
    for (const Bookmark &bookmark : bookmarks_)
        addresses_.push_back(session_ ? resolve(*session_, bookmark.place) : std::nullopt);
}

void BookmarksModel::add(Bookmark bookmark)
{
    const int row = rowCount();
    beginInsertRows({}, row, row);
    addresses_.push_back(session_ ? resolve(*session_, bookmark.place) : std::nullopt);
    bookmarks_.push_back(std::move(bookmark));
    endInsertRows();
}

void BookmarksModel::remove(int row)
{
    if (row < 0 || row >= rowCount())
        return;
    beginRemoveRows({}, row, row);
    bookmarks_.erase(bookmarks_.begin() + row);
    addresses_.erase(addresses_.begin() + row);
    endRemoveRows();
}

std::optional<VirtAddr> BookmarksModel::addressAt(int row) const
{
    return row >= 0 && row < rowCount() ? addresses_[static_cast<std::size_t>(row)] : std::nullopt;
}

QJsonArray BookmarksModel::toJson() const
{
    QJsonArray array;
    for (const Bookmark &bookmark : bookmarks_) {
        QJsonObject object = bookmark.place.toJson();
        object[QStringLiteral("build_id")] = bookmark.buildId;
        object[QStringLiteral("name")] = bookmark.name;
        if (!bookmark.note.isEmpty())
            object[QStringLiteral("note")] = bookmark.note;
        if (!bookmark.typeName.isEmpty())
            object[QStringLiteral("type")] = bookmark.typeName;
        array.append(object);
    }
    return array;
}

int BookmarksModel::setFromJson(const QJsonArray &array)
{
    beginResetModel();
    bookmarks_.clear();
    int refused = 0;
    for (const QJsonValue &value : array) {
        const QJsonObject object = value.toObject();
        auto place = Place::fromJson(object);
        if (!place) {
            ++refused;
            continue;
        }
        bookmarks_.push_back({std::move(*place), object[QStringLiteral("build_id")].toString(),
                              object[QStringLiteral("name")].toString(), object[QStringLiteral("note")].toString(),
                              object[QStringLiteral("type")].toString()});
    }
    locate();
    endResetModel();
    return refused;
}

int BookmarksModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(bookmarks_.size());
}

int BookmarksModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant BookmarksModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Bookmark &bookmark = at(index.row());
    const auto address = addressAt(index.row());
    const bool otherKernel =
        session_ && !bookmark.buildId.isEmpty() && bookmark.buildId != QString::fromStdString(session_->info().buildId);
    if (role == Qt::DisplayRole || role == Qt::EditRole)
        switch (index.column()) {
        case NameColumn: return bookmark.name;
        case PlaceColumn: return bookmark.place.text();
        case AddressColumn: return address ? QString::number(address->value, 16) : QStringLiteral("not in this kernel");
        case NoteColumn: return bookmark.note;
        default: return {};
        }
    if (role == Qt::ToolTipRole && otherKernel)
        return QStringLiteral("Set in another kernel (build-id %1); found here by its symbol.").arg(bookmark.buildId);
    return {};
}

bool BookmarksModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (role != Qt::EditRole || !index.isValid() || index.row() >= rowCount())
        return false;
    Bookmark &bookmark = bookmarks_[static_cast<std::size_t>(index.row())];
    if (index.column() == NameColumn)
        bookmark.name = value.toString();
    else if (index.column() == NoteColumn)
        bookmark.note = value.toString();
    else
        return false;
    Q_EMIT dataChanged(index, index);
    return true;
}

QVariant BookmarksModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn: return QStringLiteral("name");
    case PlaceColumn: return QStringLiteral("place");
    case AddressColumn: return QStringLiteral("address");
    case NoteColumn: return QStringLiteral("note");
    default: return {};
    }
}

Qt::ItemFlags BookmarksModel::flags(const QModelIndex &index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.column() == NameColumn || index.column() == NoteColumn ? flags | Qt::ItemIsEditable : flags;
}

} // namespace ks::ui

// Bookmarks: places with a name and a note, each with the build-id of the kernel it was set in.
#pragma once

#include "ui/models/place.h"

#include <QAbstractTableModel>
#include <QJsonArray>

#include <memory>

namespace ks::ui {

struct Bookmark {
    Place place;
    QString buildId;
    QString name;
    QString note;
    QString typeName; ///< what the inspector showed there; may be empty
};

class BookmarksModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { NameColumn, PlaceColumn, AddressColumn, NoteColumn, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    /// The kernel that addresses are looked up in; null: none, then no bookmark has an address.
    void setSession(std::shared_ptr<const Session> session);
    void add(Bookmark bookmark);
    void remove(int row);
    const Bookmark &at(int row) const { return bookmarks_[static_cast<std::size_t>(row)]; }
    /// Where the bookmark is in the kernel at hand.
    std::optional<VirtAddr> addressAt(int row) const;

    QJsonArray toJson() const;
    /// Replaces all; entries that are none are left out and counted.
    int setFromJson(const QJsonArray &array);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

private:
    void locate();

    std::shared_ptr<const Session> session_;
    std::vector<Bookmark> bookmarks_;
    std::vector<std::optional<VirtAddr>> addresses_;
};

} // namespace ks::ui

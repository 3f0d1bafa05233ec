// The differences between a snapshot and the kernel that is open, as a tree: group, object, member. Compares nothing
// itself; it is given entries as they are found.
#pragma once

#include "ui/models/diff_entry.h"

#include <QAbstractItemModel>
#include <QStringList>

#include <array>

namespace ks::ui {

class DiffModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { WhatColumn, PathColumn, BeforeColumn, AfterColumn, DeltaColumn, ColumnCount };

    using QAbstractItemModel::QAbstractItemModel;

    /// A new comparison that looks for these groups; the old one's rows go.
    void begin(std::vector<DiffGroup> groups);
    /// Entries of other groups than those that it began with are left out.
    void append(std::vector<DiffEntry> entries);
    /// Sentences: what there is beyond the rows, because a limit was reached. Exports tell it.
    void setCuts(const QStringList &cuts) { cuts_ = cuts; }
    const QStringList &cuts() const { return cuts_; }

    bool isGroup(const QModelIndex &index) const;
    /// Of the row or of the one above it; null for a group.
    const DiffEntry *entryAt(const QModelIndex &index) const;
    /// What the row tells of a value; null when it is a group, or an object whose members have rows of their own.
    const DiffLeaf *leafAt(const QModelIndex &index) const;
    const std::vector<DiffGroup> &groups() const { return groups_; }
    const std::vector<DiffEntry> &entries(DiffGroup group) const { return entries_[static_cast<std::size_t>(group)]; }
    std::size_t count() const;

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QModelIndex groupIndex(DiffGroup group, int column = WhatColumn) const;
    QString groupText(DiffGroup group, int column) const;
    QString entryText(const DiffEntry &entry, int column) const;

    QStringList cuts_;
    std::vector<DiffGroup> groups_;
    std::array<std::vector<DiffEntry>, kDiffGroups> entries_;
};

} // namespace ks::ui

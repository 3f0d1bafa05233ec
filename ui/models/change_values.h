// Which values of rows have changed, compared with the last look or a snapshot. Remembers the text that a row showed, a
// bounded number of them; also of rows that are not shown at the moment.
#pragma once

#include "ui/models/change_base.h"

#include <QHash>
#include <QString>

#include <optional>

namespace ks::ui {

class ChangeValues {
public:
    /// Rows that are remembered; beyond, those that were shown longest ago are forgotten.
    static constexpr qsizetype kMaxRows = 20000;

    ChangeBase base() const { return base_; }
    void setBase(ChangeBase base) { base_ = base; }
    /// The row `key` shows `value` now.
    void store(const QString &key, const QString &value);
    /// Under the bases Look and Snapshot; under Tick the time of a change decides, which is not known here.
    bool isMarked(const QString &key) const;
    /// What the base has for a row that is marked.
    std::optional<QString> baseValue(const QString &key) const;
    void markSeen();
    void keepSnapshot();
    void clear() { rows_.clear(); }
    qsizetype size() const { return rows_.size(); }

private:
    struct Row {
        QString now;
        QString seen;
        std::optional<QString> kept;
        bool touched = false; ///< changed since the last look
        std::uint64_t used = 0;
    };
    void forgetOldest();

    QHash<QString, Row> rows_;
    ChangeBase base_ = ChangeBase::Tick;
    std::uint64_t stores_ = 0;
};

} // namespace ks::ui

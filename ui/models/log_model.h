// What happened: one line an event, the newest last.
#pragma once

#include <QAbstractListModel>
#include <QDateTime>

#include <deque>

namespace ks::ui {

class LogModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum class Level { Note, Warning, Error };
    enum Role { LevelRole = Qt::UserRole };

    using QAbstractListModel::QAbstractListModel;

    void add(Level level, const QString &text);
    int errors() const { return errors_; }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;

Q_SIGNALS:
    void added(ks::ui::LogModel::Level level, const QString &text);

private:
    static constexpr std::size_t kMaxLines = 5000;
    struct Line {
        QDateTime time;
        Level level;
        QString text;
    };
    std::deque<Line> lines_;
    int errors_ = 0;
};

} // namespace ks::ui

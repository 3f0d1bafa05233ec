// The palette: a line to type into and what it finds, over the window. Finds nothing itself: whoever owns it answers
// `queryChanged` with setItems.
#pragma once

#include "ui/models/palette_search.h"

#include <QAbstractListModel>
#include <QFrame>
#include <QPointer>

class QLabel;
class QLineEdit;
class QListView;

namespace ks::ui {

class PaletteListModel : public QAbstractListModel {
    Q_OBJECT

public:
    using QAbstractListModel::QAbstractListModel;
    void setItems(std::vector<PaletteItem> items);
    const PaletteItem *at(int row) const;
    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;

private:
    std::vector<PaletteItem> items_;
};

class PalettePopup : public QFrame {
    Q_OBJECT

public:
    explicit PalettePopup(QWidget *window);

    /// Shows it over the window, with the text selected.
    void open(const QString &text = {});
    QString text() const;
    /// The answer to the newest question. `note` stands below the list: "119042 symbols", "still reading types".
    void setItems(std::vector<PaletteItem> items, const QString &note);
    const PaletteListModel &items() const { return *model_; }
    QLineEdit *edit() const { return edit_; }

Q_SIGNALS:
    void queryChanged(const QString &text);
    void chosen(const PaletteItem &item);
    /// Ctrl+Return.
    void watchRequested(const PaletteItem &item);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void place();
    void move(int by);
    void accept();
    void watch();

    QLineEdit *edit_;
    QListView *list_;
    QLabel *note_;
    PaletteListModel *model_;
    QPointer<QWidget> focusBefore_;
    bool answered_ = false;           ///< the list answers the text that stands in the line
    bool acceptWhenAnswered_ = false; ///< Enter came before the answer
};

} // namespace ks::ui

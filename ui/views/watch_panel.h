// The watch list with the line that adds to it, and what watching costs.
#pragma once

#include "ui/views/watch_view.h"

#include <QWidget>

class QLabel;
class QLineEdit;

namespace ks::ui {

class WatchPanel : public QWidget {
    Q_OBJECT

public:
    explicit WatchPanel(WatchModel *model, QWidget *parent = nullptr);

    WatchView *view() const { return view_; }
    QLineEdit *edit() const { return edit_; }
    /// Puts the keyboard into the line.
    void startAdding();
    /// Stands at the right of the line; `detail` on hover.
    void setFooter(const QString &text, const QString &detail, bool isWarning);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void add();
    void restyle();

    WatchModel *model_;
    WatchView *view_;
    QWidget *bar_;
    QLineEdit *edit_;
    QLabel *footer_;
    bool isWarning_ = false;
};

} // namespace ks::ui

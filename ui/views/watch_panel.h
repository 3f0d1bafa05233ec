// The watch list with the line that adds to it, and what watching costs.
#pragma once

#include "ui/views/line_bar.h"
#include "ui/views/watch_view.h"

#include <QWidget>

namespace ks::ui {

class WatchPanel : public QWidget {
    Q_OBJECT

public:
    explicit WatchPanel(WatchModel *model, QWidget *parent = nullptr);

    WatchView *view() const { return view_; }
    QLineEdit *edit() const { return bar_->line(); }
    /// Puts the keyboard into the line.
    void startAdding();
    /// Stands at the right of the line; `detail` on hover.
    void setFooter(const QString &text, const QString &detail, bool isWarning)
    {
        bar_->setNote(text, detail, isWarning);
    }

private:
    void add();

    WatchModel *model_;
    WatchView *view_;
    LineBar *bar_;
};

} // namespace ks::ui

// The head of a dock: its name, a quiet word at the right, and a way to close it. Can be dragged like any title.
#pragma once

#include <QWidget>

class QDockWidget;
class QLabel;

namespace ks::ui {

class DockTitle : public QWidget {
    Q_OBJECT

public:
    DockTitle(const QString &title, QDockWidget *dock);
    void setDetail(const QString &text);
    QString detail() const { return detail_; }

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void showDetail();
    void restyle();

    QLabel *title_;
    QLabel *detailLabel_;
    QString detail_;
};

} // namespace ks::ui

// One sentence above the content, with at most one thing to do about it.
#pragma once

#include <QFrame>

class QLabel;
class QToolButton;

namespace ks::ui {

class Banner : public QFrame {
    Q_OBJECT

public:
    explicit Banner(QWidget *parent = nullptr);
    /// An empty `action` leaves the button out.
    void say(const QString &sentence, const QString &action = {});

Q_SIGNALS:
    void actionRequested();

private:
    QLabel *text_;
    QToolButton *action_;
};

} // namespace ks::ui

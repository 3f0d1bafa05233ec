// One sentence above the content, with at most one thing to do about it.
#pragma once

#include <QFrame>

#include <functional>

class QLabel;
class QToolButton;

namespace ks::ui {

class Banner : public QFrame {
    Q_OBJECT

public:
    explicit Banner(QWidget *parent = nullptr);
    /// The button `action` does `act`; without one it is left out.
    void say(const QString &sentence, const QString &action = {}, std::function<void()> act = {});

private:
    QLabel *text_;
    QToolButton *action_;
    std::function<void()> act_;
};

} // namespace ks::ui

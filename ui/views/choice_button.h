// A button that shows one of a few choices, and a menu with all of them.
#pragma once

#include <QStringList>
#include <QToolButton>

class QActionGroup;

namespace ks::ui {

class ChoiceButton : public QToolButton {
    Q_OBJECT

public:
    /// `what` names the choice for screen readers and on hover.
    ChoiceButton(const QString &objectName, const QString &what, const QStringList &choices, QWidget *parent);

    int current() const { return current_; }
    /// Without chosen().
    void setCurrent(int choice);

Q_SIGNALS:
    void chosen(int choice);

protected:
    /// Up and Down go from one choice to the next without the menu.
    void keyPressEvent(QKeyEvent *event) override;

private:
    void choose(int choice);

    QString what_;
    QStringList choices_;
    QActionGroup *group_;
    int current_ = -1;
};

} // namespace ks::ui

#include "ui/views/choice_button.h"

#include <QActionGroup>
#include <QKeyEvent>
#include <QMenu>

namespace ks::ui {

ChoiceButton::ChoiceButton(const QString &objectName, const QString &what, const QStringList &choices, QWidget *parent)
    : QToolButton(parent), what_(what), choices_(choices), group_(new QActionGroup(this))
{
    setObjectName(objectName);
    setToolTip(what);
    setPopupMode(QToolButton::InstantPopup);
    setFocusPolicy(Qt::StrongFocus);
    auto *menu = new QMenu(this);
    for (int i = 0; i < choices_.size(); ++i) {
        QAction *action = menu->addAction(choices_[i]);
        action->setCheckable(true);
        group_->addAction(action);
        connect(action, &QAction::triggered, this, [this, i] { choose(i); });
    }
    setMenu(menu);
    setCurrent(0);
}

void ChoiceButton::setCurrent(int choice)
{
    if (choice < 0 || choice >= choices_.size() || choice == current_)
        return;
    current_ = choice;
    group_->actions()[choice]->setChecked(true);
    setText(choices_[choice] + QStringLiteral(" ▾"));
    setAccessibleName(QStringLiteral("%1: %2").arg(what_, choices_[choice]));
}

void ChoiceButton::choose(int choice)
{
    if (choice < 0 || choice >= choices_.size() || choice == current_)
        return;
    setCurrent(choice);
    Q_EMIT chosen(choice);
}

void ChoiceButton::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Up)
        choose(current_ - 1);
    else if (event->key() == Qt::Key_Down)
        choose(current_ + 1);
    else
        QToolButton::keyPressEvent(event);
}

} // namespace ks::ui

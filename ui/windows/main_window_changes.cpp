// What has changed: the menu, the keys, and the item of the status line.
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"

#include <QAction>
#include <QActionGroup>
#include <QMenu>
#include <QToolButton>

namespace ks::ui {

void MainWindow::createChangeMenu()
{
    changeMenu_ = menu_->addMenu(QStringLiteral("&Changes"));
    const auto add = [this](const QString &text, const QKeySequence &key, auto run) {
        QAction *action = addAction(text, {key}, [this, run] {
            if (browser_)
                run(*browser_);
        });
        changeMenu_->addAction(action);
        return action;
    };
    add(QStringLiteral("&Next change"), {Qt::Key_F8}, [](KernelBrowser &kernel) { kernel.goToChange(true); });
    add(QStringLiteral("&Previous change"), {Qt::SHIFT | Qt::Key_F8},
        [](KernelBrowser &kernel) { kernel.goToChange(false); });
    changeMenu_->addSeparator();
    add(QStringLiteral("Mark all as &seen"), {Qt::CTRL | Qt::Key_M}, [this](KernelBrowser &kernel) {
        kernel.markSeen();
        compareWith(ChangeBase::Look);
    });
    add(QStringLiteral("&Keep these bytes to compare with"), {Qt::CTRL | Qt::Key_K}, [this](KernelBrowser &kernel) {
        kernel.keepSnapshot();
        compareWith(ChangeBase::Snapshot);
    });
    changeMenu_->addSeparator();
    auto *bases = new QActionGroup(this);
    const auto base = [&](const QString &text, const QKeySequence &key, ChangeBase what) {
        QAction *action = add(text, key, [this, what](KernelBrowser &) { compareWith(what); });
        action->setCheckable(true);
        bases->addAction(action);
        changeBases_ << action;
    };
    base(QStringLiteral("Show changes since the last &tick"), {Qt::ALT | Qt::Key_1}, ChangeBase::Tick);
    base(QStringLiteral("Show changes since the last &look"), {Qt::ALT | Qt::Key_2}, ChangeBase::Look);
    base(QStringLiteral("Show changes since bytes were &kept"), {Qt::ALT | Qt::Key_3}, ChangeBase::Snapshot);
    changeBases_.first()->setChecked(true);

    changes_ = new QToolButton(this);
    changes_->setObjectName(QStringLiteral("changes"));
    changes_->setMenu(changeMenu_);
    changes_->setPopupMode(QToolButton::InstantPopup);
    changes_->setFocusPolicy(Qt::TabFocus);
    changes_->setToolTip(QStringLiteral("What the marks of change compare with"));
    const auto restyle = [this] {
        changes_->setStyleSheet(
            QStringLiteral("QToolButton { background: transparent; border: 0; padding: 0 4px; color: %1; }"
                           "QToolButton:hover, QToolButton:focus { color: %2; text-decoration: underline; }"
                           "QToolButton::menu-indicator { image: none; width: 0; }")
                .arg(Theme::instance().tokens().dim.name(), Theme::instance().tokens().text.name()));
    };
    connect(&Theme::instance(), &Theme::changed, changes_, restyle);
    restyle();
    changes_->setEnabled(false);
}

void MainWindow::compareWith(ChangeBase base)
{
    changeBases_[static_cast<int>(base)]->setChecked(true);
    browser_->setChangeBase(base);
    // Bytes that were kept are not there the next time.
    remembered_.changesSinceLook = base == ChangeBase::Look;
}

void MainWindow::updateChanges()
{
    // What cannot change needs no word about it. The status line itself hides its items while it shows a message.
    const bool live = browser_ && browser_->pulse() != TopBar::Pulse::Still;
    const QString text = live ? browser_->changesText() : QString();
    changes_->setEnabled(live);
    if (text == changes_->text())
        return;
    changes_->setText(text);
    changes_->setAccessibleName(text);
}

} // namespace ks::ui

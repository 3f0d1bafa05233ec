// What the window can do: actions, the menu, the palette's commands, bookmarks, the list of keys.
#include "ui/views/palette_popup.h"
#include "ui/views/top_bar.h"
#include "ui/windows/kernel_browser.h"
#include "ui/windows/main_window.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QContextMenuEvent>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QStatusBar>

namespace ks::ui {

namespace {

/// The title of an action as people read it, without mnemonics and dots.
QString plainText(const QAction *action)
{
    QString text = action->text();
    return text.remove(QLatin1Char('&')).remove(QStringLiteral("…"));
}

} // namespace

QAction *MainWindow::addAction(const QString &text, const QList<QKeySequence> &keys, std::function<void()> what)
{
    auto *action = new QAction(text, this);
    action->setShortcuts(keys);
    if (!keys.isEmpty())
        action->setToolTip(
            QStringLiteral("%1 (%2)").arg(plainText(action), keys.first().toString(QKeySequence::NativeText)));
    connect(action, &QAction::triggered, this, [what = std::move(what)] { what(); });
    QMainWindow::addAction(action);
    commands_ << action;
    return action;
}

void MainWindow::createActions()
{
    paletteAction_ = addAction(QStringLiteral("Go to symbol, type, address or expression…"), {{Qt::CTRL | Qt::Key_P}},
                               [this] { openPalette(palette_->text()); });
    addAction(QStringLiteral("Go to address…"), {{Qt::CTRL | Qt::Key_G}},
              [this] { openPalette(QStringLiteral("0x")); });
    addAction(QStringLiteral("Back"), {{Qt::ALT | Qt::Key_Left}}, [this] {
        if (browser_)
            browser_->goBack();
    });
    addAction(QStringLiteral("Forward"), {{Qt::ALT | Qt::Key_Right}}, [this] {
        if (browser_)
            browser_->goForward();
    });
    addAction(QStringLiteral("Bookmark this place"), {{Qt::CTRL | Qt::Key_B}}, [this] {
        if (browser_ && browser_->tabs()->currentView())
            addBookmark(browser_->tabs()->currentView()->cursor());
    });
    addAction(QStringLiteral("Read again"), {{Qt::Key_F5}}, [this] {
        if (browser_)
            browser_->refreshNow();
    });
    freeze_ = addAction(QStringLiteral("Freeze"), {{Qt::Key_Space}}, [this] {
        if (browser_)
            browser_->live()->setFrozen(!browser_->live()->isFrozen());
    });
    addAction(QStringLiteral("New tab"), {{Qt::CTRL | Qt::Key_T}}, [this] {
        if (browser_ && browser_->tabs()->currentView())
            browser_->tabs()->addTabAt(browser_->tabs()->currentView()->cursor());
    });
    addAction(QStringLiteral("Close tab"), {{Qt::CTRL | Qt::Key_W}}, [this] {
        if (browser_)
            browser_->tabs()->closeTabAt(browser_->tabs()->currentIndex());
    });
    addAction(QStringLiteral("Next tab"), {{Qt::CTRL | Qt::Key_PageDown}}, [this] {
        if (browser_)
            browser_->tabs()->setCurrentIndex((browser_->tabs()->currentIndex() + 1) % browser_->tabs()->count());
    });
}

void MainWindow::createMenu()
{
    menu_ = new QMenu(this);
    QMenu *target = menu_->addMenu(QStringLiteral("&Kernel"));
    target->addAction(
        addAction(QStringLiteral("&Open a dump or kcore…"), {{Qt::CTRL | Qt::Key_O}}, [this] { chooseFile(); }));
    if (opener_.openers().privileged)
        target->addAction(addAction(QStringLiteral("Open this &machine's kernel…"), {}, [this] { askForRights(); }));
    if (opener_.openers().demo)
        target->addAction(addAction(QStringLiteral("Open the &demo kernel"), {},
                                    [this] { open({TargetRequest::Kind::Demo, {}, false}); }));
    QMenu *go = menu_->addMenu(QStringLiteral("&Go"));
    for (int i = 0; i < 10; ++i)
        go->addAction(commands_[i]);
    createChangeMenu();
    createWatchMenu();
    createSearchMenu();
    createSnapshotMenu();
    viewMenu_ = menu_->addMenu(QStringLiteral("&View"));
    auto *themes = new QActionGroup(this);
    const auto theme = [&](const QString &text, ThemeMode mode) {
        QAction *action = addAction(text, {}, [this, mode] { setTheme(mode); });
        action->setCheckable(true);
        action->setChecked(Theme::instance().mode() == mode);
        themes->addAction(action);
        viewMenu_->addAction(action);
    };
    theme(QStringLiteral("Theme of the &system"), ThemeMode::System);
    theme(QStringLiteral("D&ark theme"), ThemeMode::Dark);
    theme(QStringLiteral("&Light theme"), ThemeMode::Light);
    viewMenu_->addSeparator();
    menu_->addSeparator();
    menu_->addAction(addAction(QStringLiteral("Ke&ys"), {{Qt::Key_F1}}, [this] { showKeys(); }));
    menu_->addAction(addAction(QStringLiteral("&Quit"), {{Qt::CTRL | Qt::Key_Q}}, [this] { close(); }));
    QAction *menu = addAction(QStringLiteral("Menu"), {{Qt::Key_F10}}, [this] { topBar_->openMenu(); });
    menu->setObjectName(QStringLiteral("menuAction"));
    // The key of that name is on few keyboards, and Qt gives no other one on X11.
    addAction(QStringLiteral("What can be done with the row or the bytes"), {{Qt::SHIFT | Qt::Key_F10}}, [] {
        QWidget *focus = QApplication::focusWidget();
        if (!focus)
            return;
        const QPoint middle = focus->rect().center();
        QApplication::postEvent(focus,
                                new QContextMenuEvent(QContextMenuEvent::Keyboard, middle, focus->mapToGlobal(middle)));
    });
}

void MainWindow::openPalette(const QString &text)
{
    if (!browser_)
        return;
    palette_->open(text);
}

void MainWindow::searchPalette(const QString &text)
{
    if (!browser_)
        return;
    std::vector<QString> titles;
    for (const QAction *action : commands_)
        titles.push_back(plainText(action));
    browser_->searchPalette(text, titles);
}

void MainWindow::choose(const PaletteItem &item)
{
    if (item.kind == PaletteItem::Kind::Command && item.command >= 0 && item.command < commands_.size())
        commands_[item.command]->trigger();
    else if (browser_)
        browser_->choose(item);
}

void MainWindow::addBookmark(VirtAddr address)
{
    if (!browser_)
        return;
    Bookmark bookmark;
    bookmark.place = placeOf(browser_->session(), address);
    bookmark.buildId = QString::fromStdString(browser_->session().info().buildId);
    bookmark.name = bookmark.place.text();
    bookmarks_->add(std::move(bookmark));
    note(QStringLiteral("Bookmarked %1").arg(bookmarks_->at(bookmarks_->rowCount() - 1).name));
}

void MainWindow::goToBookmark(int row)
{
    if (!browser_ || row < 0 || row >= bookmarks_->rowCount())
        return;
    if (const auto address = bookmarks_->addressAt(row)) {
        browser_->goTo(*address);
        browser_->inspector()->follow(*address);
    } else {
        note(QStringLiteral("%1 is not in this kernel").arg(bookmarks_->at(row).place.text()));
    }
}

void MainWindow::chooseFile()
{
    auto *dialog = new QFileDialog(this, QStringLiteral("Open a dump, a copy of kcore, or a vmlinux"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &file) {
        TargetRequest request;
        request.options.core = file.toStdString();
        open(request);
    });
    dialog->open();
}

void MainWindow::showKeys()
{
    auto *dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QStringLiteral("Keys"));
    auto *grid = new QGridLayout(dialog);
    grid->setContentsMargins(24, 20, 24, 16);
    grid->setHorizontalSpacing(32);
    grid->setVerticalSpacing(6);
    int row = 0;
    const auto line = [&](const QString &keys, const QString &what) {
        auto *key = new QLabel(keys, dialog);
        key->setFont(Theme::instance().dataFont());
        key->setStyleSheet(QStringLiteral("color: %1").arg(Theme::instance().tokens().dim.name()));
        grid->addWidget(key, row, 0, Qt::AlignRight);
        grid->addWidget(new QLabel(what, dialog), row++, 1);
    };
    for (const QAction *action : commands_)
        if (!action->shortcut().isEmpty())
            line(action->shortcut().toString(QKeySequence::NativeText), plainText(action));
    line(QStringLiteral("Tab"), QStringLiteral("From one part of the window to the next"));
    line(QStringLiteral("Enter"), QStringLiteral("In the inspector: go where the row leads"));
    line(QStringLiteral("→ ←"), QStringLiteral("In the inspector: open and close"));
    line(QStringLiteral("P F H G"), QStringLiteral("In the watch list: plot, freeze, highlight, move to a group"));
    line(QStringLiteral("Ctrl+Enter"), QStringLiteral("In the palette: watch what is found"));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    grid->addWidget(buttons, row, 0, 1, 2);
    dialog->open();
}

} // namespace ks::ui

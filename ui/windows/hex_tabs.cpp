#include "ui/windows/hex_tabs.h"

#include <QTabBar>
#include <QToolButton>

namespace ks::ui {

HexTabs::HexTabs(std::shared_ptr<const Session> session, QWidget *parent)
    : QTabWidget(parent), session_(std::move(session))
{
    setObjectName(QStringLiteral("hexTabs"));
    setDocumentMode(true);
    setTabsClosable(false);
    setMovable(true);
    tabBar()->setExpanding(false);
    tabBar()->setDrawBase(false);
    tabBar()->setAccessibleName(QStringLiteral("Places"));
    auto *add = new QToolButton(this);
    add->setObjectName(QStringLiteral("newTab"));
    add->setText(QStringLiteral("+"));
    add->setToolTip(QStringLiteral("New tab here (Ctrl+T)"));
    add->setAccessibleName(QStringLiteral("New tab"));
    add->setAutoRaise(true);
    add->setStyleSheet(QStringLiteral("#newTab { background: transparent; border: 0; padding: 8px 14px; }"));
    setCornerWidget(add, Qt::TopRightCorner);
    connect(add, &QToolButton::clicked, this, [this] {
        if (const HexView *view = currentView())
            addTabAt(view->cursor());
    });
    connect(this, &QTabWidget::currentChanged, this, [this] { Q_EMIT currentViewChanged(currentView()); });
    tabBar()->setContextMenuPolicy(Qt::NoContextMenu);
}

void HexTabs::setSession(std::shared_ptr<const Session> session)
{
    session_ = std::move(session);
    for (int i = 0; i < count(); ++i)
        viewAt(i)->updateTarget(HexTarget::of(session_));
}

HexView *HexTabs::viewAt(int index) const { return qobject_cast<HexView *>(widget(index)); }

HexView *HexTabs::currentView() const { return qobject_cast<HexView *>(currentWidget()); }

HexView *HexTabs::addTabAt(VirtAddr address)
{
    auto *view = new HexView(this);
    view->setTarget(HexTarget::of(session_));
    if (const HexView *current = currentView())
        view->setOptions(current->options());
    const int index = addTab(view, QString());
    auto *close = new QToolButton(tabBar());
    close->setText(QStringLiteral("×"));
    close->setAutoRaise(true);
    close->setFocusPolicy(Qt::NoFocus);
    close->setToolTip(QStringLiteral("Close this tab (Ctrl+W)"));
    close->setStyleSheet(QStringLiteral("QToolButton { background: transparent; border: 0; padding: 0 2px; }"));
    tabBar()->setTabButton(index, QTabBar::RightSide, close);
    connect(close, &QToolButton::clicked, this, [this, view] { closeTabAt(indexOf(view)); });
    connect(view, &HexView::cursorMoved, this, [this, view] { rename(view); });
    Q_EMIT viewAdded(view);
    view->goTo(address);
    rename(view);
    setCurrentIndex(index);
    return view;
}

void HexTabs::closeTabAt(int index)
{
    if (count() < 2 || index < 0)
        return;
    QWidget *view = widget(index);
    removeTab(index);
    view->deleteLater();
}

void HexTabs::rename(HexView *view)
{
    const int index = indexOf(view);
    if (index < 0)
        return;
    QString name = placeOf(*session_, view->cursor()).symbol;
    if (name.isEmpty())
        name = QString::number(view->cursor().value, 16);
    if (tabText(index) != name)
        setTabText(index, name);
}

std::vector<SavedTab> HexTabs::save() const
{
    std::vector<SavedTab> tabs;
    for (int i = 0; i < count(); ++i)
        if (const HexView *view = viewAt(i))
            tabs.push_back({placeOf(*session_, view->cursor()), placeOf(*session_, view->topAddress()),
                            static_cast<int>(view->options().columns), static_cast<int>(view->options().group)});
    return tabs;
}

void HexTabs::restore(const std::vector<SavedTab> &tabs, int current)
{
    for (const SavedTab &tab : tabs) {
        const auto cursor = resolve(*session_, tab.cursor);
        if (!cursor)
            continue;
        HexView *view = addTabAt(*cursor);
        HexOptions options = view->options();
        options.columns = static_cast<unsigned>(tab.columns);
        options.group = static_cast<unsigned>(tab.group);
        view->setOptions(options);
        if (const auto top = resolve(*session_, tab.top)) {
            view->goTo(*top);
            view->goTo(*cursor);
        }
    }
    if (current >= 0 && current < count())
        setCurrentIndex(current);
}

} // namespace ks::ui

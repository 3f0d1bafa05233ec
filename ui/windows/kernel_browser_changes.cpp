// What has changed in the open kernel, and compared with what: one choice for all tabs, the inspector and the strip.
#include "ui/views/address_space_panel.h"
#include "ui/windows/kernel_browser.h"

#include <QGuiApplication>
#include <QLocale>

#include <algorithm>

namespace ks::ui {

void KernelBrowser::connectChanges()
{
    connect(inspector_->model(), &StructTreeModel::valuesChanged, this, &KernelBrowser::warmMap);
    // Whoever turns to another program has looked at this one last now.
    connect(qGuiApp, &QGuiApplication::applicationStateChanged, this, [this](Qt::ApplicationState state) {
        if (state == Qt::ApplicationInactive)
            markSeen();
    });
}

// What the hex view shows as well, it has told of byte by byte.
void KernelBrowser::warmMap(const std::vector<AddrRange> &changed)
{
    const HexView *view = tabs_->currentView();
    const std::vector<AddrRange> shown = view ? view->visibleRanges() : std::vector<AddrRange>();
    std::vector<AddrRange> elsewhere;
    std::ranges::copy_if(changed, std::back_inserter(elsewhere), [&](const AddrRange &range) {
        return std::ranges::none_of(shown, [&](const AddrRange &other) { return other.overlaps(range); });
    });
    map_->addChanges(elsewhere);
}

void KernelBrowser::setChangeBase(ChangeBase base)
{
    changeBase_ = base;
    for (int i = 0; i < tabs_->count(); ++i)
        if (HexView *view = tabs_->viewAt(i))
            view->setChangeBase(base);
    inspector_->model()->setChangeBase(base);
    Q_EMIT changesChanged();
}

void KernelBrowser::markSeen()
{
    lastLook_ = QTime::currentTime();
    for (int i = 0; i < tabs_->count(); ++i)
        if (HexView *view = tabs_->viewAt(i))
            view->markSeen();
    inspector_->model()->markSeen();
    Q_EMIT changesChanged();
}

void KernelBrowser::keepSnapshot()
{
    snapshot_ = QTime::currentTime();
    for (int i = 0; i < tabs_->count(); ++i)
        if (HexView *view = tabs_->viewAt(i))
            view->keepSnapshot();
    inspector_->model()->keepSnapshot();
    Q_EMIT changesChanged();
}

void KernelBrowser::goToChange(bool forward)
{
    if (HexView *view = tabs_->currentView())
        view->goToChange(forward);
}

QString KernelBrowser::changesText() const
{
    const HexView *view = tabs_->currentView();
    if (!view)
        return {};
    const std::size_t count = view->changedBytes();
    const QString bytes = count == 0 ? QStringLiteral("no byte")
                          : count == 1
                              ? QStringLiteral("1 byte")
                              : QStringLiteral("%1 bytes").arg(QLocale().toString(static_cast<qulonglong>(count)));
    const QString clock = QStringLiteral("HH:mm:ss");
    switch (changeBase_) {
    case ChangeBase::Tick: return QStringLiteral("%1 changed since last tick").arg(bytes);
    case ChangeBase::Look: return QStringLiteral("%1 changed since last look %2").arg(bytes, lastLook_.toString(clock));
    case ChangeBase::Snapshot: break;
    }
    if (snapshot_.isNull())
        return QStringLiteral("no bytes kept to compare with");
    return QStringLiteral("%1 %2 from bytes kept at %3")
        .arg(bytes, QLatin1String(count < 2 ? "differs" : "differ"), snapshot_.toString(clock));
}

} // namespace ks::ui

#include "ui/views/address_space_panel.h"

#include "ui/views/map_strip.h"
#include "ui/views/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QTreeView>

namespace ks::ui {

AddressSpacePanel::AddressSpacePanel(QWidget *parent)
    : QWidget(parent), model_(new AddressSpaceModel(this)), tree_(new QTreeView), strip_(new MapStrip)
{
    setObjectName(QStringLiteral("addressSpace"));
    tree_->setModel(model_);
    tree_->setObjectName(QStringLiteral("addressSpaceTree"));
    tree_->setAccessibleName(tr("Address space"));
    tree_->setHeaderHidden(true);
    tree_->setUniformRowHeights(true);
    tree_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    tree_->setTextElideMode(Qt::ElideRight);
    tree_->header()->setStretchLastSection(false);
    tree_->header()->setSectionResizeMode(AddressSpaceModel::Name, QHeaderView::Stretch);
    tree_->header()->setSectionResizeMode(AddressSpaceModel::Size, QHeaderView::ResizeToContents);
    tree_->header()->setMinimumSectionSize(8);

    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 2, 0);
    layout->setSpacing(4);
    layout->addWidget(tree_, 1);
    layout->addWidget(strip_);

    const auto choose = [this](const QModelIndex &index) {
        if (!choosing_ && index.isValid())
            Q_EMIT addressChosen(VirtAddr(index.data(AddressSpaceModel::FirstRole).toULongLong()));
    };
    connect(tree_, &QTreeView::clicked, this, choose);
    connect(tree_, &QTreeView::activated, this, choose);
    connect(strip_, &MapStrip::addressChosen, this, &AddressSpacePanel::addressChosen);
    connect(&Theme::instance(), &Theme::changed, this, &AddressSpacePanel::applyTheme);
    applyTheme();
}

void AddressSpacePanel::applyTheme()
{
    model_->setColors([](SegmentKind kind) { return Theme::instance().color(kind); }, Theme::instance().tokens().dim);
}

void AddressSpacePanel::setTarget(const HexTarget &target, Worker &worker)
{
    model_->setNodes({});
    if (worker_ != &worker) {
        if (worker_ && channel_)
            worker_->cancel(*channel_);
        worker_ = &worker;
        channel_ = worker.newChannel();
    }
    if (!target.segments)
        return;
    strip_->setSegments(*target.segments);
    worker.post(
        *channel_,
        [target] {
            static const SymbolTable kNoSymbols;
            return buildAddressSpace(*target.segments, target.symbols ? *target.symbols : kNoSymbols);
        },
        this,
        [this](std::vector<AddressSpaceNode> nodes) {
            model_->setNodes(std::move(nodes));
            for (int row = 0; row < model_->rowCount(); ++row) {
                const QModelIndex kind = model_->index(row, 0);
                // A few parts are seen at once; a long list of RAM ranges waits until it is opened.
                if (model_->rowCount(kind) <= 8)
                    tree_->expand(kind);
            }
            setCursor(cursor_);
            Q_EMIT ready();
        });
}

void AddressSpacePanel::addChanges(const std::vector<AddrRange> &changed) { strip_->addChanges(changed); }

void AddressSpacePanel::setCursor(VirtAddr address)
{
    cursor_ = address;
    strip_->setCursor(address);
    QModelIndex here = model_->setHere(address);
    while (here.parent().isValid() && !tree_->isExpanded(here.parent()))
        here = here.parent();
    choosing_ = true;
    if (here.isValid())
        tree_->setCurrentIndex(here);
    else
        tree_->selectionModel()->clear();
    choosing_ = false;
}

} // namespace ks::ui

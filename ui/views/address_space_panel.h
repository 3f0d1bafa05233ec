// The address-space dock: the tree of segments, sections and modules, with the strip of the whole map beside it.
#pragma once

#include "ui/models/address_space_model.h"
#include "ui/models/hex_target.h"
#include "ui/workers/worker.h"

#include <QWidget>

class QTreeView;

namespace ks::ui {

class MapStrip;

class AddressSpacePanel : public QWidget {
    Q_OBJECT
public:
    explicit AddressSpacePanel(QWidget *parent = nullptr);

    /// The tree is built on the worker: it looks at every symbol.
    void setTarget(const HexTarget &target, Worker &worker);
    /// Marks the part that holds the cursor of the hex view; opens nothing that the person has closed.
    void setCursor(VirtAddr address);
    /// Bytes that were seen to change: the strip warms there.
    void addChanges(const std::vector<AddrRange> &changed);
    const AddressSpaceModel &model() const { return *model_; }

Q_SIGNALS:
    void addressChosen(ks::VirtAddr address);
    /// The tree is complete.
    void ready();

private:
    void applyTheme();

    AddressSpaceModel *model_;
    QTreeView *tree_;
    MapStrip *strip_;
    VirtAddr cursor_;
    bool choosing_ = false;
    std::optional<Channel> channel_;
    QPointer<Worker> worker_;
};

} // namespace ks::ui

// The centre: a hex view for each place, in tabs.
#pragma once

#include "ui/models/saved_state.h"
#include "ui/views/hex_view.h"

#include <QTabWidget>

namespace ks::ui {

class HexTabs : public QTabWidget {
    Q_OBJECT

public:
    explicit HexTabs(std::shared_ptr<const Session> session, QWidget *parent = nullptr);

    /// More is known of the same kernel.
    void setSession(std::shared_ptr<const Session> session);
    HexView *currentView() const;
    HexView *viewAt(int index) const;
    HexView *addTabAt(VirtAddr address);
    /// The last one stays.
    void closeTabAt(int index);

    std::vector<SavedTab> save() const;
    /// Places that this kernel does not have are left out.
    void restore(const std::vector<SavedTab> &tabs, int current);

Q_SIGNALS:
    void viewAdded(ks::ui::HexView *view);
    void currentViewChanged(ks::ui::HexView *view);

private:
    void rename(HexView *view);

    std::shared_ptr<const Session> session_;
};

} // namespace ks::ui

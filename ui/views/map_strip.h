// A narrow picture of the whole address space beside the dock: every segment in the colour of its kind, the cursor as a
// line, and at its edge, warm, where bytes change. A click goes there.
#pragma once

#include "ui/models/address_space.h"
#include "ui/models/change_heat.h"
#include "ui/models/map_scale.h"

#include <QTimer>
#include <QWidget>

namespace ks::ui {

class MapStrip : public QWidget {
    Q_OBJECT
public:
    explicit MapStrip(QWidget *parent = nullptr);
    void setSegments(const SegmentMap &segments);
    void setCursor(VirtAddr address);
    /// Bytes that were seen to change.
    void addChanges(const std::vector<AddrRange> &changed);
    QSize sizeHint() const override;

    /// The address a click at this height goes to, and the height of an address.
    VirtAddr addressAt(int y) const;
    int yOf(VirtAddr address) const;

Q_SIGNALS:
    void addressChosen(ks::VirtAddr address);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    QString describe(VirtAddr address) const;
    QString describeHeat(int y) const;
    QRect heatRect(const ChangeHeat::Place &place) const;
    void updateHeat();

    std::vector<MapBand> bands_;
    MapScale scale_;
    VirtAddr cursor_;
    ChangeHeat heat_;
    QTimer cooling_; ///< runs while a place is warm
};

} // namespace ks::ui

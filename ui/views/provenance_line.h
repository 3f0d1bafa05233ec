// The line under the hex view: where the byte under the cursor comes from, and how old and how slow the data is.
#pragma once

#include "ui/models/page_steps.h"

#include <QTimer>
#include <QWidget>

#include <functional>

namespace ks::ui {

class HexView;

class ProvenanceLine : public QWidget {
    Q_OBJECT
public:
    explicit ProvenanceLine(QWidget *parent = nullptr);
    /// Follows the cursor and the samples of this view. `parts` gives the tree of the address space.
    void follow(HexView *view, std::function<const std::vector<AddressSpaceNode> &()> parts);
    void setSteps(std::vector<ProvenanceStep> steps);
    /// What the kernel says of a page and an object in it; shown behind the rest while the cursor is there.
    void setPage(PageFacts facts);
    const PageFacts &page() const { return page_; }
    /// When the shown bytes were read and how long that took; a duration below 0 shows nothing.
    void setTiming(std::chrono::system_clock::time_point read, std::chrono::nanoseconds latency);

    QString text() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {0, sizeHint().height()}; }

Q_SIGNALS:
    void addressChosen(ks::VirtAddr address);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    bool event(QEvent *event) override;

private:
    void look();
    void showAge();
    QList<QRect> chipRects() const;
    int stepAt(const QPoint &position) const;

    HexView *view_ = nullptr;
    std::function<const std::vector<AddressSpaceNode> &()> parts_;
    std::vector<ProvenanceStep> steps_;
    PageFacts page_;
    QString timing_;
    QTimer aging_; ///< runs while the age that is shown may be true
    std::chrono::system_clock::time_point read_;
    std::chrono::nanoseconds latency_{-1};
};

} // namespace ks::ui

// A hex view on the kernel that tests make up, fed by hand, and a witness of what it paints.
#pragma once

#include "tests/ui/hex_fixture.h"
#include "ui/views/hex_view.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QPaintEvent>
#include <QTest>
#include <QTimer>

namespace ks::ui::test {

inline void spin(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
}

// What the viewport was asked to paint.
class PaintSpy : public QObject {
public:
    explicit PaintSpy(QWidget *widget) { widget->installEventFilter(this); }
    bool eventFilter(QObject *, QEvent *event) override
    {
        if (event->type() == QEvent::Paint) {
            ++paints;
            region += static_cast<QPaintEvent *>(event)->region();
        }
        return false;
    }
    void reset()
    {
        paints = 0;
        region = {};
    }
    int paints = 0;
    QRegion region;
};

struct Shown {
    Shown()
    {
        view.resize(900, 600);
        view.setTarget(fixture.target());
        view.show();
        view.setFocus();
        view.goTo(VirtAddr(kInitTask));
        view.setOverlay(VirtAddr(kInitTask), HexFixture::members());
        feed();
    }
    void feed()
    {
        view.setBlocks(
            std::make_shared<const std::vector<MemoryBlock>>(fixture.source->readBatch(view.visibleRanges())));
        QCoreApplication::processEvents();
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) { QTest::keyClick(&view, key, modifiers); }
    QPoint at(VirtAddr address) { return view.byteRect(address).center(); }
    void click(VirtAddr address, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::mouseClick(view.viewport(), Qt::LeftButton, modifiers, at(address));
    }
    void hover(VirtAddr address)
    {
        QMouseEvent move(QEvent::MouseMove, at(address), view.viewport()->mapToGlobal(at(address)), Qt::NoButton,
                         Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(view.viewport(), &move);
    }

    HexFixture fixture;
    HexView view;
};

} // namespace ks::ui::test

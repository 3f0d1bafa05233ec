// The readings of the bytes under the cursor, one a line; values can be selected and copied, pointers are links.
#pragma once

#include "ui/models/readings.h"

#include <QWidget>

class QGridLayout;
class QLabel;

namespace ks::ui {

class HexView;

class ReadingsPanel : public QWidget {
    Q_OBJECT
public:
    explicit ReadingsPanel(QWidget *parent = nullptr);
    /// Follows the cursor and the samples of this view.
    void follow(HexView *view);
    void setReadings(const std::vector<Reading> &readings);

Q_SIGNALS:
    void addressChosen(ks::VirtAddr address);

private:
    struct Line {
        QLabel *label = nullptr;
        QLabel *value = nullptr;
        Reading shown;
    };
    void show(Line &line, const Reading &reading);
    void applyTheme();

    QGridLayout *grid_;
    std::vector<Line> lines_;
    QMetaObject::Connection cursorMoved_;
    QMetaObject::Connection contentChanged_;
};

} // namespace ks::ui

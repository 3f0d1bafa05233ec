#include "ui/views/readings_panel.h"

#include "ui/views/hex_view.h"
#include "ui/views/theme.h"

#include <QGridLayout>
#include <QLabel>

namespace ks::ui {

ReadingsPanel::ReadingsPanel(QWidget *parent) : QWidget(parent), grid_(new QGridLayout(this))
{
    setObjectName(QStringLiteral("readings"));
    setAccessibleName(tr("Readings of the bytes under the cursor"));
    grid_->setContentsMargins(12, 8, 12, 8);
    grid_->setHorizontalSpacing(12);
    grid_->setVerticalSpacing(2);
    grid_->setColumnStretch(1, 1);
    connect(&Theme::instance(), &Theme::changed, this, &ReadingsPanel::applyTheme);
    setReadings(readingsOf({}, VirtAddr(0), {}));
}

void ReadingsPanel::follow(HexView *view)
{
    disconnect(cursorMoved_);
    disconnect(contentChanged_);
    if (!view)
        return;
    const auto look = [this, view] { setReadings(readingsOf(view->content(), view->cursor(), view->target())); };
    cursorMoved_ = connect(view, &HexView::cursorMoved, this, look);
    contentChanged_ = connect(view, &HexView::contentChanged, this, look);
    look();
}

void ReadingsPanel::setReadings(const std::vector<Reading> &readings)
{
    while (lines_.size() < readings.size()) {
        Line line{new QLabel(this), new QLabel(this), {}};
        line.value->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::LinksAccessibleByMouse |
                                            Qt::LinksAccessibleByKeyboard);
        line.value->setTextFormat(Qt::RichText);
        line.value->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        line.label->setBuddy(line.value);
        connect(line.value, &QLabel::linkActivated, this,
                [this](const QString &link) { Q_EMIT addressChosen(VirtAddr(link.toULongLong(nullptr, 16))); });
        const int row = static_cast<int>(lines_.size());
        grid_->addWidget(line.label, row, 0);
        grid_->addWidget(line.value, row, 1);
        grid_->setRowStretch(row, 0);
        grid_->setRowStretch(row + 1, 1);
        lines_.push_back(line);
    }
    for (std::size_t i = 0; i < readings.size(); ++i) {
        if (lines_[i].shown != readings[i])
            show(lines_[i], readings[i]);
    }
}

void ReadingsPanel::show(Line &line, const Reading &reading)
{
    const ThemeTokens &t = Theme::instance().tokens();
    line.shown = reading;
    line.label->setFont(Theme::instance().dataFont());
    line.value->setFont(Theme::instance().dataFont());
    line.label->setText(QStringLiteral("<span style='color:%1'>%2</span>").arg(t.dim.name(), reading.label));
    const QString value = reading.value.toHtmlEscaped();
    if (reading.pointer)
        line.value->setText(QStringLiteral("<a style='color:%1;text-decoration:none' href='%2'>%3</a>")
                                .arg(t.accent.name(), addressText(*reading.pointer), value));
    else if ((!reading.why.isEmpty() && !reading.torn) || reading.value == QStringLiteral("—"))
        line.value->setText(QStringLiteral("<span style='color:%1'>%2</span>").arg(t.dim.name(), value));
    else
        line.value->setText(value);
    if (reading.torn)
        line.value->setText(line.value->text() +
                            QStringLiteral(" <span style='color:%1'>torn</span>").arg(t.dim.name()));
    line.value->setToolTip(reading.why.isEmpty() ? reading.value : reading.why);
    line.value->setAccessibleName(
        QStringLiteral("%1 %2%3").arg(reading.label, reading.value, QLatin1String(reading.torn ? ", torn" : "")));
}

void ReadingsPanel::applyTheme()
{
    for (Line &line : lines_)
        show(line, Reading(line.shown));
}

} // namespace ks::ui

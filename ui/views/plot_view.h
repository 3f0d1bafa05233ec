// Watched values over time. Light: a few lines, two axes, a legend, and under the pointer what the values were.
// Keys: + and - change how much time is shown, Left and Right step from sample to sample, Home and End go to the ends,
// R shows how fast the values rise, S gives each line a scale of its own, Escape ends the reading.
#pragma once

#include "ui/models/plot_series.h"

#include <QWidget>

namespace ks::ui {

class PlotView : public QWidget {
    Q_OBJECT

public:
    explicit PlotView(QWidget *parent = nullptr);

    /// `end` is the right end of the axis, in seconds of the steady clock.
    void setSeries(std::vector<PlotSeries> series, double end);
    const std::vector<PlotSeries> &series() const { return series_; }

    /// Seconds from the left end of the axis to the right one.
    double span() const { return span_; }
    void setSpan(double seconds);
    bool showsRates() const { return showsRates_; }
    void setShowsRates(bool shows);
    bool hasOwnScales() const { return ownScales_; }
    void setOwnScales(bool own);

    /// Reads the values at this time; nothing: ends that.
    void setReading(std::optional<double> time);
    std::optional<double> reading() const { return reading_; }
    /// "12:03:04.120  jiffies 4294945288 · x 3"; empty when nothing is read.
    QString readingText() const;

    /// The colour and the dash of the line at this place in the list.
    static QColor lineColor(std::size_t index);

    QSize sizeHint() const override { return {420, 160}; }
    QSize minimumSizeHint() const override { return {160, 80}; }

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    /// A part of the view with a value axis: all lines share one, or each has its own.
    struct Lane {
        QRectF area;
        PlotRange range;
        std::vector<std::size_t> lines;
    };
    void layOut();
    std::vector<Lane> makeLanes() const;
    QRectF makeArea() const;
    double x(double time) const;
    double y(const Lane &lane, long double value) const;
    double timeAt(double x) const;
    bool isInteger() const;
    void paintTimeAxis(QPainter &painter, const QRectF &area) const;
    void paintLane(QPainter &painter, const Lane &lane) const;
    void paintLine(QPainter &painter, const Lane &lane, std::size_t index) const;
    void paintLegend(QPainter &painter, const Lane &lane) const;
    void paintReading(QPainter &painter) const;
    void step(int by);
    void derive();
    void announce();
    QString clockAt(double time, bool withFraction) const;

    std::vector<PlotSeries> given_;
    std::vector<PlotSeries> series_; ///< what is drawn: the values that were given, or their rates
    double end_ = 0;
    double span_ = 30;
    bool showsRates_ = false;
    bool ownScales_ = true; ///< values of a kernel seldom have one
    QRectF area_;           ///< of all lanes
    std::vector<Lane> lanes_;
    std::optional<double> reading_;
    std::optional<double> pointer_; ///< where the mouse reads, in pixels from the left
};

} // namespace ks::ui

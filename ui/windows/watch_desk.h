// The watch list at work: its list and its plot, and the ways in which something comes to be watched. The list outlives
// the kernel that is open.
#pragma once

#include "ui/models/watch_model.h"
#include "ui/views/plot_view.h"
#include "ui/views/watch_panel.h"
#include "ui/workers/sampling.h"
#include "ui/workers/session_worker.h"

#include <QObject>
#include <QPointer>

namespace ks::ui {

class KernelBrowser;

class WatchDesk : public QObject {
    Q_OBJECT

public:
    explicit WatchDesk(QWidget *parent);

    WatchModel *model() const { return model_; }
    WatchPanel *panel() const { return panel_; }
    PlotView *plot() const { return plot_; }

    /// The kernel that is open; null: none. Watches keep what they know when it is sampled by the same as the one
    /// before.
    void setBrowser(KernelBrowser *browser);

    void watch(const QString &expression);
    /// The object at these bytes.
    void watchBytes(const AddrRange &bytes);

    QJsonArray save() const { return toJson(model_->list()); }
    void restore(const QJsonArray &list) { model_->setList(watchListFromJson(list)); }
    /// As CSV when the name ends so, else as JSON. An empty string, or what went wrong.
    QString exportTo(const QString &file) const;

Q_SIGNALS:
    /// Something was added: the list is to be seen.
    void listRequested();
    void plotRequested();
    void titleChanged(const QString &title);
    void message(const QString &text);

private:
    void take(const SamplePtr &sample);
    void updatePlot();
    void updateFooter();
    void askCondition(const QModelIndexList &watches);
    void askGroup(const QModelIndexList &watches);

    WatchModel *model_;
    WatchPanel *panel_;
    PlotView *plot_;
    QPointer<KernelBrowser> browser_;
    std::shared_ptr<Sampling> sampling_; ///< null while no kernel with memory is open
    SessionWorker *worker_ = nullptr;    ///< finds names for bytes
    Channel naming_{};
    std::chrono::steady_clock::time_point footerTime_; ///< when the cost was told last
};

} // namespace ks::ui

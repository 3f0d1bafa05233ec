// The search at work: its panel, the workers that search and that keep what is in sight fresh, and the scans that
// narrow what was found.
#pragma once

#include "ui/views/search_panel.h"
#include "ui/workers/live_reader.h"
#include "ui/workers/search_job.h"
#include "ui/workers/session_worker.h"

#include <QJsonObject>
#include <QObject>
#include <QPointer>
#include <QTimer>

namespace ks::ui {

class KernelBrowser;

class SearchDesk : public QObject {
    Q_OBJECT

public:
    explicit SearchDesk(QWidget *parent);

    SearchModel *model() const { return model_; }
    SearchPanel *panel() const { return panel_; }

    /// The kernel that is open; null: none, and what was found in the one before goes.
    void setBrowser(KernelBrowser *browser);
    /// What stands in the line, for the session file.
    QJsonObject save() const { return toJson(panel_->form()); }
    void restore(const QJsonObject &form) { panel_->setForm(searchFormFromJson(form)); }

    void start();
    /// What was found so far stays.
    void cancel();
    void scan(const SearchPanel::Scan &scan);
    void undo();
    /// Until all that was found is listed.
    bool isRunning() const { return stream_ != nullptr; }
    /// Writes all rows in the background, as CSV when the name ends so, else as JSON; then says so.
    void exportTo(const QString &file);

Q_SIGNALS:
    void titleChanged(const QString &title);
    void message(const QString &text);
    void failed(const ks::Error &error);
    void watchRequested(ks::AddrRange bytes);
    void bookmarkRequested(ks::VirtAddr address);
    void exportRequested(const QString &suffix);

private:
    void run(const SearchForm &form);
    void take(Result<SearchOutcome> outcome);
    void beginRows();
    void forgetSets();
    void discard(std::vector<std::shared_ptr<const ScanSet>> sets);
    void addPending(std::vector<SearchRow> rows);
    bool listMore();
    void arrange();
    void poll();
    void finish();
    std::vector<AddrRange> visibleRanges(LiveReader::Want want) const;
    void takeVisible(const Blocks &blocks, const std::vector<AddrRange> &torn);
    void updateCan();
    void updateStale();
    void showProgress();
    void showResult();
    void setTitle(std::uint64_t found);

    SearchModel *model_;
    SearchPanel *panel_;
    QPointer<KernelBrowser> browser_;
    SessionWorker *worker_ = nullptr;  ///< searches; null while no kernel with memory is open
    SessionWorker *reader_ = nullptr;  ///< sorts and exports, which must not wait for a search
    std::unique_ptr<LiveReader> live_; ///< of what is in sight
    Channel search_{};
    Channel export_{};
    Channel sort_{};

    SearchForm asked_;                     ///< of what runs
    std::uint64_t found_ = 0;              ///< by what runs, so far
    SearchForm form_;                      ///< of what is listed
    std::shared_ptr<SearchStream> stream_; ///< of what runs
    bool begun_ = false;                   ///< the rows are those of what runs
    std::vector<SearchRow> pending_;       ///< to be listed, from pendingAt_ on
    std::size_t pendingAt_ = 0;
    std::optional<SearchOutcome> outcome_;             ///< of the search that runs, once it is there
    std::optional<SearchOutcome> listed_;              ///< of what is listed, once that is all
    std::vector<std::shared_ptr<const ScanSet>> sets_; ///< the last is what is left now
    QTimer poll_;
    std::chrono::steady_clock::time_point began_;
    std::vector<kernel::LoadedModule> modules_; ///< when it was searched
};

} // namespace ks::ui

// The one place where the window's work leaves the GUI thread. A Worker owns one background thread; results come back
// to the GUI thread as queued calls. The GUI thread never waits for it, not even when the window closes.
//
// Work is posted on channels. A new job on a channel supersedes the older ones: a job that has not begun is dropped,
// one that runs is asked to stop (its Progress is cancelled) and its result is never delivered.
#pragma once

#include "core/base/progress.h"

#include <QObject>
#include <QPointer>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace ks::ui {

/// A stream of jobs of which only the newest counts; one for each question that a view asks again and again.
enum class Channel : std::uint32_t {};

/// -1 where the end is not known.
int percentOf(const Progress::State &state);

class Worker : public QObject {
    Q_OBJECT
public:
    explicit Worker(QObject *parent = nullptr);
    /// Returns at once. A job that still runs is cancelled and ends on its own; its result goes nowhere.
    ~Worker() override;

    Channel newChannel();

    /// Runs `job` (R() or R(Progress &)) in the background, then `deliver` (void(R), or void() when R is void) on the
    /// GUI thread, unless the job was superseded, cancelled or `receiver` has gone.
    template <class Job, class Deliver>
    void post(Channel channel, Job job, QObject *receiver, Deliver deliver)
    {
        enqueue(channel,
                [job = std::move(job), deliver = std::move(deliver),
                 guard = QPointer<QObject>(receiver)](Progress &progress) mutable -> Delivery {
                    if constexpr (std::is_void_v<ResultOf<Job>>) {
                        run(job, progress);
                        return [guard, deliver = std::move(deliver)]() mutable {
                            if (guard)
                                deliver();
                        };
                    } else {
                        // Shared, because std::function copies: a result may be large or move-only.
                        auto result = std::make_shared<ResultOf<Job>>(run(job, progress));
                        return [guard, result, deliver = std::move(deliver)]() mutable {
                            if (guard)
                                deliver(std::move(*result));
                        };
                    }
                });
    }

    /// Drops what was posted on the channel; nothing posted so far will be delivered.
    void cancel(Channel channel);
    /// Whether a job of the channel waits, runs, or has a result that was not delivered yet.
    bool isBusy(Channel channel) const;
    bool isBusy() const;
    /// How far the running job of the channel is.
    std::optional<Progress::State> progress(Channel channel) const;

    /// For the very end of main(), when no window is left: lets the threads of all workers end.
    /// False when one of them is still held up by its source after `limit`.
    static bool waitForThreads(std::chrono::milliseconds limit);

Q_SIGNALS:
    /// The first job was posted (true), the last one was delivered or dropped (false).
    void busyChanged(bool busy);

private:
    using Delivery = std::function<void()>;
    using Job = std::function<Delivery(Progress &)>;
    struct Shared;

    template <class J>
    static decltype(auto) run(J &job, Progress &progress)
    {
        if constexpr (std::is_invocable_v<J &, Progress &>)
            return job(progress);
        else
            return job();
    }
    template <class J>
    using ResultOf = std::decay_t<decltype(run(std::declval<J &>(), std::declval<Progress &>()))>;

    void enqueue(Channel channel, Job job);
    static void runThread(const std::shared_ptr<Shared> &shared);
    void settle();

    std::shared_ptr<Shared> shared_;
    bool busy_ = false;
};

} // namespace ks::ui

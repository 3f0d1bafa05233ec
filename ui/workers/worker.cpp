#include "ui/workers/worker.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace ks::ui {

namespace {

// Threads outlive their Worker when a source holds them up, so they are counted here and not joined one by one.
struct ThreadCount {
    std::mutex mutex;
    std::condition_variable changed;
    int alive = 0;
};

ThreadCount &threads()
{
    // Never destroyed: a thread that is still held up at exit must find it whole.
    static auto *count = new ThreadCount;
    return *count;
}

} // namespace

int percentOf(const Progress::State &state)
{
    return state.total ? static_cast<int>(static_cast<double>(std::min(state.done, state.total)) * 100 /
                                          static_cast<double>(state.total))
                       : -1;
}

struct Worker::Shared {
    struct Pending {
        Channel channel;
        std::uint64_t generation = 0;
        Job job;
    };
    struct Running {
        Channel channel{};
        std::uint64_t generation = 0;
        Progress *progress = nullptr;
    };
    struct Finished {
        Channel channel{};
        std::uint64_t generation = 0;
    };

    bool isCurrent(Channel channel, std::uint64_t generation) const
    {
        const auto found = generations.find(channel);
        return found != generations.end() && found->second == generation;
    }

    mutable std::mutex mutex;
    std::condition_variable wake;
    std::deque<Pending> queue;
    std::map<Channel, std::uint64_t> generations;
    Running running;
    std::deque<Finished> undelivered; ///< in the order in which their deliveries wait in the event queue
    std::uint32_t channels = 0;
    bool stop = false;
    Worker *owner = nullptr; ///< null once the Worker has gone; only used under the mutex
};

Worker::Worker(QObject *parent) : QObject(parent), shared_(std::make_shared<Shared>())
{
    shared_->owner = this;
    {
        const std::lock_guard lock(threads().mutex);
        ++threads().alive;
    }
    std::thread([shared = shared_]() mutable {
        runThread(shared);
        shared.reset();
        const std::lock_guard lock(threads().mutex);
        --threads().alive;
        threads().changed.notify_all();
    }).detach();
}

Worker::~Worker()
{
    std::deque<Shared::Pending> dropped;
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->owner = nullptr;
        shared_->stop = true;
        shared_->queue.swap(dropped);
        if (shared_->running.progress)
            shared_->running.progress->cancel();
    }
    shared_->wake.notify_all();
}

Channel Worker::newChannel()
{
    const std::lock_guard lock(shared_->mutex);
    return Channel{++shared_->channels};
}

void Worker::enqueue(Channel channel, Job job)
{
    Job dropped;
    {
        const std::lock_guard lock(shared_->mutex);
        const std::uint64_t generation = ++shared_->generations[channel];
        if (shared_->running.progress && shared_->running.channel == channel)
            shared_->running.progress->cancel();
        // A superseded job gives its place in the queue to the new one, so that a busy channel cannot starve itself.
        const auto waiting = std::find_if(shared_->queue.begin(), shared_->queue.end(),
                                          [&](const Shared::Pending &p) { return p.channel == channel; });
        if (waiting != shared_->queue.end()) {
            dropped = std::exchange(waiting->job, std::move(job));
            waiting->generation = generation;
        } else {
            shared_->queue.push_back({channel, generation, std::move(job)});
        }
    }
    shared_->wake.notify_one();
    settle();
}

void Worker::cancel(Channel channel)
{
    Job dropped;
    {
        const std::lock_guard lock(shared_->mutex);
        ++shared_->generations[channel];
        if (shared_->running.progress && shared_->running.channel == channel)
            shared_->running.progress->cancel();
        const auto waiting = std::find_if(shared_->queue.begin(), shared_->queue.end(),
                                          [&](const Shared::Pending &p) { return p.channel == channel; });
        if (waiting != shared_->queue.end()) {
            dropped = std::move(waiting->job);
            shared_->queue.erase(waiting);
        }
    }
    settle();
}

bool Worker::isBusy(Channel channel) const
{
    const std::lock_guard lock(shared_->mutex);
    if (shared_->running.progress && shared_->running.channel == channel &&
        shared_->isCurrent(channel, shared_->running.generation))
        return true;
    const auto waits = [&](const Shared::Pending &job) { return job.channel == channel; };
    return std::ranges::any_of(shared_->queue, waits) ||
           std::ranges::any_of(shared_->undelivered, [&](const Shared::Finished &job) {
               return job.channel == channel && shared_->isCurrent(channel, job.generation);
           });
}

bool Worker::isBusy() const
{
    const std::lock_guard lock(shared_->mutex);
    return shared_->running.progress || !shared_->queue.empty() || !shared_->undelivered.empty();
}

std::optional<Progress::State> Worker::progress(Channel channel) const
{
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->running.progress || shared_->running.channel != channel ||
        !shared_->isCurrent(channel, shared_->running.generation))
        return std::nullopt;
    return shared_->running.progress->state();
}

void Worker::settle()
{
    const bool busy = isBusy();
    if (std::exchange(busy_, busy) != busy)
        Q_EMIT busyChanged(busy);
}

void Worker::runThread(const std::shared_ptr<Shared> &shared)
{
    std::unique_lock lock(shared->mutex);
    while (true) {
        shared->wake.wait(lock, [&] { return shared->stop || !shared->queue.empty(); });
        if (shared->stop)
            return;
        Shared::Pending next = std::move(shared->queue.front());
        shared->queue.pop_front();
        Progress progress;
        shared->running = {next.channel, next.generation, &progress};
        lock.unlock();

        Delivery delivery = next.job(progress);
        next.job = nullptr;

        lock.lock();
        shared->running = {};
        if (!shared->owner)
            return;
        shared->undelivered.push_back({next.channel, next.generation});
        // Under the mutex, so that the owner cannot go away while the call is queued for it.
        QMetaObject::invokeMethod(
            shared->owner,
            [shared, channel = next.channel, generation = next.generation, delivery = std::move(delivery)] {
                Worker *owner = nullptr;
                bool current = false;
                {
                    const std::lock_guard guard(shared->mutex);
                    shared->undelivered.pop_front();
                    owner = shared->owner;
                    current = shared->isCurrent(channel, generation);
                }
                const QPointer<Worker> alive(owner);
                if (current)
                    delivery();
                if (alive)
                    alive->settle();
            },
            Qt::QueuedConnection);
    }
}

bool Worker::waitForThreads(std::chrono::milliseconds limit)
{
    std::unique_lock lock(threads().mutex);
    return threads().changed.wait_for(lock, limit, [] { return threads().alive == 0; });
}

} // namespace ks::ui

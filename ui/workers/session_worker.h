// A Worker whose jobs work on one opened kernel.
#pragma once

#include "core/session/session.h"
#include "ui/workers/worker.h"

namespace ks::ui {

/// Every view of one kernel shares one SessionWorker; long work (search) takes a second one, so that it does not hold
/// up what is visible.
class SessionWorker : public Worker {
public:
    explicit SessionWorker(std::shared_ptr<const Session> session, QObject *parent = nullptr)
        : Worker(parent), session_(std::move(session))
    {
    }

    const std::shared_ptr<const Session> &session() const { return session_; }
    /// Jobs from now on work on this one; it is the same kernel, of which more is known.
    void setSession(std::shared_ptr<const Session> session) { session_ = std::move(session); }

    /// As Worker::post; the job is R(const Session &) or R(const Session &, Progress &).
    template <class Job, class Deliver>
    void post(Channel channel, Job job, QObject *receiver, Deliver deliver)
    {
        Worker::post(
            channel,
            [session = session_, job = std::move(job)](Progress &progress) mutable {
                if constexpr (std::is_invocable_v<Job &, const Session &, Progress &>)
                    return job(*session, progress);
                else
                    return job(*session);
            },
            receiver, std::move(deliver));
    }

private:
    std::shared_ptr<const Session> session_;
};

} // namespace ks::ui

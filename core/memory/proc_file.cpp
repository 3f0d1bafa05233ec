#include "core/memory/proc_file.h"

#include <string>

namespace ks {

/// The right to read one of the open files, for as long as it lives.
class ProcFile::Turn {
public:
    explicit Turn(const ProcFile &owner) : owner_(owner)
    {
        std::unique_lock lock(owner.mutex_);
        if (owner.idle_.empty() && owner.mayOpen_ && owner.files_.size() < owner.maxOpen_) {
            auto again = FileHandle::open("/proc/self/fd/" + std::to_string(owner.files_.front()->fd()));
            if (again)
                owner.idle_.push_back(
                    owner.files_.emplace_back(std::make_unique<DescriptorFile>(std::move(*again))).get());
            owner.mayOpen_ = again.has_value();
        }
        owner.returned_.wait(lock, [&] { return !owner.idle_.empty(); });
        file_ = owner.idle_.back();
        owner.idle_.pop_back();
    }
    ~Turn()
    {
        {
            const std::lock_guard lock(owner_.mutex_);
            owner_.idle_.push_back(file_);
        }
        owner_.returned_.notify_one();
    }
    Turn(const Turn &) = delete;
    Turn &operator=(const Turn &) = delete;

    const DescriptorFile &file() const { return *file_; }

private:
    const ProcFile &owner_;
    const DescriptorFile *file_;
};

ProcFile::ProcFile(FileHandle handle, std::size_t maxOpen) : maxOpen_(maxOpen)
{
    files_.push_back(std::make_unique<DescriptorFile>(std::move(handle)));
    idle_.push_back(files_.front().get());
}

PreadResult ProcFile::readOnce(std::span<std::byte> into, FileOffset offset) const
{
    return Turn(*this).file().readOnce(into, offset);
}

ReadCost ProcFile::cost() const
{
    const std::lock_guard lock(mutex_);
    ReadCost sum;
    for (const auto &file : files_) {
        const ReadCost cost = file->cost();
        sum.calls += cost.calls;
        sum.bytes += cost.bytes;
    }
    return sum;
}

} // namespace ks

#include "core/live/target_watch.h"

#include "core/base/units.h"

#include <cerrno>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace ks::live {
namespace {

constexpr long kProcMagic = 0x9fa0; // PROC_SUPER_MAGIC, linux/magic.h

TargetWatch::Identity identityOf(const struct stat &info)
{
    return {info.st_dev, info.st_ino, S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0,
            std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

} // namespace

TargetWatch::TargetWatch(std::filesystem::path path) : path_(std::move(path)) { accept(); }

void TargetWatch::accept()
{
    struct stat info = {};
    struct statfs fileSystem = {};
    identity_ = std::nullopt;
    if (::stat(path_.c_str(), &info) != 0 || ::statfs(path_.c_str(), &fileSystem) != 0 ||
        fileSystem.f_type == kProcMagic)
        return;
    identity_ = identityOf(info);
}

TargetWatch::Finding TargetWatch::check() const
{
    std::optional<Identity> seen;
    const auto found = [&](TargetState state, ErrorCode code, std::string why) {
        return Finding{state, ks::Error{code, path_.string(), std::move(why)}, seen};
    };
    struct stat info = {};
    if (::stat(path_.c_str(), &info) != 0) {
        const int error = errno;
        if (error == ENOENT || error == ENOTDIR)
            return found(TargetState::Gone, ErrorCode::NotFound, "the file is gone");
        return {TargetState::Gone, failErrno(path_.string(), error).error(), {}};
    }
    seen = identityOf(info);
    if (!identity_)
        return {TargetState::Present, {}, seen};
    if (seen->device != identity_->device || seen->inode != identity_->inode)
        return found(TargetState::Replaced, ErrorCode::Mismatch, "another file has taken its place");
    if (S_ISREG(info.st_mode) && seen->size < identity_->size)
        return found(TargetState::Shrunk, ErrorCode::BadFormat,
                     "the file has shrunk from " + sizeText(identity_->size) + " to " + sizeText(seen->size));
    return {TargetState::Present, {}, seen};
}

} // namespace ks::live

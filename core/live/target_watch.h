// Whether the file of a target is still the one that was opened.
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace ks::live {

enum class TargetState : std::uint8_t {
    Present,
    Gone,     ///< nothing is at the path
    Replaced, ///< another file is at the path
    Shrunk,   ///< it has become shorter
};

class TargetWatch {
public:
    struct Identity {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::uint64_t size = 0;    ///< 0 of what is no regular file
        std::int64_t modified = 0; ///< nanoseconds since 1970; while a file is being written it differs each time
        friend bool operator==(const Identity &, const Identity &) = default;
    };
    struct Finding {
        TargetState state = TargetState::Present;
        std::optional<ks::Error> why;  ///< of all but Present; names the path
        std::optional<Identity> found; ///< what is at the path; nothing where that is not known
    };

    /// The file that is at `path` now is the one to be. What lies on procfs has neither an honest size nor a lasting
    /// identity: of it only the path's disappearance is noticed.
    explicit TargetWatch(std::filesystem::path path);

    Finding check() const;
    /// The file that is at the path now is the one to be from now on.
    void accept();
    const std::filesystem::path &path() const { return path_; }

private:
    std::filesystem::path path_;
    std::optional<Identity> identity_; ///< nothing where only existence counts
};

} // namespace ks::live

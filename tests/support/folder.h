// A folder that is gone when the test ends.
#pragma once

#include <algorithm>
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <vector>

namespace ks::test {

class Folder {
public:
    Folder()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "kernoscope-test-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    const std::filesystem::path &path() const { return path_; }
    std::filesystem::path operator/(const std::filesystem::path &name) const { return path_ / name; }
    /// Hidden ones included.
    std::vector<std::string> names() const
    {
        std::vector<std::string> result;
        for (const auto &entry : std::filesystem::directory_iterator(path_))
            result.push_back(entry.path().filename().string());
        std::ranges::sort(result);
        return result;
    }

private:
    std::filesystem::path path_;
};

} // namespace ks::test

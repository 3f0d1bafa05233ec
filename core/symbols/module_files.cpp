#include "core/symbols/module_files.h"

#include "core/symbols/debug_link.h"
#include "core/symbols/debuginfod.h"

#include <algorithm>
#include <map>

namespace ks {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 200'000; // in one folder; a distribution has 6,000 modules
constexpr std::size_t kMaxEntries = 2'000'000;
constexpr int kMaxDepth = 24;
constexpr std::size_t kMaxDepFile = std::size_t{64} << 20;

/// The first word of a vermagic: include/linux/vermagic.h, VERMAGIC_STRING.
std::string_view releaseOf(std::string_view vermagic) { return vermagic.substr(0, vermagic.find(' ')); }

/// The paths of modules.dep, "kernel/fs/xfs/xfs.ko: kernel/lib/libcrc32c.ko" a line, relative to its folder.
void readModulesDep(const fs::path &folder, std::multimap<std::string, fs::path, std::less<>> &files)
{
    const auto text = readTextFile(folder / "modules.dep", kMaxDepFile);
    if (!text)
        return;
    std::string_view rest = *text;
    while (!rest.empty() && files.size() < kMaxFiles) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const fs::path path = line.substr(0, line.find(':'));
        if (const auto name = moduleNameOfFile(path.filename().string()))
            files.emplace(*name, folder / path);
    }
}

void readTree(const fs::path &folder, std::multimap<std::string, fs::path, std::less<>> &files)
{
    std::error_code error;
    std::vector<std::pair<std::string, fs::path>> found;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
    // Folders are not followed through links: /lib/modules/RELEASE/build leads to a whole kernel tree.
    for (std::size_t n = 0; !error && entry != fs::recursive_directory_iterator() && n < kMaxEntries; ++n) {
        if (const auto name = moduleNameOfFile(entry->path().filename().string()); name && found.size() < kMaxFiles)
            found.emplace_back(*name, entry->path());
        if (entry.depth() >= kMaxDepth)
            entry.disable_recursion_pending();
        entry.increment(error);
    }
    // Folders have no order of their own.
    std::ranges::sort(found);
    for (auto &[name, path] : found)
        files.emplace(std::move(name), std::move(path));
}

bool isPlainRelease(const std::string &release)
{
    return !release.empty() && release.front() != '.' && release.find_first_of(std::string("/\0", 2)) == release.npos;
}

bool isBuildId(const std::string &id) { return id.size() > 2 && id.find_first_not_of("0123456789abcdef") == id.npos; }

/// Better ones are greater.
int rank(const FoundModule &found)
{
    return (found.facts.hasDebugInfo ? 2 : 0) + (found.verdict.belonging == Belonging::Yes ? 1 : 0);
}

} // namespace

Verdict judgeModule(const ModuleFacts &file, const ModuleEvidence &module)
{
    const std::string name = canonicalModuleName(module.name);
    if (!file.buildId.empty() && !module.buildId.empty()) {
        if (file.buildId == module.buildId)
            return {Belonging::Yes, "build-id " + file.buildId};
        return {Belonging::No, "has build-id " + file.buildId + ", but the loaded module has " + module.buildId};
    }
    if (!file.nameIsOfFile && !name.empty() && file.name != name)
        return {Belonging::No, "is the module " + file.name};
    const std::string_view release = releaseOf(file.vermagic);
    if (!release.empty() && !module.release.empty() && release != module.release)
        return {Belonging::No, "is of kernel " + std::string(release) + ", but " + module.release + " has loaded it"};
    if (!file.srcversion.empty() && !module.srcversion.empty()) {
        if (file.srcversion == module.srcversion)
            return {Belonging::Yes, "srcversion " + file.srcversion};
        return {Belonging::No,
                "has srcversion " + file.srcversion + ", but the loaded module has " + module.srcversion};
    }
    return {Belonging::Unknown, release.empty() || module.release.empty() ? "no build-id or release to compare"
                                                                          : "only the release agrees"};
}

Result<FoundModule> openModule(const fs::path &path, const ModuleEvidence &module)
{
    auto image = ElfImage::open(path);
    if (!image)
        return std::unexpected(image.error());
    auto facts = readModuleFacts(**image);
    if (!facts)
        return std::unexpected(facts.error());
    Verdict verdict = judgeModule(*facts, module);
    if (verdict.belonging == Belonging::No)
        return fail(ErrorCode::Mismatch, path.string(), verdict.why,
                    "give the file of " + module.name +
                        (module.release.empty() ? std::string() : " of kernel " + module.release));
    return FoundModule{std::move(*image), std::move(*facts), std::move(verdict)};
}

/// The module files below one folder, by name.
struct ModuleFiles::Folder {
    explicit Folder(fs::path folder) : path(std::move(folder)) {}
    fs::path path;
    std::once_flag isRead;
    std::multimap<std::string, fs::path, std::less<>> files;
};

ModuleFiles::ModuleFiles(std::vector<fs::path> folders, fs::path root)
    : named_(std::move(folders)), root_(std::move(root))
{
}

ModuleFiles::~ModuleFiles() = default;

const ModuleFiles::Folder &ModuleFiles::folder(const fs::path &path) const
{
    Folder *folder = nullptr;
    {
        const std::lock_guard lock(mutex_);
        const auto known = std::ranges::find(folders_, path, &Folder::path);
        folder = known != folders_.end() ? &*known : &folders_.emplace_back(path);
    }
    std::call_once(folder->isRead, [folder] {
        readModulesDep(folder->path, folder->files);
        readTree(folder->path, folder->files);
    });
    return *folder;
}

void ModuleFiles::addFrom(std::vector<fs::path> &paths, const fs::path &path, const std::string &name) const
{
    const auto [first, last] = folder(path).files.equal_range(name);
    std::error_code error;
    for (auto file = first; file != last; ++file) // modules.dep may name what has been removed since
        if (std::ranges::find(paths, file->second) == paths.end() && fs::exists(file->second, error))
            paths.push_back(file->second);
}

std::vector<fs::path> ModuleFiles::candidates(const ModuleEvidence &module) const
{
    const std::string name = canonicalModuleName(module.name);
    std::vector<fs::path> paths;
    std::error_code error;
    for (const fs::path &path : named_)
        addFrom(paths, path, name);
    if (isBuildId(module.buildId)) {
        const fs::path byId =
            root_ / "usr/lib/debug/.build-id" / module.buildId.substr(0, 2) / (module.buildId.substr(2) + ".debug");
        if (fs::exists(byId, error))
            paths.push_back(byId);
    }
    if (!isPlainRelease(module.release))
        return paths;
    fs::path installed = root_ / "lib/modules" / module.release;
    if (!fs::exists(installed, error))
        installed = root_ / "usr/lib/modules" / module.release; // where /lib is no link to /usr/lib, as in a package
    addFrom(paths, root_ / "usr/lib/debug/lib/modules" / module.release, name);
    addFrom(paths, root_ / "usr/lib/debug/usr/lib/modules" / module.release, name);
    const std::size_t firstInstalled = paths.size();
    addFrom(paths, installed, name);
    // A kernel that was built here: kernel/fs/xfs/xfs.ko was fs/xfs/xfs.ko in its tree, before it was stripped.
    const std::vector<fs::path> inPlace(paths.begin() + static_cast<std::ptrdiff_t>(firstInstalled), paths.end());
    for (const fs::path &path : inPlace) {
        const fs::path relative = path.lexically_relative(installed / "kernel");
        if (relative.empty() || *relative.begin() == "..")
            continue;
        const fs::path built = installed / "build" / relative.parent_path() / (relative.stem().stem().string() + ".ko");
        if (fs::exists(built, error))
            paths.push_back(built);
    }
    return paths;
}

Result<FoundModule> ModuleFiles::find(const ModuleEvidence &module, Progress *download) const
{
    std::optional<FoundModule> best;
    std::string passedOver;
    const auto consider = [&](Result<FoundModule> found, const fs::path &path) {
        if (!found)
            passedOver += "; passed over " + path.string() + ": " + found.error().why;
        else if (!best || rank(*found) > rank(*best))
            best = std::move(*found);
        return best && rank(*best) == 3;
    };
    for (const fs::path &path : candidates(module)) {
        auto found = openModule(path, module);
        const auto stripped = found && !found->facts.hasDebugInfo ? std::optional(*found) : std::nullopt;
        if (consider(std::move(found), path))
            return std::move(*best);
        if (!stripped)
            continue;
        const auto linked = followDebugLink(*stripped->image, root_);
        if (!linked)
            continue;
        auto separate = openModule((*linked)->path(), module);
        if (separate && separate->verdict.belonging == Belonging::Unknown)
            separate->verdict = stripped->verdict; // the link is proof that the two are one
        if (consider(std::move(separate), (*linked)->path()))
            return std::move(*best);
    }
    if (download && isBuildId(module.buildId) && debuginfodIsWanted() && !(best && best->facts.hasDebugInfo)) {
        const auto path = fetchDebugInfo(module.buildId, *download);
        if (!path && path.error().code == ErrorCode::Cancelled)
            return std::unexpected(path.error());
        if (path)
            consider(openModule(*path, module), *path);
        else
            passedOver += "; " + path.error().what + ": " + path.error().why;
    }
    if (best)
        return std::move(*best);
    return fail(ErrorCode::NotFound, "module " + module.name,
                "no file found" + (module.release.empty() ? std::string() : " for kernel " + module.release) +
                    (module.buildId.empty() ? std::string() : " with build-id " + module.buildId) + passedOver,
                "install the kernel's debug symbols, or give --modules-dir");
}

} // namespace ks

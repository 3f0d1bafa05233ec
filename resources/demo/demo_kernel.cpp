#include "resources/demo/demo_kernel.h"

#include "core/base/file.h"
#include "resources/demo/core_header.h"
#include "resources/demo/embedded.h"
#include "resources/demo/guest.h"
#include "resources/demo/machine.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace ks::demo {
namespace {

Result<void> writeAt(int fd, std::span<const std::byte> bytes, std::uint64_t offset, const std::string &name)
{
    while (!bytes.empty()) {
        const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written <= 0)
            return failErrno(name, written == 0 ? ENOSPC : errno);
        offset += static_cast<std::uint64_t>(written);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

/// A file in memory that nobody can change any more.
Result<FileHandle> sealedFile(const char *name, std::span<const std::byte> bytes)
{
    FileHandle file(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file.isOpen())
        return failErrno(name, errno);
    if (auto done = writeAt(file.fd(), bytes, 0, name); !done)
        return std::unexpected(done.error());
    if (fcntl(file.fd(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return failErrno(name, errno);
    return file;
}

/// Copies `size` bytes and leaves out pages that are zero.
Result<void> copySparse(int from, std::uint64_t fromOffset, int to, std::uint64_t toOffset, std::uint64_t size,
                        const std::string &name)
{
    std::array<std::byte, kPageSize> page;
    std::uint64_t done = 0;
    while (done < size) {
        const off_t data = lseek(from, static_cast<off_t>(fromOffset + done), SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; // only a hole up to the end of the file
        if (data < 0)
            return failErrno("demo kernel's memory", errno);
        done = static_cast<std::uint64_t>(data) - fromOffset;
        if (done >= size)
            break;
        const std::uint64_t count = std::min<std::uint64_t>(kPageSize, size - done);
        if (pread(from, page.data(), count, data) != static_cast<ssize_t>(count))
            return failErrno("demo kernel's memory", errno);
        const auto bytes = std::span(page).first(count);
        if (std::ranges::any_of(bytes, [](std::byte b) { return b != std::byte{0}; })) {
            if (auto written = writeAt(to, bytes, toOffset + done, name); !written)
                return written;
        }
        done += count;
    }
    return {};
}

Result<FileHandle> createFile(const std::filesystem::path &path)
{
    FileHandle file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.isOpen())
        return failErrno(path.string(), errno);
    return file;
}

} // namespace

struct DemoKernel::Parts {
    std::unique_ptr<Machine> machine;
    FileHandle vmlinux, module, kallsyms;
    std::string kallsymsText;
    mutable std::mutex mutex; ///< guards the machine against the ticking thread
    std::condition_variable_any wake;
    std::jthread ticker; ///< last, so that it ends first
};

DemoKernel::DemoKernel(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DemoKernel::~DemoKernel() = default;

Result<std::unique_ptr<DemoKernel>> DemoKernel::create(std::uint64_t seed)
{
    auto parts = std::make_unique<Parts>();
    auto machine = Machine::create(seed);
    if (!machine)
        return std::unexpected(machine.error());
    parts->machine = std::move(*machine);
    parts->kallsymsText = parts->machine->image().kallsyms() + parts->machine->module().kallsyms();

    const auto keep = [](FileHandle &to, Result<FileHandle> file) -> Result<void> {
        if (!file)
            return std::unexpected(file.error());
        to = std::move(*file);
        return {};
    };
    if (auto done = keep(parts->vmlinux, sealedFile("kernoscope-demo-vmlinux", embeddedVmlinux())); !done)
        return std::unexpected(done.error());
    if (auto done = keep(parts->module, sealedFile("kernoscope-demo-module", embeddedModule())); !done)
        return std::unexpected(done.error());
    const auto symbols = std::as_bytes(std::span(parts->kallsymsText));
    if (auto done = keep(parts->kallsyms, sealedFile("kernoscope-demo-kallsyms", symbols)); !done)
        return std::unexpected(done.error());
    return std::unique_ptr<DemoKernel>(new DemoKernel(std::move(parts)));
}

int DemoKernel::coreFd() const { return parts_->machine->memory().fd(); }
int DemoKernel::vmlinuxFd() const { return parts_->vmlinux.fd(); }
int DemoKernel::moduleFd() const { return parts_->module.fd(); }
int DemoKernel::kallsymsFd() const { return parts_->kallsyms.fd(); }
std::string DemoKernel::kallsyms() const { return parts_->kallsymsText; }

std::filesystem::path DemoKernel::vmlinuxPath() const { return "/proc/self/fd/" + std::to_string(vmlinuxFd()); }

std::filesystem::path DemoKernel::modulePath() const { return "/proc/self/fd/" + std::to_string(moduleFd()); }

std::uint64_t DemoKernel::kaslrOffset() const { return parts_->machine->layout().kaslrOffset; }
std::uint64_t DemoKernel::physBase() const { return parts_->machine->layout().physBase(); }
std::string DemoKernel::buildId() const { return parts_->machine->image().buildId(); }
VirtAddr DemoKernel::pageOffsetBase() const { return parts_->machine->layout().pageOffsetBase; }
VirtAddr DemoKernel::vmallocBase() const { return parts_->machine->layout().vmallocBase; }
VirtAddr DemoKernel::vmemmapBase() const { return parts_->machine->layout().vmemmapBase; }
VirtAddr DemoKernel::moduleBase() const { return parts_->machine->module().base(); }

std::optional<VirtAddr> DemoKernel::symbol(std::string_view name) const
{
    const KernelImage &image = parts_->machine->image();
    return image.elf().symbol(name) ? std::optional(image.symbol(name)) : std::nullopt;
}

std::optional<VirtAddr> DemoKernel::moduleSymbol(std::string_view name) const
{
    return parts_->machine->module().symbol(name);
}

std::vector<DemoSection> DemoKernel::moduleSections() const
{
    std::vector<DemoSection> result;
    for (const auto &section : parts_->machine->module().sections())
        result.push_back({section.name, section.address});
    return result;
}

std::vector<DemoTask> DemoKernel::tasks() const
{
    const std::scoped_lock lock(parts_->mutex);
    std::vector<DemoTask> result;
    for (const Task &task : parts_->machine->tasks().tasks())
        result.push_back({task.spec.pid, task.spec.tgid, task.spec.parent, task.spec.comm, task.address});
    return result;
}

std::optional<PhysAddr> DemoKernel::translate(VirtAddr address) const
{
    const std::scoped_lock lock(parts_->mutex);
    return parts_->machine->memory().translate(address);
}

void DemoKernel::tickOnce(std::uint64_t ticks)
{
    const std::scoped_lock lock(parts_->mutex);
    for (std::uint64_t i = 0; i < ticks; ++i)
        parts_->machine->tick();
}

void DemoKernel::start(unsigned rate)
{
    stop();
    const auto period = std::chrono::nanoseconds(1'000'000'000 / std::clamp(rate, 1u, 250u));
    parts_->ticker = std::jthread([parts = parts_.get(), period](std::stop_token stopped) {
        using Clock = std::chrono::steady_clock;
        constexpr std::chrono::nanoseconds kTick{1'000'000'000 / guest::HZ};
        auto behind = Clock::now();
        std::unique_lock lock(parts->mutex);
        while (!stopped.stop_requested()) {
            parts->wake.wait_for(lock, stopped, period, [] { return false; });
            const auto now = Clock::now();
            // After the host slept, time goes on; it does not rush.
            behind = std::max(behind, now - std::chrono::seconds(1));
            for (; behind + kTick <= now; behind += kTick)
                parts->machine->tick();
        }
    });
}

void DemoKernel::stop()
{
    if (parts_->ticker.joinable()) {
        parts_->ticker.request_stop();
        parts_->ticker.join();
    }
}

bool DemoKernel::running() const { return parts_->ticker.joinable(); }

Result<void> DemoKernel::saveCore(const std::filesystem::path &path, CoreForm form) const
{
    auto file = createFile(path);
    if (!file)
        return std::unexpected(file.error());
    const std::scoped_lock lock(parts_->mutex);
    const Machine &machine = *parts_->machine;
    const GuestMemory &memory = machine.memory();
    auto segments = machine.segments();
    if (form == CoreForm::Vmcore)
        std::erase_if(segments, [](const Elf64_Phdr &segment) { return segment.p_paddr == ~std::uint64_t{0}; });

    const auto notes = machine.notes();
    std::uint64_t next = coreHeaderSize(segments.size(), notes.size());
    std::uint64_t end = 0;
    for (Elf64_Phdr &segment : segments) {
        const std::uint64_t from = memory.fileOffset(VirtAddr(segment.p_vaddr));
        segment.p_offset = form == CoreForm::Kcore ? from : next;
        next += (segment.p_filesz + kPageSize - 1) & ~(kPageSize - 1);
        end = std::max(end, segment.p_offset + segment.p_filesz);
    }
    if (ftruncate(file->fd(), static_cast<off_t>(end)) != 0)
        return failErrno(path.string(), errno,
                         "this form needs a file system with sparse files of 128 TiB, as tmpfs is");
    for (const Elf64_Phdr &segment : segments) {
        auto done = copySparse(memory.fd(), memory.fileOffset(VirtAddr(segment.p_vaddr)), file->fd(), segment.p_offset,
                               segment.p_filesz, path.string());
        if (!done)
            return done;
    }
    return writeAt(file->fd(), coreHeader(segments, notes), 0, path.string());
}

Result<void> DemoKernel::writeTo(const std::filesystem::path &directory) const
{
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error)
        return failErrno(directory.string(), error.value());
    if (auto saved = saveCore(directory / "vmcore"); !saved)
        return saved;
    const std::pair<const char *, std::span<const std::byte>> files[] = {
        {"vmlinux", embeddedVmlinux()},
        {"demo_net.ko", embeddedModule()},
        {"kallsyms", std::as_bytes(std::span(parts_->kallsymsText))},
    };
    for (const auto &[name, bytes] : files) {
        auto file = createFile(directory / name);
        if (!file)
            return std::unexpected(file.error());
        if (auto done = writeAt(file->fd(), bytes, 0, (directory / name).string()); !done)
            return done;
    }
    return {};
}

} // namespace ks::demo

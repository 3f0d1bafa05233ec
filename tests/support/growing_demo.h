// A demo kernel whose vmlinux has BTF besides its DWARF, as distributions build theirs, and whose module comes and
// goes. For programs that link kernoscope_demo.
#pragma once

#include "core/memory/open_core.h"
#include "core/session/session.h"
#include "resources/demo/demo_kernel.h"
#include "tests/support/folder.h"

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace ks::test {

class GrowingDemo {
public:
    GrowingDemo()
    {
        std::filesystem::copy_file(kernel->vmlinuxPath(), vmlinux());
        std::filesystem::copy_file(kernel->modulePath(), folder / "demo_net.ko");
        if (std::system(("pahole -J " + vmlinux().string()).c_str()) != 0)
            throw std::runtime_error("pahole has made no BTF");
    }

    std::filesystem::path vmlinux() const { return folder / "vmlinux"; }
    SessionOptions options(TypesChoice types = TypesChoice::Quick) const
    {
        SessionOptions options;
        options.coreFd = kernel->coreFd();
        options.kallsymsFd = kernel->kallsymsFd();
        options.live = true;
        options.vmlinux = vmlinux();
        options.moduleDirs = {folder.path()};
        options.cacheDir = folder / "cache";
        options.types = types;
        return options;
    }

    /// What the kernel does to the head of its list of modules (list_del, list_add).
    void unloadModule() { writeHead({head(), head()}); }
    void loadModule() { writeHead(withModule_); }
    /// The list leads nowhere, as when it is read while it changes.
    void breakList() { writeHead({VirtAddr(0x10), VirtAddr(0x10)}); }

    std::unique_ptr<demo::DemoKernel> kernel = demo::DemoKernel::create(7).value();
    const Folder folder;

private:
    using Links = std::array<VirtAddr, 2>;

    VirtAddr head() const { return kernel->symbol("modules").value(); }
    off_t fileOffsetOfHead() const
    {
        const auto source = openCore(FileHandle::duplicate(kernel->coreFd()).value(), {.live = true}).value();
        for (const LoadSegment &segment : source->segments())
            if (segment.range.contains(head()))
                return static_cast<off_t>(segment.offset.value + (head() - segment.range.first));
        throw std::runtime_error("the list of modules is in no segment");
    }
    Links readHead() const
    {
        Links links{};
        if (::pread(kernel->coreFd(), links.data(), sizeof links, fileOffsetOfHead()) != sizeof links)
            throw std::runtime_error("the list of modules cannot be read");
        return links;
    }
    void writeHead(const Links &links)
    {
        if (::pwrite(kernel->coreFd(), links.data(), sizeof links, fileOffsetOfHead()) != sizeof links)
            throw std::runtime_error("the list of modules cannot be written");
    }

    Links withModule_ = readHead();
};

} // namespace ks::test

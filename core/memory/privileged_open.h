// Reading the kernel's memory without being root: a small helper is run through pkexec or sudo, opens the files
// read-only, hands the descriptors over and exits.
#pragma once

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/progress.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace ks {

/// What the helper opened. `kallsyms` and `sections` are not open where the system refused them.
struct PrivilegedFiles {
    FileHandle kcore;
    FileHandle kallsyms;
    FileHandle sections; ///< text, one line "MODULE SECTION ADDRESS" for each file /sys/module/*/sections/*
};

/// kernoscope-open beside the running program, or where it is installed (../libexec). NotFound if there is none.
Result<std::filesystem::path> findPrivilegedHelper();

/// The command that runs `helper` with the right to open the files: pkexec on a desktop, sudo on a terminal, `sudo -A`
/// where an askpass program is set, else `sudo -n`; the helper alone for root.
std::vector<std::string> privilegedCommand(const std::filesystem::path &helper);

/// Runs the command and waits for the descriptors. The person may be asked for a password meanwhile, hence the long
/// limit. Errors: those of kcoreError; Cancelled when the person or `progress` cancelled; Permission when the system
/// refused to run the helper; NotFound when the command is not there; Limit when the time is over.
Result<PrivilegedFiles> openPrivileged(const std::vector<std::string> &command, const Progress &progress,
                                       std::chrono::milliseconds limit = std::chrono::minutes(3));

} // namespace ks

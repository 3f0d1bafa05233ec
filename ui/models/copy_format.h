// The selection of the hex view as text for other programs.
#pragma once

#include "core/base/error.h"
#include "core/memory/memory_source.h"
#include "ui/models/hex_target.h"

#include <QString>

#include <span>

namespace ks::ui {

enum class CopyFormat { Hex, Dump, CArray, CInitializer, SymbolOffset, Address, Python, Base64, Text };

/// All of them, in the order of the menu.
std::span<const CopyFormat> copyFormats();
/// "C array", as the menu shows it.
QString displayName(CopyFormat format);

/// Bytes that could not be read are `??` where the format can say so (Hex, Dump, Text); the others refuse with the
/// address and the reason, because a program would take a filler for a byte.
Result<QString> copyAs(CopyFormat format, const MemoryBlock &block, const HexTarget &target);

} // namespace ks::ui

// What is found, in words: for the table, the clipboard and other programs.
#pragma once

#include "ui/models/search_model.h"

#include <QByteArray>

namespace ks::ui {

/// "init_task+0x20", else the module whose memory it is, "[virtio_net]", else the slab object if that is known, else
/// "phys 0x1000"; empty when nothing is known.
QString placeText(const Session &session, VirtAddr address, const std::string &slab = {});
/// A number as a person says it, "23 · 0x17"; of pointers with what they point to.
QString numberText(const Session &session, const SearchForm &form, const ScanType &type, std::uint64_t value);
/// The characters of a string that was found; anything else as ASCII with dots for what cannot be printed.
QString charactersOf(std::span<const std::byte> bytes, const SearchForm &form);
QString hexText(std::span<const std::byte> bytes);

/// address,segment,place,value,found,bytes; the bytes are those of the match. Lines end as in RFC 4180.
QByteArray searchAsCsv(const Session &session, const SearchForm &form, const ScanType &type,
                       std::span<const SearchRow> rows);
/// [{address, size, segment, place, value, found, text, bytes}]; 64-bit numbers are text, "0x...".
QByteArray searchAsJson(const Session &session, const SearchForm &form, const ScanType &type,
                        std::span<const SearchRow> rows);

} // namespace ks::ui

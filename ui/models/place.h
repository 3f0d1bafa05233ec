// An address that can be found again: as symbol + offset where there is a symbol, so that it outlives KASLR and a
// reboot.
#pragma once

#include "core/session/session.h"

#include <QJsonObject>
#include <QString>

#include <optional>

namespace ks::ui {

struct Place {
    QString symbol;           ///< "init_task", "virtio_net::features"; empty when no symbol holds the address
    std::uint64_t offset = 0; ///< from the symbol
    VirtAddr address;         ///< as it was when it was noted

    /// "init_task+0x20", or the address when there is no symbol.
    QString text() const;
    QJsonObject toJson() const;
    static std::optional<Place> fromJson(const QJsonObject &object);
    friend bool operator==(const Place &, const Place &) = default;
};

Place placeOf(const Session &session, VirtAddr address);
/// Where it is in this kernel now; nothing when its symbol is not there.
std::optional<VirtAddr> resolve(const Session &session, const Place &place);

/// 64-bit numbers in JSON are text, "0x...", because JSON's own numbers end at 2^53.
QString jsonAddress(std::uint64_t value);
std::optional<std::uint64_t> addressFromJson(const QJsonValue &value);

} // namespace ks::ui

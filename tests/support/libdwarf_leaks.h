// libdwarf 20210528 loses the DIE that dwarf_child() has made when what stands there turns out to be damaged; it never
// hands it out, so nobody can free it.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace ks::test {

/// While it lives, what is allocated is no leak: for tests that decode damage on purpose. That what libdwarf does hand
/// out is freed, all other tests show.
class DamageIsDecoded {
public:
#ifdef __SANITIZE_ADDRESS__
    DamageIsDecoded() { __lsan_disable(); }
    ~DamageIsDecoded() { __lsan_enable(); }
#else
    DamageIsDecoded() {}
    ~DamageIsDecoded() {}
#endif
    DamageIsDecoded(const DamageIsDecoded &) = delete;
    DamageIsDecoded &operator=(const DamageIsDecoded &) = delete;
};

} // namespace ks::test

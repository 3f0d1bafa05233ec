// libdwarf 20210528 loses the DIE that dwarf_child() has made when what stands there turns out to be damaged; it never
// hands it out, so nobody can free it. Leaks from inside of libdwarf are therefore no finding of a fuzzer; that what it
// does hand out is freed, the unit tests show under LeakSanitizer, on sound files.
#pragma once

extern "C" const char *__lsan_default_suppressions() { return "leak:libdwarf\n"; }

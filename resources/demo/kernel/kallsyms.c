/* The kernel's own symbol table, in the form of Linux 6.1 (scripts/kallsyms.c there writes it after linking; here the
 * generator does, into the room that is left for it), and the layouts for the generator to check. */
#include "demo_net.h"
#include "layouts.h"

const unsigned int kallsyms_num_syms = 0;
const int kallsyms_offsets[512] = {0};
const unsigned long kallsyms_relative_base = 0;
const unsigned char kallsyms_names[8192] = {0};
const unsigned int kallsyms_markers[8] = {0};
const char kallsyms_token_table[1024] = {0};
const unsigned short kallsyms_token_index[256] = {0};

#define SIZE_AND_OFFSET(type, member) sizeof(struct type), __builtin_offsetof(struct type, member),
const unsigned long demo_layouts[] = {DEMO_LAYOUTS(SIZE_AND_OFFSET)};

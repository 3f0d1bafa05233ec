#include "layouts.h"

/* GCC writes the types of variables only. */
struct layouts layouts_variable;

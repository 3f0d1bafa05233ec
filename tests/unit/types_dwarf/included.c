/* A unit of its own, and part of other.c, where the same struct at the same line is another. */
#ifndef IN_OTHER
#define FIRST_FUNCTION static
#define FIRST_NAME first_of_included
#include "first.h"
#define SECOND_MEMBER second
#define TWICE_INCLUDED twice_included_here
#endif

struct twice_included {
	int first;
	int SECOND_MEMBER;
};
__attribute__((used)) struct twice_included TWICE_INCLUDED;

/* The second unit: what fixture.c only declares, and a few names that it has as well. */
struct inner {
	short x, y;
};

#include "first.h"
__attribute__((used)) struct of_first_header first_header_there;

#define IN_OTHER
#define SECOND_MEMBER other
#define TWICE_INCLUDED twice_included_there
#include "included.c"

struct elsewhere {
	long payload;
	struct inner in;
};

/* Another type of the same name as one of fixture.c. */
struct list {
	int entirely, different, here;
};

enum { LONELY = 17, LONELY_TOO = 18 };

__attribute__((used)) int elsewhere_number = 5;
static int hidden_number = 44;
extern int global_number;
__attribute__((used)) struct elsewhere the_elsewhere;
__attribute__((used)) struct list the_other_list;

__attribute__((used)) int reads_them(struct list *list)
{
	hidden_number += list->here;
	return hidden_number + global_number + LONELY;
}

#line 5000
struct same_place {
	int gamma, delta;
};
__attribute__((used)) struct same_place same_place_there;

#line 6000 "shared.h"
struct same_thing {
	int one, two;
};
__attribute__((used)) struct same_thing same_thing_there;

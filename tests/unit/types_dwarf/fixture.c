/* Types of every kind, and what the compiler says of them. */
#define FIRST_FUNCTION
#define FIRST_NAME first_of_fixture
#include "first.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "facts.h"

/* Link-time optimisation is not to throw away what nobody calls. */
#define KEPT __attribute__((used))

typedef unsigned char u8;
typedef unsigned long long u64;
typedef struct opaque opaque_t;

enum small { SMALL_NEG = -3, SMALL_ZERO, SMALL_BIG = 70000 };
enum wide { WIDE_ONE = 1, WIDE_HUGE = 0xfedcba9876543210ull };
enum wide_signed { WS_MIN = -0x7fffffffffffffffll - 1, WS_TOP = 0x7fffffffffffffffll };
enum __attribute__((packed)) tiny { TINY_A = 200, TINY_B = 201 };
enum { LONELY = 17, LONELY_TOO = 18 };

struct elsewhere; /* defined in other.c */
struct nowhere;   /* defined in no file */

struct flags {
	unsigned int a : 1;
	unsigned int b : 5;
	signed int c : 7;
	u64 d : 33;
	unsigned char e : 3;
	unsigned short f : 9;
	int after;
};

struct list {
	struct list *next, *prev;
};

typedef int (*handler_t)(struct list *, const char *fmt, ...);

struct inner {
	short x, y;
};

struct plain {
	char name[16];
	int matrix[2][3][5];
	volatile long counter;
	const char *const restrict_me;
	int *restrict fast;
	_Atomic int atomic;
	bool yes;
	double real;
	handler_t handler;
	void (*simple)(void);
	union {
		int as_int;
		struct {
			u8 low, high;
		};
	};
	union {
		u64 raw;
		struct inner parts;
	} named;
	struct elsewhere *far;
	struct nowhere *never;
	opaque_t *opaque;
	enum small small;
	enum wide wide;
	struct list list;
	__int128 huge;
	int zero[0];
	struct inner tail[];
};

struct __attribute__((packed)) packed {
	char c;
	long l;
	struct inner in;
};

union both {
	int i;
	char bytes[8];
	struct inner in;
};

struct bitsonly {
	u64 low : 20, high : 44;
};

KEPT int global_number = 42;
static int hidden_number = 43;
extern int elsewhere_number;
__attribute__((used, section(".data..percpu"))) long percpu_thing = 7;
KEPT struct plain the_plain;
KEPT struct of_first_header first_header_here;
KEPT union both the_both;
KEPT struct packed the_packed;
KEPT struct flags the_flags;
KEPT struct bitsonly the_bits;
KEPT enum wide the_wide = WIDE_HUGE;
KEPT enum wide_signed the_wide_signed;
KEPT enum tiny the_tiny;
KEPT int lonely = LONELY;
KEPT u64 aligned_u64;
KEPT volatile const unsigned long flavour = 1;

__attribute__((noinline, used)) int takes_things(struct plain *p, long count, ...)
{
	return p->matrix[1][2][3] + (int)count + hidden_number;
}

static inline __attribute__((always_inline)) int twice(int value)
{
	return value * 2;
}

__attribute__((noinline, used)) static long quiet(long n)
{
	hidden_number += n;
	return twice(hidden_number) + elsewhere_number;
}

KEPT long use_them(long n)
{
	return quiet(n) + takes_things(&the_plain, n);
}

#define OF(TYPE) { #TYPE, 0, sizeof(TYPE), 0, 0 }
#define AT(TYPE, MEMBER) { #TYPE, #MEMBER, sizeof(((TYPE *)0)->MEMBER), offsetof(TYPE, MEMBER) * 8, 0 }
#define OPEN(TYPE, MEMBER) { #TYPE, #MEMBER, 0, offsetof(TYPE, MEMBER) * 8, 0 }
/* The place of a bitfield is what C does not tell; it is found by the test in an object with just that field set. */

const struct fact facts[] __attribute__((used, section(".facts"))) = {
	OF(struct plain), OF(struct flags), OF(struct packed), OF(union both), OF(struct list), OF(enum small),
	OF(enum wide), OF(enum wide_signed), OF(enum tiny), OF(u8), OF(u64), OF(handler_t), OF(struct bitsonly),
	AT(struct plain, name), AT(struct plain, matrix), AT(struct plain, counter), AT(struct plain, restrict_me),
	AT(struct plain, fast), AT(struct plain, atomic), AT(struct plain, yes), AT(struct plain, real),
	AT(struct plain, handler), AT(struct plain, simple), AT(struct plain, as_int), AT(struct plain, low),
	AT(struct plain, high), AT(struct plain, named), AT(struct plain, far), AT(struct plain, never),
	AT(struct plain, opaque), AT(struct plain, small), AT(struct plain, wide), AT(struct plain, list),
	AT(struct plain, huge), AT(struct plain, zero), OPEN(struct plain, tail),
	AT(struct packed, c), AT(struct packed, l), AT(struct packed, in),
	AT(union both, i), AT(union both, bytes), AT(union both, in), AT(struct flags, after),
};

/* Each has one field full of ones: the test finds first bit and width. */
const struct flags only_a KEPT = { .a = 1 };
const struct flags only_b KEPT = { .b = 31 };
const struct flags only_c KEPT = { .c = -1 };
const struct flags only_d KEPT = { .d = 0x1ffffffffull };
const struct flags only_e KEPT = { .e = 7 };
const struct flags only_f KEPT = { .f = 511 };
const struct bitsonly only_low KEPT = { .low = 0xfffff };
const struct bitsonly only_high KEPT = { .high = 0xfffffffffffull };

/* other.c has another struct of this name, with the same size, at the same line. */
#line 5000
struct same_place {
	int alpha, beta;
};
__attribute__((used)) struct same_place same_place_here;

#line 6000 "shared.h"
struct same_thing {
	int one, two;
};
__attribute__((used)) struct same_thing same_thing_here;

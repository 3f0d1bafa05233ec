/* Structs whose layout the test asks of the compiler and of the BTF that the same compiler wrote. C and C++. */
#pragma once

struct inner {
    int first;
    char second;
};

union either {
    long whole;
    unsigned char bytes[3];
};

typedef int (*layouts_handler)(struct inner *, const char *);

struct layouts {
    char tag;
    /* hole of 3 bytes */
    int number;
    const char *text;
    struct inner pair[2];
    union either value;
    unsigned low : 3;
    unsigned high : 7;
    /* hole of 22 bits */
    union {
        long word;
        __extension__ struct {
            short left;
            short right;
        };
    };
    layouts_handler handler;
    struct {
        char letter;
    } unnamed;
    /* hole of 7 bytes */
    double real;
    unsigned char more[70];
    /* hole of 2 bytes */
    int last;
    char end;
    /* padding of 7 bytes */
};

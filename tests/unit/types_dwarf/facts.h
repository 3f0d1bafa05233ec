/* A fact is what the compiler says of a type, so that the test need not know any layout. */
struct fact {
    const char *type;     /* "struct plain" */
    const char *member;   /* null: the type itself */
    unsigned long size;   /* in bytes; of bitfields in bits */
    unsigned long offset; /* in bits */
    unsigned long bitfield;
};

/* A header whose code stands before all other, which makes it the first file that the assembler lists. */
#ifdef FIRST_FUNCTION
FIRST_FUNCTION __attribute__((noinline, used)) int FIRST_NAME(int value)
{
	return value + 1;
}
#endif

struct of_first_header {
	int one, two;
};

/*
 * Handler of AArch64 programs during a build on a host of another architecture (binfmt_misc, flags P and F).
 * A program that only reads and writes files is started as the tools tree's own native build of the same Debian
 * release; every other one by qemu-user. The tools tree is mounted at TOOLS in each chroot.
 *
 * Freestanding on purpose: tcc of the tools tree builds it without a C library, so it needs none in the chroot.
 * The kernel gives: argv[0] this file, argv[1] the program's path, argv[2] its original argv[0], then its arguments.
 */
#include "native-programs.h" /* NATIVE_PROGRAMS, NATIVE_CALLS and paths: made by tools-tree.ts */

/* Built a second time as the plain way: everything by qemu-user. */
#ifdef EMULATE_ALL
#undef NATIVE_PROGRAMS
#undef NATIVE_CALLS
#define NATIVE_PROGRAMS
#define NATIVE_CALLS
#endif

typedef unsigned long word;

static word system_call(word number, word a, word b, word c)
{
	word result;
	asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

enum { SYS_WRITE = 1, SYS_ACCESS = 21, SYS_EXECVE = 59, SYS_EXIT = 60, MOST_ARGUMENTS = 1 << 20 };

static const char *const native_programs[] = { NATIVE_PROGRAMS 0 };
/* Programs that are native only with these first arguments. */
static const struct native_call {
	const char *name;
	const char *first_arguments[4];
} native_calls[] = { NATIVE_CALLS { 0 } };
static const char *const system_folders[] = { "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", 0 };
static char program_path[256];
static char *arguments[MOST_ARGUMENTS];

static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* The name of a program in a system folder, 0 for any other path. */
static const char *system_program(const char *path)
{
	for (int i = 0; system_folders[i]; i++) {
		const char *folder = system_folders[i], *rest = path;
		while (*folder && *folder == *rest) {
			folder++;
			rest++;
		}
		if (!*folder)
			return rest;
	}
	return 0;
}

static int begins_with(char **given, const char *const *wanted)
{
	for (int i = 0; i < 4 && wanted[i]; i++)
		if (!given[i] || !same(given[i], wanted[i]))
			return 0;
	return 1;
}

static int is_native(const char *name, char **given)
{
	for (int i = 0; native_programs[i]; i++)
		if (same(name, native_programs[i]))
			return 1;
	for (int i = 0; native_calls[i].name; i++)
		if (same(name, native_calls[i].name) && begins_with(given, native_calls[i].first_arguments))
			return 1;
	return 0;
}

static long add(long count, const char *argument)
{
	arguments[count] = (char *)argument;
	return count + 1;
}

static void start(long count, char **from, long from_count, char **environment)
{
	for (long i = 0; i < from_count && count < MOST_ARGUMENTS - 1; i++)
		arguments[count++] = from[i];
	arguments[count] = 0;
	system_call(SYS_EXECVE, (word)arguments[0], (word)arguments, (word)environment);
}

void dispatch(word *stack)
{
	long argc = (long)stack[0], count;
	char **argv = (char **)(stack + 1);
	char **environment = argv + argc + 1;
	const char *name;
	static const char failed[] = "hearth: neither a native program nor qemu-user could be started\n";

	if (argc < 3)
		system_call(SYS_EXIT, 126, 0, 0);
	name = system_program(argv[1]);
	if (name && is_native(name, argv + 3)) {
		const char *prefix = TOOLS "/usr/lib/hearth/native/";
		long length = 0;
		while (*prefix)
			program_path[length++] = *prefix++;
		for (const char *c = name; *c && length < (long)sizeof program_path - 1; c++)
			program_path[length++] = *c;
		count = add(0, LOADER);
		count = add(count, "--argv0");
		count = add(count, argv[2]);
		count = add(count, "--library-path");
		count = add(count, LIBRARIES);
		count = add(count, program_path);
		/* Not PERL5LIB: scripts run with -T ignore it. The full perl's modules only where the image has them too. */
		if (same(name, "perl")) {
			count = add(count, "-I" PERL_BASE);
			if (!system_call(SYS_ACCESS, (word)IMAGE_PERL, 0, 0))
				count = add(count, "-I" PERL);
		}
		start(count, argv + 3, argc - 3, environment);
		/* Not in the tools tree: emulate it. */
	}
	count = add(0, QEMU);
	/* The cheapest model: the default one emulates pointer authentication, which costs half of all time. */
	count = add(count, "-cpu");
	count = add(count, "cortex-a53");
	count = add(count, "-0");
	count = add(count, argv[2]);
	count = add(count, argv[1]);
	start(count, argv + 3, argc - 3, environment);
	system_call(SYS_WRITE, 2, (word)failed, sizeof failed - 1);
	system_call(SYS_EXIT, 127, 0, 0);
}

asm(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall dispatch\n");

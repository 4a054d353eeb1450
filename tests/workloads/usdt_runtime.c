/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a library with a static probe while it runs, as programs in interpreted languages do: an ELF file with one
 * function that begins with a nop, and a note that says so.
 *
 *   usdt_runtime memfd     the library lives in a memfd
 *   usdt_runtime deleted   it is a file that is deleted as soon as it is loaded
 *
 * Prints "ready"; then for each line "fire N" on standard input calls the function with (1, -1) ... (N, -N) and prints
 * "fired". The probe is runtime:tick(uint64, int32).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { code_at = 0x400, note_at = 0x600, names_at = 0x700, data_at = 0x1000, image_size = 0x2000 };

/* What the dynamic linker needs, in a page of its own that may be written. */
struct data {
    Elf64_Dyn dynamic[8];
    uint32_t hash[5]; /* one bucket, two symbols */
    uint32_t unused;
    Elf64_Sym symbols[2];
    char strings[16];
};

#if defined(__aarch64__)
static const uint32_t code[] = {0xd503201f, 0xd65f03c0}; /* nop; ret */
static const char arguments[] = "8@x0 -4@w1";
#define THIS_MACHINE EM_AARCH64
#else
static const unsigned char code[] = {0x90, 0xc3}; /* nop; ret */
static const char arguments[] = "8@%rdi -4@%esi";
#define THIS_MACHINE EM_X86_64
#endif

static unsigned char image[image_size];

static void put_header(void) {
    Elf64_Ehdr* h = (Elf64_Ehdr*)image;
    memcpy(h->e_ident, ELFMAG, SELFMAG);
    h->e_ident[EI_CLASS] = ELFCLASS64;
    h->e_ident[EI_DATA] = ELFDATA2LSB;
    h->e_ident[EI_VERSION] = EV_CURRENT;
    h->e_type = ET_DYN;
    h->e_machine = THIS_MACHINE;
    h->e_version = EV_CURRENT;
    h->e_ehsize = sizeof *h;
    h->e_phoff = 0x40;
    h->e_phentsize = sizeof(Elf64_Phdr);
    h->e_phnum = 3;
    h->e_shoff = 0x200;
    h->e_shentsize = sizeof(Elf64_Shdr);
    h->e_shnum = 3;
    h->e_shstrndx = 2;
    Elf64_Phdr* p = (Elf64_Phdr*)(image + h->e_phoff);
    p[0] = (Elf64_Phdr){
        .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = 0x1000, .p_memsz = 0x1000, .p_align = 0x1000};
    p[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                        .p_flags = PF_R | PF_W,
                        .p_offset = data_at,
                        .p_vaddr = data_at,
                        .p_paddr = data_at,
                        .p_filesz = sizeof(struct data),
                        .p_memsz = sizeof(struct data),
                        .p_align = 0x1000};
    p[2] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                        .p_flags = PF_R | PF_W,
                        .p_offset = data_at,
                        .p_vaddr = data_at,
                        .p_paddr = data_at,
                        .p_filesz = sizeof(Elf64_Dyn) * 6,
                        .p_memsz = sizeof(Elf64_Dyn) * 6,
                        .p_align = 8};
}

static void put_dynamic(void) {
    struct data* d = (struct data*)(image + data_at);
    memcpy(d->strings, "\0tick", 6);
    d->symbols[1] = (Elf64_Sym){.st_name = 1,
                                .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                .st_shndx = 1,
                                .st_value = code_at,
                                .st_size = sizeof code};
    const uint32_t hash[5] = {1, 2, 1, 0, 0};
    memcpy(d->hash, hash, sizeof hash);
#define AT(member) (data_at + offsetof(struct data, member))
    const Elf64_Dyn dynamic[] = {
        {DT_HASH, {AT(hash)}},           {DT_SYMTAB, {AT(symbols)}},       {DT_STRTAB, {AT(strings)}},
        {DT_STRSZ, {sizeof d->strings}}, {DT_SYMENT, {sizeof(Elf64_Sym)}}, {DT_NULL, {0}}};
    memcpy(d->dynamic, dynamic, sizeof dynamic);
}

static size_t put_note(unsigned char* to) {
    const Elf64_Nhdr header = {8, 24 + sizeof "runtime" + sizeof "tick" + sizeof arguments, 3};
    const uint64_t addresses[3] = {code_at, 0, 0};
    unsigned char* at = to;
    memcpy(at, &header, sizeof header);
    memcpy(at += sizeof header, "stapsdt", 8);
    memcpy(at += 8, addresses, sizeof addresses);
    memcpy(at += sizeof addresses, "runtime", 8);
    memcpy(at += 8, "tick", 5);
    memcpy(at += 5, arguments, sizeof arguments);
    return (size_t)(at + sizeof arguments - to + 3) & ~(size_t)3;
}

static void make_image(void) {
    put_header();
    put_dynamic();
    memcpy(image + code_at, code, sizeof code);
    static const char names[] = "\0.note.stapsdt\0.shstrtab";
    memcpy(image + names_at, names, sizeof names);
    Elf64_Shdr* s = (Elf64_Shdr*)(image + 0x200);
    s[1] = (Elf64_Shdr){.sh_name = 1,
                        .sh_type = SHT_NOTE,
                        .sh_offset = note_at,
                        .sh_size = put_note(image + note_at),
                        .sh_addralign = 4};
    s[2] = (Elf64_Shdr){
        .sh_name = 15, .sh_type = SHT_STRTAB, .sh_offset = names_at, .sh_size = sizeof names, .sh_addralign = 1};
}

int main(int argc, char** argv) {
    char path[64] = "/tmp/avocet-runtime-XXXXXX", line[64];
    const int in_memory = argc > 1 && !strcmp(argv[1], "memfd");
    prctl(PR_SET_NAME, "avruntime");
    make_image();
    int fd = in_memory ? memfd_create("avocet-runtime", MFD_CLOEXEC) : mkstemp(path);
    if (fd < 0 || write(fd, image, sizeof image) != (ssize_t)sizeof image) return perror("usdt_runtime"), 1;
    if (in_memory) snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    void* library = dlopen(path, RTLD_NOW);
    if (!in_memory) unlink(path);
    close(fd);
    void (*tick)(uint64_t, int32_t) = library ? (void (*)(uint64_t, int32_t))dlsym(library, "tick") : NULL;
    if (!tick) return fprintf(stderr, "usdt_runtime: %s\n", dlerror()), 1;
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        long n = strncmp(line, "fire ", 5) ? 0 : atol(line + 5);
        for (long i = 1; i <= n; ++i) tick((uint64_t)i, (int32_t)-i);
        printf("fired\n");
        fflush(stdout);
    }
    return 0;
}

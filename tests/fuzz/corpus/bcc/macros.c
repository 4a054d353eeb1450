// SPDX-License-Identifier: Apache-2.0
#define M(x) \
    BPF_HASH(x, u32); AV_TABLE("hash", int,
#define STRINGS "(\"" '\'' "a,b)"
M(one) int, two, 3, 0);
union u {
    struct {
        int x;
    } * p;
};
int syscall__openat(struct pt_regs* ctx, int dfd, union u* u) {
    return AV_READ(int, &u->p->x) + (u->p->x, one.lookup(&dfd) ? 1 : 0);
}

#include <linux/sched.h>
BPF_TABLE(
    "lru_hash", struct { int a, b; }, u64, t, 4);
/* SEC("x") */  // BPF_HASH(
#if CONFIG_HZ > 100 && CONFIG_NET_NS
typedef enum e { A = ',', B } e_t, *p_t;
#endif

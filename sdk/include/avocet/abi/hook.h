/* SPDX-License-Identifier: Apache-2.0
 *
 * avocet/abi/hook.h: functions whose programs the kernel obeys.
 *
 * Plans of the kind AVOCET_PLAN_FUNCTION whose program runs before the function, and whose result decides: 0 lets the
 * kernel go on. Flags beside AVOCET_PLAN_RETURN and its siblings (avocet/abi/plan.h).
 */
#ifndef AVOCET_ABI_HOOK_H
#define AVOCET_ABI_HOOK_H

#include "avocet/abi/plan.h"

enum {
    AVOCET_PLAN_MODIFY = 1u << 4, /* fmod_ret: what is not 0 is the function's result, and it is not run */
    AVOCET_PLAN_LSM = 1u << 5     /* a hook of the security modules, target.symbol = bpf_lsm_NAME */
};

#endif

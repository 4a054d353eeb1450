/* SPDX-License-Identifier: Apache-2.0 */
/* Code without unwinding tables, as compilers make it at run time: one function keeps a frame pointer, one hides it.
 * Each calls its first argument with 0. */
        .text
        .skip 64, 0x90
        .globl bare_framed
        .type bare_framed, @function
bare_framed:
        pushq %rbp
        movq %rsp, %rbp
        movq %rdi, %rax
        xorl %edi, %edi
        call *%rax
        popq %rbp
        ret
        .size bare_framed, . - bare_framed

        .globl bare_frameless
        .type bare_frameless, @function
bare_frameless:
        pushq %rbp
        movq %rdi, %rax
        xorl %edi, %edi
        xorl %ebp, %ebp
        call *%rax
        popq %rbp
        ret
        .size bare_frameless, . - bare_frameless
        .skip 64, 0x90
        .section .note.GNU-stack, "", @progbits

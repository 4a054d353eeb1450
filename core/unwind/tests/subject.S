/* SPDX-License-Identifier: Apache-2.0 */
/* Every instruction of `pushes` changes the frame; the others say one thing each. Not run. */
        .text
        .globl main
        .type main, @function
main:
        .cfi_startproc
        xorl %eax, %eax
        ret
        .cfi_endproc
        .size main, . - main

        .balign 16
        .globl pushes
        .type pushes, @function
pushes:
        .cfi_startproc
        pushq %rbx
        .cfi_def_cfa_offset 16
        .cfi_offset rbx, -16
        pushq %rbp
        .cfi_def_cfa_offset 24
        .cfi_offset rbp, -24
        subq $40, %rsp
        .cfi_def_cfa_offset 64
        nop
        .cfi_remember_state
        addq $40, %rsp
        .cfi_def_cfa_offset 24
        popq %rbp
        .cfi_restore rbp
        .cfi_def_cfa_offset 16
        popq %rbx
        .cfi_def_cfa_offset 8
        ret
        .cfi_restore_state
        nop
        .cfi_endproc
        .size pushes, . - pushes

        .balign 16
        .globl framed
        .type framed, @function
framed:
        .cfi_startproc
        pushq %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset rbp, -16
        movq %rsp, %rbp
        .cfi_def_cfa_register rbp
        nop
        leave
        .cfi_def_cfa rsp, 8
        ret
        .cfi_endproc
        .size framed, . - framed

        .balign 16
        .globl realigned
        .type realigned, @function
realigned:
        .cfi_startproc
        nop
        .cfi_escape 0x0f, 3, 0x76, 0x78, 0x06  /* CFA: the word at rbp - 8 */
        .cfi_escape 0x10, 6, 2, 0x76, 0        /* rbp: where rbp points to */
        nop
        .cfi_def_cfa r10, 0
        nop
        .cfi_endproc
        .size realigned, . - realigned

        .balign 16
        .globl first_of_all
        .type first_of_all, @function
first_of_all:
        .cfi_startproc
        .cfi_undefined rip
        nop
        .cfi_endproc
        .size first_of_all, . - first_of_all

        .balign 16
        .globl restorer
        .type restorer, @function
restorer:
        .cfi_startproc
        .cfi_signal_frame
        .cfi_escape 0x0f, 4, 0x77, 0xa0, 0x01, 0x06  /* CFA: the word at rsp + 160 */
        nop
        .cfi_endproc
        .size restorer, . - restorer

        .balign 64
        .globl undescribed
        .type undescribed, @function
undescribed:
        .skip 32, 0x90
        .size undescribed, . - undescribed
        .section .note.GNU-stack, "", @progbits

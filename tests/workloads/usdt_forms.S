/* SPDX-License-Identifier: Apache-2.0
 *
 * void usdt_forms(void): probes of provider "forms" whose arguments stand in places that are written out, one probe for
 * each kind of operand, so that what is read is known whatever a compiler would have chosen.
 */
#if defined(__x86_64__)

/* One SDT note: see https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation */
.macro sdt name, arguments
990: nop
    .pushsection .note.stapsdt, "", @note
    .balign 4
    .4byte 992f-991f, 994f-993f, 3
991: .asciz "stapsdt"
992: .balign 4
993: .8byte 990b, 0, 0
    .asciz "forms"
    .asciz "\name"
    .asciz "\arguments"
994: .balign 4
    .popsection
.endm

    .text
    .globl usdt_forms
    .type usdt_forms, @function
usdt_forms:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r15
    subq $40, %rsp
    /* on the stack: 8 bytes at 8(%rsp), 2 bytes at 18(%rsp) */
    movabsq $0x1122334455667788, %rax
    movq %rax, 8(%rsp)
    movw $-2, 18(%rsp)

    movabsq $0xfedcba9876543210, %rax
    movabsq $0x00000000ffff8001, %rbx
    movq $0x4241, %rcx
    movq $-3, %r15
    sdt wide "8@%rax 4@%eax 2@%ax 1@%al 1@%ah -1@%ah -8@%r15 -4@%r15d"
    sdt narrow "-4@%ebx 4@%ebx -2@%bx 2@%bx 1@%ch 1@%cl -1@%bl"

    leaq usdt_table(%rip), %rbp
    movq $3, %r12
    sdt memory "8@8(%rsp) 4@8(%rsp) 1@8(%rsp) -2@18(%rsp) 2@10+8(%rsp)"
    sdt scaled "-4@(%rbp,%r12,4) -4@4(%rbp,%r12,4) 1@usdt_number(%rip) 8@(%rbp) 4@-4(%rbp,%r12,8)"
    sdt symbols "-4@usdt_number(%rip) -4@4+usdt_number(%rip) -4@usdt_number+4(%rip) 2@usdt_table+6(%rip)"
    sdt constants "-4@$-1 4@$-1 1@$300 8@$0x10 -8@$-9223372036854775808 8@$18446744073709551615 2@$-2"
    sdt floats "8@$7 8f@%xmm0 -4@%r15d"
    sdt none ""

    addq $40, %rsp
    popq %r15
    popq %r12
    popq %rbp
    popq %rbx
    ret
    .size usdt_forms, .-usdt_forms

    .data
    .balign 8
    .type usdt_number, @object
usdt_number:
    .4byte -5, -6
    .size usdt_number, 8
    .type usdt_table, @object
usdt_table:
    .4byte 10, 11, 12, -13, -14, 15, 16, 17
    .size usdt_table, 32

#else
    .text
    .globl usdt_forms
usdt_forms:
    ret
#endif
    .section .note.GNU-stack, "", %progbits

# SPDX-License-Identifier: Apache-2.0
# What rustc 1.63 made of typed_rust.rs; see there.
	.text
	.file	"typed_rust.b964525f-cgu.0"
	.file	1 "./typed_rust.rs"
	.section	.text._ZN10typed_rust7scalars17hc2d967401286640fE,"ax",@progbits
	.globl	_ZN10typed_rust7scalars17hc2d967401286640fE
	.p2align	4, 0x90
	.type	_ZN10typed_rust7scalars17hc2d967401286640fE,@function
_ZN10typed_rust7scalars17hc2d967401286640fE:
.Lfunc_begin0:
	.loc	1 37 0
	.cfi_sections .debug_frame
	.cfi_startproc
	subq	$56, %rsp
	.cfi_def_cfa_offset 64
	movq	%r8, %r10
	movb	%cl, %al
	movw	%si, %cx
	movw	%cx, 10(%rsp)
	movb	%dil, %sil
	movq	72(%rsp), %rdi
	movq	64(%rsp), %r8
	movb	%sil, 13(%rsp)
	movw	%cx, 14(%rsp)
	movl	%edx, 16(%rsp)
	movb	%al, %r11b
	andb	$1, %r11b
	movb	%r11b, 23(%rsp)
	movq	%r10, 24(%rsp)
	movq	%r9, 32(%rsp)
	movq	%r8, 40(%rsp)
	movq	%rdi, 48(%rsp)
.Ltmp0:
	.loc	1 38 19 prologue_end
	movsbq	%sil, %rdi
	.loc	1 38 30 is_stmt 0
	movzwl	%cx, %ecx
	.loc	1 38 19
	addq	%rcx, %rdi
	.loc	1 38 41
	movl	%edx, %ecx
	.loc	1 38 19
	addq	%rcx, %rdi
	.loc	1 38 57
	andb	$1, %al
	movzbl	%al, %eax
	.loc	1 38 19
	addq	%rax, %rdi
	addq	%r9, %rdi
	.loc	1 38 14
	callq	*used@GOTPCREL(%rip)
	.loc	1 0 14
	movw	10(%rsp), %ax
	.loc	1 39 5 is_stmt 1
	movzwl	%ax, %eax
	.loc	1 40 2
	addq	$56, %rsp
	.cfi_def_cfa_offset 8
	retq
.Ltmp1:
.Lfunc_end0:
	.size	_ZN10typed_rust7scalars17hc2d967401286640fE, .Lfunc_end0-_ZN10typed_rust7scalars17hc2d967401286640fE
	.cfi_endproc
	.section	.text._ZN10typed_rust5Order5total17h238603377e0f44feE,"ax",@progbits
	.globl	_ZN10typed_rust5Order5total17h238603377e0f44feE
	.p2align	4, 0x90
	.type	_ZN10typed_rust5Order5total17h238603377e0f44feE,@function
_ZN10typed_rust5Order5total17h238603377e0f44feE:
.Lfunc_begin1:
	.loc	1 45 0
	.cfi_startproc
	subq	$40, %rsp
	.cfi_def_cfa_offset 48
	movq	%rcx, 8(%rsp)
	movq	%rdi, 16(%rsp)
	movl	%esi, 24(%rsp)
	movl	%edx, 28(%rsp)
	movq	%rcx, 32(%rsp)
.Ltmp2:
	.loc	1 46 24 prologue_end
	movl	16(%rdi), %eax
	movl	%eax, %edi
	imulq	%rcx, %rdi
	.loc	1 46 54 is_stmt 0
	movslq	%esi, %rax
	.loc	1 46 24
	addq	%rax, %rdi
	.loc	1 46 68
	movslq	%edx, %rax
	.loc	1 46 23
	addq	%rax, %rdi
	.loc	1 46 18
	callq	*used@GOTPCREL(%rip)
	.loc	1 0 18
	movq	8(%rsp), %rax
	.loc	1 48 6 is_stmt 1
	addq	$40, %rsp
	.cfi_def_cfa_offset 8
	retq
.Ltmp3:
.Lfunc_end1:
	.size	_ZN10typed_rust5Order5total17h238603377e0f44feE, .Lfunc_end1-_ZN10typed_rust5Order5total17h238603377e0f44feE
	.cfi_endproc
	.section	.text._ZN10typed_rust7several17h9650ecd0f22febb1E,"ax",@progbits
	.globl	_ZN10typed_rust7several17h9650ecd0f22febb1E
	.p2align	4, 0x90
	.type	_ZN10typed_rust7several17h9650ecd0f22febb1E,@function
_ZN10typed_rust7several17h9650ecd0f22febb1E:
.Lfunc_begin2:
	.loc	1 53 0
	.cfi_startproc
	subq	$88, %rsp
	.cfi_def_cfa_offset 96
	movq	%rsi, (%rsp)
	movq	%rdi, 8(%rsp)
	movw	%r9w, %ax
	movw	%ax, 22(%rsp)
	movl	%edx, 24(%rsp)
	movl	%ecx, 28(%rsp)
	movq	%r8, 32(%rsp)
	movq	%rdi, 56(%rsp)
	movq	%rsi, 64(%rsp)
	movw	%ax, 74(%rsp)
.Ltmp4:
	.loc	1 54 23 prologue_end
	movl	24(%rsp), %eax
	testq	%rax, %rax
	.loc	1 54 17 is_stmt 0
	je	.LBB2_2
	jmp	.LBB2_10
.LBB2_10:
	jmp	.LBB2_3
	.cfi_def_cfa_offset 8
	.loc	1 54 23
	ud2
.LBB2_2:
	.cfi_def_cfa_offset 96
	.loc	1 56 17 is_stmt 1
	movq	$0, 40(%rsp)
	jmp	.LBB2_4
.LBB2_3:
	.loc	1 55 14
	movl	28(%rsp), %eax
	movl	%eax, 76(%rsp)
.Ltmp5:
	.loc	1 55 24 is_stmt 0
	movl	%eax, %eax
	movq	%rax, 40(%rsp)
.Ltmp6:
.LBB2_4:
	.loc	1 58 20 is_stmt 1
	movq	32(%rsp), %rax
	testq	%rax, %rax
	setne	%al
	movzbl	%al, %eax
	.loc	1 58 14 is_stmt 0
	je	.LBB2_6
	jmp	.LBB2_11
.LBB2_11:
	jmp	.LBB2_7
	.cfi_def_cfa_offset 8
	.loc	1 58 20
	ud2
.LBB2_6:
	.cfi_def_cfa_offset 96
	.loc	1 60 17 is_stmt 1
	movq	$0, 48(%rsp)
	jmp	.LBB2_8
.LBB2_7:
	.loc	1 59 14
	movq	32(%rsp), %rax
	movq	%rax, 80(%rsp)
.Ltmp7:
	.loc	1 59 24 is_stmt 0
	movq	(%rax), %rax
	movq	%rax, 48(%rsp)
.Ltmp8:
.LBB2_8:
	.loc	1 0 24
	movw	22(%rsp), %ax
	movq	(%rsp), %rcx
	movq	8(%rsp), %rdi
.Ltmp9:
	.loc	1 62 19 is_stmt 1
	addq	%rcx, %rdi
	addq	40(%rsp), %rdi
	addq	48(%rsp), %rdi
	.loc	1 62 54 is_stmt 0
	movzwl	%ax, %eax
	.loc	1 62 19
	addq	%rax, %rdi
	.loc	1 62 14
	callq	*used@GOTPCREL(%rip)
	.loc	1 0 14
	movw	22(%rsp), %ax
	.loc	1 63 5 is_stmt 1
	movzwl	%ax, %eax
.Ltmp10:
	.loc	1 64 2
	addq	$88, %rsp
	.cfi_def_cfa_offset 8
	retq
.Ltmp11:
.Lfunc_end2:
	.size	_ZN10typed_rust7several17h9650ecd0f22febb1E, .Lfunc_end2-_ZN10typed_rust7several17h9650ecd0f22febb1E
	.cfi_endproc
	.section	.text._ZN10typed_rust5large17ha3ca06fb938db34aE,"ax",@progbits
	.globl	_ZN10typed_rust5large17ha3ca06fb938db34aE
	.p2align	4, 0x90
	.type	_ZN10typed_rust5large17ha3ca06fb938db34aE,@function
_ZN10typed_rust5large17ha3ca06fb938db34aE:
.Lfunc_begin3:
	.loc	1 68 0
	.cfi_startproc
	subq	$40, %rsp
	.cfi_def_cfa_offset 48
	movq	%rsi, 8(%rsp)
.Ltmp12:
	movq	%rdi, 16(%rsp)
	movq	%rdi, 24(%rsp)
.Ltmp13:
	movl	%edx, 36(%rsp)
.Ltmp14:
	.loc	1 69 19 prologue_end
	movq	(%rsi), %rdi
	.loc	1 69 30 is_stmt 0
	movl	%edx, %eax
	.loc	1 69 19
	addq	%rax, %rdi
	.loc	1 69 14
	callq	*used@GOTPCREL(%rip)
.Ltmp15:
	.loc	1 0 14
	movq	24(%rsp), %rax
	movq	16(%rsp), %rcx
	movq	8(%rsp), %rdx
	.loc	1 70 5 is_stmt 1
	movq	(%rdx), %rsi
	movq	%rsi, (%rcx)
	movq	8(%rdx), %rsi
	movq	%rsi, 8(%rcx)
	movq	16(%rdx), %rsi
	movq	%rsi, 16(%rcx)
	movq	24(%rdx), %rdx
	movq	%rdx, 24(%rcx)
	.loc	1 71 2
	addq	$40, %rsp
	.cfi_def_cfa_offset 8
	retq
.Ltmp16:
.Lfunc_end3:
	.size	_ZN10typed_rust5large17ha3ca06fb938db34aE, .Lfunc_end3-_ZN10typed_rust5large17ha3ca06fb938db34aE
	.cfi_endproc
	.section	.text.rust_calls,"ax",@progbits
	.globl	rust_calls
	.p2align	4, 0x90
	.type	rust_calls,@function
rust_calls:
.Lfunc_begin4:
	.loc	1 74 0
	.cfi_startproc
	subq	$184, %rsp
	.cfi_def_cfa_offset 192
	movl	%edi, 16(%rsp)
	movl	%edi, 180(%rsp)
.Ltmp17:
	.loc	1 77 17 prologue_end
	movl	$0, 20(%rsp)
.LBB4_1:
	.loc	1 0 17 is_stmt 0
	movl	16(%rsp), %eax
.Ltmp18:
	.loc	1 78 11 is_stmt 1
	cmpl	%eax, 20(%rsp)
	jb	.LBB4_3
.Ltmp19:
	.loc	1 87 2
	addq	$184, %rsp
	.cfi_def_cfa_offset 8
	retq
.LBB4_3:
	.cfi_def_cfa_offset 192
.Ltmp20:
	.loc	1 79 40
	movl	20(%rsp), %eax
	.loc	1 79 33 is_stmt 0
	addq	$4200, %rax
	.loc	1 79 68
	movl	$1, 56(%rsp)
	movl	$-2, 60(%rsp)
	.loc	1 79 97
	movb	$3, 71(%rsp)
	.loc	1 79 116
	leaq	_ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E(%rip), %rcx
	movq	%rcx, 72(%rsp)
	.loc	1 79 21
	movq	%rax, 24(%rsp)
	movl	$5, 40(%rsp)
	movl	56(%rsp), %ecx
	movl	60(%rsp), %eax
	movl	%ecx, 44(%rsp)
	movl	%eax, 48(%rsp)
	movb	71(%rsp), %al
	movb	%al, 52(%rsp)
	movq	72(%rsp), %rax
	movq	%rax, 32(%rsp)
.Ltmp21:
	.loc	1 80 22 is_stmt 1
	movl	20(%rsp), %eax
	.loc	1 80 17 is_stmt 0
	movb	$253, %cl
	subb	%al, %cl
	.loc	1 80 44
	cmpl	$9, 20(%rsp)
	setb	%al
	.loc	1 80 9
	leaq	.L__unnamed_1(%rip), %rsi
	movq	%rsp, %rdx
	movq	%rsi, (%rdx)
	movq	$9, 8(%rdx)
	movzbl	%cl, %edi
	movzbl	%al, %ecx
	andl	$1, %ecx
	leaq	_ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E(%rip), %r8
	movq	_ZN10typed_rust7scalars17hc2d967401286640fE@GOTPCREL(%rip), %rax
	movl	$65535, %esi
	movl	$233, %edx
	movl	$3, %r9d
	callq	*%rax
	.loc	1 81 37 is_stmt 1
	movl	20(%rsp), %eax
	.loc	1 81 32 is_stmt 0
	addl	$10, %eax
	.loc	1 81 21
	movl	%eax, 80(%rsp)
	movl	$20, 84(%rsp)
	.loc	1 81 61
	movl	20(%rsp), %eax
	.loc	1 81 56
	movq	$-3, %rcx
	subq	%rax, %rcx
	.loc	1 81 9
	movl	80(%rsp), %esi
	movl	84(%rsp), %edx
	leaq	24(%rsp), %rdi
	callq	*_ZN10typed_rust5Order5total17h238603377e0f44feE@GOTPCREL(%rip)
	.loc	1 82 45 is_stmt 1
	movl	20(%rsp), %eax
	.loc	1 82 39 is_stmt 0
	addq	$200, %rax
	.loc	1 82 17
	movq	$100, 88(%rsp)
	movq	%rax, 96(%rsp)
	.loc	1 82 60
	cmpl	$9, 20(%rsp)
	jb	.LBB4_7
	.loc	1 82 90
	movl	$0, 104(%rsp)
	.loc	1 82 57
	jmp	.LBB4_8
.LBB4_7:
	.loc	1 82 78
	movl	20(%rsp), %eax
	.loc	1 82 73
	addl	$30, %eax
	.loc	1 82 68
	movl	%eax, 108(%rsp)
	movl	$1, 104(%rsp)
.LBB4_8:
	.loc	1 82 98
	movq	32(%rsp), %r8
	.loc	1 82 114
	movl	20(%rsp), %eax
	.loc	1 82 110
	addw	$9, %ax
	.loc	1 82 9
	movq	88(%rsp), %rdi
	movq	96(%rsp), %rsi
	movl	104(%rsp), %edx
	movl	108(%rsp), %ecx
	movzwl	%ax, %r9d
	callq	*_ZN10typed_rust7several17h9650ecd0f22febb1E@GOTPCREL(%rip)
	.loc	1 83 26 is_stmt 1
	movq	24(%rsp), %rax
	movq	%rax, 144(%rsp)
	movq	32(%rsp), %rax
	movq	%rax, 152(%rsp)
	movq	40(%rsp), %rax
	movq	%rax, 160(%rsp)
	movq	48(%rsp), %rax
	movq	%rax, 168(%rsp)
	.loc	1 83 38 is_stmt 0
	movl	20(%rsp), %edx
	.loc	1 83 33
	addl	$17, %edx
	.loc	1 83 20
	leaq	112(%rsp), %rdi
	leaq	144(%rsp), %rsi
	callq	*_ZN10typed_rust5large17ha3ca06fb938db34aE@GOTPCREL(%rip)
.Ltmp22:
	.loc	1 84 23 is_stmt 1
	movq	112(%rsp), %rdi
	.loc	1 84 18 is_stmt 0
	callq	*used@GOTPCREL(%rip)
	.loc	1 85 9 is_stmt 1
	movl	20(%rsp), %eax
	addl	$1, %eax
	movl	%eax, 20(%rsp)
.Ltmp23:
	.loc	1 78 5
	jmp	.LBB4_1
.Ltmp24:
.Lfunc_end4:
	.size	rust_calls, .Lfunc_end4-rust_calls
	.cfi_endproc
	.section	.text.rust_begin_unwind,"ax",@progbits
	.globl	rust_begin_unwind
	.p2align	4, 0x90
	.type	rust_begin_unwind,@function
rust_begin_unwind:
.Lfunc_begin5:
	.loc	1 90 0
	.cfi_startproc
	pushq	%rax
	.cfi_def_cfa_offset 16
	movq	%rdi, (%rsp)
.LBB5_1:
.Ltmp25:
	.loc	1 91 5 prologue_end
	jmp	.LBB5_1
.Ltmp26:
.Lfunc_end5:
	.size	rust_begin_unwind, .Lfunc_end5-rust_begin_unwind
	.cfi_endproc
	.type	.L__unnamed_1,@object
	.section	.rodata..L__unnamed_1,"a",@progbits
.L__unnamed_1:
	.ascii	"some text"
	.size	.L__unnamed_1, 9
	.type	_ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E,@object
	.section	.rodata._ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E,"a",@progbits
	.p2align	3
_ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E:
	.ascii	"\001\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000\000\000\000\000\007"
	.zero	3
	.size	_ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E, 32
	.type	_ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E,@object
	.section	.rodata._ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E,"a",@progbits
	.p2align	1
_ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E:
	.asciz	"\013\000\f\000\r"
	.size	_ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E, 6
	.section	.debug_loc,"",@progbits
.Ldebug_loc0:
	.quad	-1
	.quad	.Lfunc_begin3
	.quad	.Ltmp12-.Lfunc_begin3
	.quad	.Ltmp13-.Lfunc_begin3
	.short	3
	.byte	119
	.byte	8
	.byte	6
	.quad	.Ltmp13-.Lfunc_begin3
	.quad	.Ltmp15-.Lfunc_begin3
	.short	2
	.byte	116
	.byte	0
	.quad	.Ltmp15-.Lfunc_begin3
	.quad	.Lfunc_end3-.Lfunc_begin3
	.short	3
	.byte	119
	.byte	8
	.byte	6
	.quad	0
	.quad	0
	.section	.debug_abbrev,"",@progbits
	.byte	1
	.byte	17
	.byte	1
	.byte	37
	.byte	14
	.byte	19
	.byte	5
	.byte	3
	.byte	14
	.byte	16
	.byte	23
	.byte	27
	.byte	14
	.ascii	"\264B"
	.byte	25
	.byte	17
	.byte	1
	.byte	85
	.byte	23
	.byte	0
	.byte	0
	.byte	2
	.byte	57
	.byte	1
	.byte	3
	.byte	14
	.byte	0
	.byte	0
	.byte	3
	.byte	52
	.byte	0
	.byte	3
	.byte	14
	.byte	73
	.byte	19
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.ascii	"\210\001"
	.byte	15
	.byte	2
	.byte	24
	.byte	110
	.byte	14
	.byte	0
	.byte	0
	.byte	4
	.byte	19
	.byte	1
	.byte	3
	.byte	14
	.byte	11
	.byte	11
	.ascii	"\210\001"
	.byte	15
	.byte	0
	.byte	0
	.byte	5
	.byte	13
	.byte	0
	.byte	3
	.byte	14
	.byte	73
	.byte	19
	.ascii	"\210\001"
	.byte	15
	.byte	56
	.byte	11
	.byte	0
	.byte	0
	.byte	6
	.byte	46
	.byte	1
	.byte	17
	.byte	1
	.byte	18
	.byte	6
	.byte	64
	.byte	24
	.byte	110
	.byte	14
	.byte	3
	.byte	14
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.byte	73
	.byte	19
	.byte	63
	.byte	25
	.byte	0
	.byte	0
	.byte	7
	.byte	5
	.byte	0
	.byte	2
	.byte	24
	.byte	3
	.byte	14
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.byte	73
	.byte	19
	.byte	0
	.byte	0
	.byte	8
	.byte	4
	.byte	1
	.byte	73
	.byte	19
	.byte	109
	.byte	25
	.byte	3
	.byte	14
	.byte	11
	.byte	11
	.ascii	"\210\001"
	.byte	15
	.byte	0
	.byte	0
	.byte	9
	.byte	40
	.byte	0
	.byte	3
	.byte	14
	.byte	28
	.byte	15
	.byte	0
	.byte	0
	.byte	10
	.byte	11
	.byte	1
	.byte	17
	.byte	1
	.byte	18
	.byte	6
	.byte	0
	.byte	0
	.byte	11
	.byte	52
	.byte	0
	.byte	2
	.byte	24
	.byte	3
	.byte	14
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.byte	73
	.byte	19
	.byte	0
	.byte	0
	.byte	12
	.byte	52
	.byte	0
	.byte	2
	.byte	24
	.byte	3
	.byte	14
	.ascii	"\210\001"
	.byte	15
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.byte	73
	.byte	19
	.byte	0
	.byte	0
	.byte	13
	.byte	5
	.byte	0
	.byte	2
	.byte	23
	.byte	3
	.byte	14
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.byte	73
	.byte	19
	.byte	0
	.byte	0
	.byte	14
	.byte	46
	.byte	1
	.byte	17
	.byte	1
	.byte	18
	.byte	6
	.byte	64
	.byte	24
	.byte	3
	.byte	14
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.byte	63
	.byte	25
	.byte	0
	.byte	0
	.byte	15
	.byte	11
	.byte	1
	.byte	85
	.byte	23
	.byte	0
	.byte	0
	.byte	16
	.byte	46
	.byte	1
	.byte	17
	.byte	1
	.byte	18
	.byte	6
	.byte	64
	.byte	24
	.byte	110
	.byte	14
	.byte	3
	.byte	14
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.byte	63
	.byte	25
	.ascii	"\207\001"
	.byte	25
	.byte	0
	.byte	0
	.byte	17
	.byte	5
	.byte	0
	.byte	2
	.byte	24
	.byte	58
	.byte	11
	.byte	59
	.byte	11
	.byte	73
	.byte	19
	.byte	0
	.byte	0
	.byte	18
	.byte	36
	.byte	0
	.byte	3
	.byte	14
	.byte	62
	.byte	11
	.byte	11
	.byte	11
	.byte	0
	.byte	0
	.byte	19
	.byte	51
	.byte	1
	.byte	21
	.byte	19
	.byte	0
	.byte	0
	.byte	20
	.byte	13
	.byte	0
	.byte	73
	.byte	19
	.ascii	"\210\001"
	.byte	15
	.byte	56
	.byte	11
	.byte	52
	.byte	25
	.byte	0
	.byte	0
	.byte	21
	.byte	25
	.byte	1
	.byte	22
	.byte	11
	.byte	0
	.byte	0
	.byte	22
	.byte	25
	.byte	1
	.byte	0
	.byte	0
	.byte	23
	.byte	47
	.byte	0
	.byte	73
	.byte	19
	.byte	3
	.byte	14
	.byte	0
	.byte	0
	.byte	24
	.byte	19
	.byte	0
	.byte	3
	.byte	14
	.byte	11
	.byte	11
	.ascii	"\210\001"
	.byte	15
	.byte	0
	.byte	0
	.byte	25
	.byte	15
	.byte	0
	.byte	73
	.byte	19
	.byte	3
	.byte	14
	.byte	51
	.byte	6
	.byte	0
	.byte	0
	.byte	26
	.byte	1
	.byte	1
	.byte	73
	.byte	19
	.byte	0
	.byte	0
	.byte	27
	.byte	33
	.byte	0
	.byte	73
	.byte	19
	.byte	34
	.byte	13
	.byte	55
	.byte	11
	.byte	0
	.byte	0
	.byte	28
	.byte	36
	.byte	0
	.byte	3
	.byte	14
	.byte	11
	.byte	11
	.byte	62
	.byte	11
	.byte	0
	.byte	0
	.byte	29
	.byte	15
	.byte	0
	.byte	73
	.byte	19
	.byte	51
	.byte	6
	.byte	0
	.byte	0
	.byte	30
	.byte	21
	.byte	1
	.byte	73
	.byte	19
	.byte	0
	.byte	0
	.byte	31
	.byte	5
	.byte	0
	.byte	73
	.byte	19
	.byte	0
	.byte	0
	.byte	0
	.section	.debug_info,"",@progbits
.Lcu_begin0:
	.long	.Ldebug_info_end0-.Ldebug_info_start0
.Ldebug_info_start0:
	.short	4
	.long	.debug_abbrev
	.byte	8
	.byte	1
	.long	.Linfo_string0
	.short	28
	.long	.Linfo_string1
	.long	.Lline_table_start0
	.long	.Linfo_string2
	.quad	0
	.long	.Ldebug_ranges1
	.byte	2
	.long	.Linfo_string3
	.byte	2
	.long	.Linfo_string4
	.byte	3
	.long	.Linfo_string5
	.long	105
	.byte	1
	.byte	75
	.byte	8
	.byte	9
	.byte	3
	.quad	_ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E
	.long	.Linfo_string30
	.byte	3
	.long	.Linfo_string31
	.long	2034
	.byte	1
	.byte	76
	.byte	2
	.byte	9
	.byte	3
	.quad	_ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E
	.long	.Linfo_string34
	.byte	0
	.byte	4
	.long	.Linfo_string29
	.byte	32
	.byte	8
	.byte	5
	.long	.Linfo_string6
	.long	854
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string8
	.long	861
	.byte	4
	.byte	16
	.byte	5
	.long	.Linfo_string10
	.long	240
	.byte	4
	.byte	20
	.byte	5
	.long	.Linfo_string15
	.long	270
	.byte	1
	.byte	28
	.byte	5
	.long	.Linfo_string20
	.long	892
	.byte	8
	.byte	8
	.byte	6
	.quad	.Lfunc_begin1
	.long	.Lfunc_end1-.Lfunc_begin1
	.byte	1
	.byte	87
	.long	.Linfo_string45
	.long	.Linfo_string46
	.byte	1
	.byte	45
	.long	2061
	.byte	7
	.byte	2
	.byte	145
	.byte	16
	.long	.Linfo_string68
	.byte	1
	.byte	45
	.long	2021
	.byte	7
	.byte	2
	.byte	145
	.byte	24
	.long	.Linfo_string69
	.byte	1
	.byte	45
	.long	240
	.byte	7
	.byte	2
	.byte	145
	.byte	32
	.long	.Linfo_string70
	.byte	1
	.byte	45
	.long	2061
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string14
	.byte	8
	.byte	4
	.byte	5
	.long	.Linfo_string11
	.long	868
	.byte	4
	.byte	0
	.byte	5
	.long	.Linfo_string13
	.long	868
	.byte	4
	.byte	4
	.byte	0
	.byte	8
	.long	875
	.long	.Linfo_string19
	.byte	1
	.byte	1
	.byte	9
	.long	.Linfo_string17
	.byte	3
	.byte	9
	.long	.Linfo_string18
	.byte	7
	.byte	0
	.byte	6
	.quad	.Lfunc_begin0
	.long	.Lfunc_end0-.Lfunc_begin0
	.byte	1
	.byte	87
	.long	.Linfo_string43
	.long	.Linfo_string44
	.byte	1
	.byte	37
	.long	854
	.byte	7
	.byte	2
	.byte	145
	.byte	13
	.long	.Linfo_string54
	.byte	1
	.byte	37
	.long	2068
	.byte	7
	.byte	2
	.byte	145
	.byte	14
	.long	.Linfo_string56
	.byte	1
	.byte	37
	.long	2047
	.byte	7
	.byte	2
	.byte	145
	.byte	16
	.long	.Linfo_string57
	.byte	1
	.byte	37
	.long	2075
	.byte	7
	.byte	2
	.byte	145
	.byte	23
	.long	.Linfo_string59
	.byte	1
	.byte	37
	.long	2082
	.byte	7
	.byte	2
	.byte	145
	.byte	24
	.long	.Linfo_string61
	.byte	1
	.byte	37
	.long	2089
	.byte	7
	.byte	2
	.byte	145
	.byte	40
	.long	.Linfo_string66
	.byte	1
	.byte	37
	.long	2135
	.byte	0
	.byte	6
	.quad	.Lfunc_begin2
	.long	.Lfunc_end2-.Lfunc_begin2
	.byte	1
	.byte	87
	.long	.Linfo_string48
	.long	.Linfo_string49
	.byte	1
	.byte	53
	.long	854
	.byte	7
	.byte	2
	.byte	145
	.byte	56
	.long	.Linfo_string71
	.byte	1
	.byte	53
	.long	823
	.byte	7
	.byte	2
	.byte	145
	.byte	24
	.long	.Linfo_string75
	.byte	1
	.byte	53
	.long	985
	.byte	7
	.byte	2
	.byte	145
	.byte	32
	.long	.Linfo_string20
	.byte	1
	.byte	53
	.long	892
	.byte	7
	.byte	3
	.byte	145
	.asciz	"\312"
	.long	.Linfo_string77
	.byte	1
	.byte	53
	.long	2047
	.byte	10
	.quad	.Ltmp5
	.long	.Ltmp6-.Ltmp5
	.byte	11
	.byte	3
	.byte	145
	.asciz	"\314"
	.long	.Linfo_string78
	.byte	1
	.byte	55
	.long	861
	.byte	0
	.byte	10
	.quad	.Ltmp6
	.long	.Ltmp10-.Ltmp6
	.byte	12
	.byte	2
	.byte	145
	.byte	40
	.long	.Linfo_string78
	.byte	1
	.byte	1
	.byte	54
	.long	854
	.byte	10
	.quad	.Ltmp7
	.long	.Ltmp8-.Ltmp7
	.byte	12
	.byte	3
	.byte	145
	.asciz	"\320"
	.long	.Linfo_string79
	.byte	1
	.byte	1
	.byte	59
	.long	2021
	.byte	0
	.byte	10
	.quad	.Ltmp9
	.long	.Ltmp10-.Ltmp9
	.byte	12
	.byte	2
	.byte	145
	.byte	48
	.long	.Linfo_string6
	.byte	1
	.byte	1
	.byte	58
	.long	854
	.byte	0
	.byte	0
	.byte	0
	.byte	6
	.quad	.Lfunc_begin3
	.long	.Lfunc_end3-.Lfunc_begin3
	.byte	1
	.byte	87
	.long	.Linfo_string50
	.long	.Linfo_string51
	.byte	1
	.byte	68
	.long	105
	.byte	13
	.long	.Ldebug_loc0
	.long	.Linfo_string79
	.byte	1
	.byte	68
	.long	105
	.byte	7
	.byte	2
	.byte	145
	.byte	36
	.long	.Linfo_string80
	.byte	1
	.byte	68
	.long	861
	.byte	0
	.byte	14
	.quad	.Lfunc_begin4
	.long	.Lfunc_end4-.Lfunc_begin4
	.byte	1
	.byte	87
	.long	.Linfo_string4
	.byte	1
	.byte	74
	.byte	7
	.byte	3
	.byte	145
	.ascii	"\264\001"
	.long	.Linfo_string81
	.byte	1
	.byte	74
	.long	861
	.byte	15
	.long	.Ldebug_ranges0
	.byte	11
	.byte	2
	.byte	145
	.byte	20
	.long	.Linfo_string82
	.byte	1
	.byte	77
	.long	861
	.byte	10
	.quad	.Ltmp21
	.long	.Ltmp23-.Ltmp21
	.byte	12
	.byte	2
	.byte	145
	.byte	24
	.long	.Linfo_string79
	.byte	1
	.byte	1
	.byte	79
	.long	105
	.byte	10
	.quad	.Ltmp22
	.long	.Ltmp23-.Ltmp22
	.byte	12
	.byte	3
	.byte	145
	.asciz	"\360"
	.long	.Linfo_string83
	.byte	1
	.byte	1
	.byte	83
	.long	105
	.byte	0
	.byte	0
	.byte	0
	.byte	0
	.byte	16
	.quad	.Lfunc_begin5
	.long	.Lfunc_end5-.Lfunc_begin5
	.byte	1
	.byte	87
	.long	.Linfo_string52
	.long	.Linfo_string53
	.byte	1
	.byte	90
	.byte	17
	.byte	2
	.byte	145
	.byte	0
	.byte	1
	.byte	90
	.long	2174
	.byte	0
	.byte	4
	.long	.Linfo_string74
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string72
	.long	854
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string73
	.long	854
	.byte	8
	.byte	8
	.byte	0
	.byte	0
	.byte	18
	.long	.Linfo_string7
	.byte	7
	.byte	8
	.byte	18
	.long	.Linfo_string9
	.byte	7
	.byte	4
	.byte	18
	.long	.Linfo_string12
	.byte	5
	.byte	4
	.byte	18
	.long	.Linfo_string16
	.byte	7
	.byte	1
	.byte	2
	.long	.Linfo_string21
	.byte	2
	.long	.Linfo_string22
	.byte	4
	.long	.Linfo_string28
	.byte	8
	.byte	8
	.byte	19
	.long	904
	.byte	20
	.long	854
	.byte	8
	.byte	0
	.byte	21
	.byte	0
	.byte	5
	.long	.Linfo_string23
	.long	939
	.byte	8
	.byte	0
	.byte	0
	.byte	22
	.byte	5
	.long	.Linfo_string26
	.long	956
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string23
	.byte	8
	.byte	8
	.byte	23
	.long	2021
	.long	.Linfo_string25
	.byte	0
	.byte	4
	.long	.Linfo_string26
	.byte	8
	.byte	8
	.byte	23
	.long	2021
	.long	.Linfo_string25
	.byte	5
	.long	.Linfo_string27
	.long	2021
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string76
	.byte	8
	.byte	4
	.byte	19
	.long	997
	.byte	20
	.long	861
	.byte	4
	.byte	0
	.byte	21
	.byte	0
	.byte	5
	.long	.Linfo_string23
	.long	1033
	.byte	4
	.byte	0
	.byte	0
	.byte	21
	.byte	1
	.byte	5
	.long	.Linfo_string26
	.long	1050
	.byte	4
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string23
	.byte	8
	.byte	4
	.byte	23
	.long	861
	.long	.Linfo_string25
	.byte	0
	.byte	4
	.long	.Linfo_string26
	.byte	8
	.byte	4
	.byte	23
	.long	861
	.long	.Linfo_string25
	.byte	5
	.long	.Linfo_string27
	.long	861
	.byte	4
	.byte	4
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string132
	.byte	8
	.byte	8
	.byte	19
	.long	1091
	.byte	20
	.long	854
	.byte	8
	.byte	0
	.byte	21
	.byte	0
	.byte	5
	.long	.Linfo_string23
	.long	1126
	.byte	8
	.byte	0
	.byte	0
	.byte	22
	.byte	5
	.long	.Linfo_string26
	.long	1143
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string23
	.byte	8
	.byte	8
	.byte	23
	.long	2259
	.long	.Linfo_string25
	.byte	0
	.byte	4
	.long	.Linfo_string26
	.byte	8
	.byte	8
	.byte	23
	.long	2259
	.long	.Linfo_string25
	.byte	5
	.long	.Linfo_string27
	.long	2259
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string108
	.byte	16
	.byte	8
	.byte	19
	.long	1184
	.byte	20
	.long	854
	.byte	8
	.byte	0
	.byte	21
	.byte	0
	.byte	5
	.long	.Linfo_string23
	.long	1219
	.byte	8
	.byte	0
	.byte	0
	.byte	22
	.byte	5
	.long	.Linfo_string26
	.long	1236
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string23
	.byte	16
	.byte	8
	.byte	23
	.long	2311
	.long	.Linfo_string25
	.byte	0
	.byte	4
	.long	.Linfo_string26
	.byte	16
	.byte	8
	.byte	23
	.long	2311
	.long	.Linfo_string25
	.byte	5
	.long	.Linfo_string27
	.long	2311
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string121
	.byte	16
	.byte	8
	.byte	19
	.long	1277
	.byte	20
	.long	854
	.byte	8
	.byte	0
	.byte	21
	.byte	0
	.byte	5
	.long	.Linfo_string23
	.long	1313
	.byte	8
	.byte	0
	.byte	0
	.byte	21
	.byte	1
	.byte	5
	.long	.Linfo_string26
	.long	1330
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string23
	.byte	16
	.byte	8
	.byte	23
	.long	2128
	.long	.Linfo_string25
	.byte	0
	.byte	4
	.long	.Linfo_string26
	.byte	16
	.byte	8
	.byte	23
	.long	2128
	.long	.Linfo_string25
	.byte	5
	.long	.Linfo_string27
	.long	2128
	.byte	8
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	2
	.long	.Linfo_string35
	.byte	2
	.long	.Linfo_string36
	.byte	2
	.long	.Linfo_string37
	.byte	8
	.long	875
	.long	.Linfo_string42
	.byte	1
	.byte	1
	.byte	9
	.long	.Linfo_string38
	.byte	0
	.byte	9
	.long	.Linfo_string39
	.byte	1
	.byte	9
	.long	.Linfo_string40
	.byte	2
	.byte	9
	.long	.Linfo_string41
	.byte	3
	.byte	0
	.byte	4
	.long	.Linfo_string106
	.byte	56
	.byte	8
	.byte	5
	.long	.Linfo_string94
	.long	2128
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string95
	.long	1441
	.byte	8
	.byte	8
	.byte	0
	.byte	4
	.long	.Linfo_string105
	.byte	48
	.byte	8
	.byte	5
	.long	.Linfo_string96
	.long	2075
	.byte	4
	.byte	32
	.byte	5
	.long	.Linfo_string97
	.long	1375
	.byte	1
	.byte	40
	.byte	5
	.long	.Linfo_string98
	.long	861
	.byte	4
	.byte	36
	.byte	5
	.long	.Linfo_string99
	.long	1504
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string104
	.long	1504
	.byte	8
	.byte	16
	.byte	0
	.byte	4
	.long	.Linfo_string103
	.byte	16
	.byte	8
	.byte	19
	.long	1516
	.byte	20
	.long	854
	.byte	8
	.byte	0
	.byte	21
	.byte	0
	.byte	5
	.long	.Linfo_string100
	.long	1566
	.byte	8
	.byte	0
	.byte	0
	.byte	21
	.byte	1
	.byte	5
	.long	.Linfo_string101
	.long	1585
	.byte	8
	.byte	0
	.byte	0
	.byte	21
	.byte	2
	.byte	5
	.long	.Linfo_string102
	.long	1604
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string100
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string27
	.long	2128
	.byte	8
	.byte	8
	.byte	0
	.byte	4
	.long	.Linfo_string101
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string27
	.long	2128
	.byte	8
	.byte	8
	.byte	0
	.byte	24
	.long	.Linfo_string102
	.byte	16
	.byte	8
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string130
	.byte	48
	.byte	8
	.byte	5
	.long	.Linfo_string92
	.long	2272
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string35
	.long	1172
	.byte	8
	.byte	16
	.byte	5
	.long	.Linfo_string109
	.long	2350
	.byte	8
	.byte	32
	.byte	0
	.byte	4
	.long	.Linfo_string128
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string78
	.long	2389
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string113
	.long	2402
	.byte	8
	.byte	8
	.byte	0
	.byte	2
	.long	.Linfo_string110
	.byte	24
	.long	.Linfo_string111
	.byte	0
	.byte	1
	.byte	0
	.byte	24
	.long	.Linfo_string117
	.byte	0
	.byte	1
	.byte	4
	.long	.Linfo_string125
	.byte	64
	.byte	8
	.byte	5
	.long	.Linfo_string98
	.long	861
	.byte	4
	.byte	48
	.byte	5
	.long	.Linfo_string96
	.long	2075
	.byte	4
	.byte	52
	.byte	5
	.long	.Linfo_string97
	.long	1375
	.byte	1
	.byte	56
	.byte	5
	.long	.Linfo_string104
	.long	1265
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string99
	.long	1265
	.byte	8
	.byte	16
	.byte	5
	.long	.Linfo_string122
	.long	2451
	.byte	8
	.byte	32
	.byte	0
	.byte	0
	.byte	2
	.long	.Linfo_string53
	.byte	2
	.long	.Linfo_string84
	.byte	4
	.long	.Linfo_string140
	.byte	40
	.byte	8
	.byte	5
	.long	.Linfo_string85
	.long	2187
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string91
	.long	1079
	.byte	8
	.byte	16
	.byte	5
	.long	.Linfo_string133
	.long	2497
	.byte	8
	.byte	24
	.byte	5
	.long	.Linfo_string139
	.long	2082
	.byte	1
	.byte	32
	.byte	0
	.byte	0
	.byte	2
	.long	.Linfo_string133
	.byte	4
	.long	.Linfo_string137
	.byte	24
	.byte	8
	.byte	5
	.long	.Linfo_string134
	.long	2135
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string135
	.long	861
	.byte	4
	.byte	16
	.byte	5
	.long	.Linfo_string136
	.long	861
	.byte	4
	.byte	20
	.byte	0
	.byte	0
	.byte	0
	.byte	2
	.long	.Linfo_string114
	.byte	4
	.long	.Linfo_string120
	.byte	1
	.byte	1
	.byte	19
	.long	1908
	.byte	20
	.long	875
	.byte	1
	.byte	0
	.byte	21
	.byte	0
	.byte	5
	.long	.Linfo_string115
	.long	1944
	.byte	1
	.byte	0
	.byte	0
	.byte	21
	.byte	1
	.byte	5
	.long	.Linfo_string119
	.long	1981
	.byte	1
	.byte	0
	.byte	0
	.byte	0
	.byte	4
	.long	.Linfo_string115
	.byte	1
	.byte	1
	.byte	23
	.long	2431
	.long	.Linfo_string25
	.byte	23
	.long	1698
	.long	.Linfo_string118
	.byte	5
	.long	.Linfo_string27
	.long	2431
	.byte	1
	.byte	1
	.byte	0
	.byte	4
	.long	.Linfo_string119
	.byte	1
	.byte	1
	.byte	23
	.long	2431
	.long	.Linfo_string25
	.byte	23
	.long	1698
	.long	.Linfo_string118
	.byte	5
	.long	.Linfo_string27
	.long	1698
	.byte	1
	.byte	1
	.byte	0
	.byte	0
	.byte	0
	.byte	0
	.byte	25
	.long	105
	.long	.Linfo_string24
	.long	0
	.byte	26
	.long	2047
	.byte	27
	.long	2054
	.byte	0
	.byte	3
	.byte	0
	.byte	18
	.long	.Linfo_string32
	.byte	7
	.byte	2
	.byte	28
	.long	.Linfo_string33
	.byte	8
	.byte	7
	.byte	18
	.long	.Linfo_string47
	.byte	5
	.byte	8
	.byte	18
	.long	.Linfo_string55
	.byte	5
	.byte	1
	.byte	18
	.long	.Linfo_string58
	.byte	16
	.byte	4
	.byte	18
	.long	.Linfo_string60
	.byte	2
	.byte	1
	.byte	4
	.long	.Linfo_string65
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string62
	.long	2119
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string63
	.long	2128
	.byte	8
	.byte	8
	.byte	0
	.byte	29
	.long	2047
	.long	0
	.byte	18
	.long	.Linfo_string64
	.byte	7
	.byte	8
	.byte	4
	.long	.Linfo_string67
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string62
	.long	2165
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string63
	.long	2128
	.byte	8
	.byte	8
	.byte	0
	.byte	29
	.long	875
	.long	0
	.byte	25
	.long	1790
	.long	.Linfo_string141
	.long	0
	.byte	4
	.long	.Linfo_string90
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string86
	.long	2217
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string88
	.long	2233
	.byte	8
	.byte	8
	.byte	0
	.byte	29
	.long	2226
	.long	0
	.byte	24
	.long	.Linfo_string87
	.byte	0
	.byte	1
	.byte	25
	.long	2246
	.long	.Linfo_string89
	.long	0
	.byte	26
	.long	2128
	.byte	27
	.long	2054
	.byte	0
	.byte	3
	.byte	0
	.byte	25
	.long	1614
	.long	.Linfo_string131
	.long	0
	.byte	4
	.long	.Linfo_string93
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string62
	.long	2302
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string63
	.long	2128
	.byte	8
	.byte	8
	.byte	0
	.byte	29
	.long	2135
	.long	0
	.byte	4
	.long	.Linfo_string107
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string62
	.long	2341
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string63
	.long	2128
	.byte	8
	.byte	8
	.byte	0
	.byte	29
	.long	1411
	.long	0
	.byte	4
	.long	.Linfo_string129
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string62
	.long	2380
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string63
	.long	2128
	.byte	8
	.byte	8
	.byte	0
	.byte	29
	.long	1655
	.long	0
	.byte	25
	.long	1690
	.long	.Linfo_string112
	.long	0
	.byte	25
	.long	2415
	.long	.Linfo_string127
	.long	0
	.byte	30
	.long	1896
	.byte	31
	.long	2389
	.byte	31
	.long	2438
	.byte	0
	.byte	18
	.long	.Linfo_string116
	.byte	7
	.byte	0
	.byte	25
	.long	1705
	.long	.Linfo_string126
	.long	0
	.byte	4
	.long	.Linfo_string124
	.byte	16
	.byte	8
	.byte	5
	.long	.Linfo_string86
	.long	2481
	.byte	8
	.byte	0
	.byte	5
	.long	.Linfo_string88
	.long	2233
	.byte	8
	.byte	8
	.byte	0
	.byte	29
	.long	2490
	.long	0
	.byte	24
	.long	.Linfo_string123
	.byte	0
	.byte	1
	.byte	25
	.long	1848
	.long	.Linfo_string138
	.long	0
	.byte	0
.Ldebug_info_end0:
	.section	.rodata._ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E,"a",@progbits
.Lsec_end0:
	.section	.rodata._ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E,"a",@progbits
.Lsec_end1:
	.section	.text._ZN10typed_rust7scalars17hc2d967401286640fE,"ax",@progbits
.Lsec_end2:
	.section	.text._ZN10typed_rust5Order5total17h238603377e0f44feE,"ax",@progbits
.Lsec_end3:
	.section	.text._ZN10typed_rust7several17h9650ecd0f22febb1E,"ax",@progbits
.Lsec_end4:
	.section	.text._ZN10typed_rust5large17ha3ca06fb938db34aE,"ax",@progbits
.Lsec_end5:
	.section	.text.rust_calls,"ax",@progbits
.Lsec_end6:
	.section	.text.rust_begin_unwind,"ax",@progbits
.Lsec_end7:
	.section	.debug_aranges,"",@progbits
	.long	156
	.short	2
	.long	.Lcu_begin0
	.byte	8
	.byte	0
	.zero	4,255
	.quad	_ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E
	.quad	.Lsec_end0-_ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E
	.quad	_ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E
	.quad	.Lsec_end1-_ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E
	.quad	.Lfunc_begin0
	.quad	.Lsec_end2-.Lfunc_begin0
	.quad	.Lfunc_begin1
	.quad	.Lsec_end3-.Lfunc_begin1
	.quad	.Lfunc_begin2
	.quad	.Lsec_end4-.Lfunc_begin2
	.quad	.Lfunc_begin3
	.quad	.Lsec_end5-.Lfunc_begin3
	.quad	.Lfunc_begin4
	.quad	.Lsec_end6-.Lfunc_begin4
	.quad	.Lfunc_begin5
	.quad	.Lsec_end7-.Lfunc_begin5
	.quad	0
	.quad	0
	.section	.debug_ranges,"",@progbits
.Ldebug_ranges0:
	.quad	.Ltmp18
	.quad	.Ltmp19
	.quad	.Ltmp20
	.quad	.Ltmp24
	.quad	0
	.quad	0
.Ldebug_ranges1:
	.quad	.Lfunc_begin0
	.quad	.Lfunc_end0
	.quad	.Lfunc_begin1
	.quad	.Lfunc_end1
	.quad	.Lfunc_begin2
	.quad	.Lfunc_end2
	.quad	.Lfunc_begin3
	.quad	.Lfunc_end3
	.quad	.Lfunc_begin4
	.quad	.Lfunc_end4
	.quad	.Lfunc_begin5
	.quad	.Lfunc_end5
	.quad	0
	.quad	0
	.section	.debug_str,"MS",@progbits,1
.Linfo_string0:
	.asciz	"clang LLVM (rustc version 1.63.0)"
.Linfo_string1:
	.asciz	"typed_rust.rs/@/typed_rust.b964525f-cgu.0"
.Linfo_string2:
	.asciz	"."
.Linfo_string3:
	.asciz	"typed_rust"
.Linfo_string4:
	.asciz	"rust_calls"
.Linfo_string5:
	.asciz	"LAST"
.Linfo_string6:
	.asciz	"id"
.Linfo_string7:
	.asciz	"u64"
.Linfo_string8:
	.asciz	"amount"
.Linfo_string9:
	.asciz	"u32"
.Linfo_string10:
	.asciz	"place"
.Linfo_string11:
	.asciz	"x"
.Linfo_string12:
	.asciz	"i32"
.Linfo_string13:
	.asciz	"y"
.Linfo_string14:
	.asciz	"Point"
.Linfo_string15:
	.asciz	"kind"
.Linfo_string16:
	.asciz	"u8"
.Linfo_string17:
	.asciz	"Small"
.Linfo_string18:
	.asciz	"Large"
.Linfo_string19:
	.asciz	"Kind"
.Linfo_string20:
	.asciz	"next"
.Linfo_string21:
	.asciz	"core"
.Linfo_string22:
	.asciz	"option"
.Linfo_string23:
	.asciz	"None"
.Linfo_string24:
	.asciz	"&typed_rust::Order"
.Linfo_string25:
	.asciz	"T"
.Linfo_string26:
	.asciz	"Some"
.Linfo_string27:
	.asciz	"__0"
.Linfo_string28:
	.asciz	"Option<&typed_rust::Order>"
.Linfo_string29:
	.asciz	"Order"
.Linfo_string30:
	.asciz	"_ZN10typed_rust10rust_calls4LAST17h20e6be96c36e0026E"
.Linfo_string31:
	.asciz	"LIST"
.Linfo_string32:
	.asciz	"u16"
.Linfo_string33:
	.asciz	"__ARRAY_SIZE_TYPE__"
.Linfo_string34:
	.asciz	"_ZN10typed_rust10rust_calls4LIST17hfce3f606c2b5cc49E"
.Linfo_string35:
	.asciz	"fmt"
.Linfo_string36:
	.asciz	"rt"
.Linfo_string37:
	.asciz	"v1"
.Linfo_string38:
	.asciz	"Left"
.Linfo_string39:
	.asciz	"Right"
.Linfo_string40:
	.asciz	"Center"
.Linfo_string41:
	.asciz	"Unknown"
.Linfo_string42:
	.asciz	"Alignment"
.Linfo_string43:
	.asciz	"_ZN10typed_rust7scalars17hc2d967401286640fE"
.Linfo_string44:
	.asciz	"scalars"
.Linfo_string45:
	.asciz	"_ZN10typed_rust5Order5total17h238603377e0f44feE"
.Linfo_string46:
	.asciz	"total"
.Linfo_string47:
	.asciz	"i64"
.Linfo_string48:
	.asciz	"_ZN10typed_rust7several17h9650ecd0f22febb1E"
.Linfo_string49:
	.asciz	"several"
.Linfo_string50:
	.asciz	"_ZN10typed_rust5large17ha3ca06fb938db34aE"
.Linfo_string51:
	.asciz	"large"
.Linfo_string52:
	.asciz	"rust_begin_unwind"
.Linfo_string53:
	.asciz	"panic"
.Linfo_string54:
	.asciz	"a"
.Linfo_string55:
	.asciz	"i8"
.Linfo_string56:
	.asciz	"b"
.Linfo_string57:
	.asciz	"letter"
.Linfo_string58:
	.asciz	"char"
.Linfo_string59:
	.asciz	"flag"
.Linfo_string60:
	.asciz	"bool"
.Linfo_string61:
	.asciz	"list"
.Linfo_string62:
	.asciz	"data_ptr"
.Linfo_string63:
	.asciz	"length"
.Linfo_string64:
	.asciz	"usize"
.Linfo_string65:
	.asciz	"&[u16]"
.Linfo_string66:
	.asciz	"_text"
.Linfo_string67:
	.asciz	"&str"
.Linfo_string68:
	.asciz	"self"
.Linfo_string69:
	.asciz	"by"
.Linfo_string70:
	.asciz	"factor"
.Linfo_string71:
	.asciz	"span"
.Linfo_string72:
	.asciz	"from"
.Linfo_string73:
	.asciz	"to"
.Linfo_string74:
	.asciz	"Span"
.Linfo_string75:
	.asciz	"perhaps"
.Linfo_string76:
	.asciz	"Option<u32>"
.Linfo_string77:
	.asciz	"last"
.Linfo_string78:
	.asciz	"value"
.Linfo_string79:
	.asciz	"order"
.Linfo_string80:
	.asciz	"count"
.Linfo_string81:
	.asciz	"n"
.Linfo_string82:
	.asciz	"i"
.Linfo_string83:
	.asciz	"back"
.Linfo_string84:
	.asciz	"panic_info"
.Linfo_string85:
	.asciz	"payload"
.Linfo_string86:
	.asciz	"pointer"
.Linfo_string87:
	.asciz	"(dyn core::any::Any + core::marker::Send)"
.Linfo_string88:
	.asciz	"vtable"
.Linfo_string89:
	.asciz	"&[usize; 3]"
.Linfo_string90:
	.asciz	"&(dyn core::any::Any + core::marker::Send)"
.Linfo_string91:
	.asciz	"message"
.Linfo_string92:
	.asciz	"pieces"
.Linfo_string93:
	.asciz	"&[&str]"
.Linfo_string94:
	.asciz	"position"
.Linfo_string95:
	.asciz	"format"
.Linfo_string96:
	.asciz	"fill"
.Linfo_string97:
	.asciz	"align"
.Linfo_string98:
	.asciz	"flags"
.Linfo_string99:
	.asciz	"precision"
.Linfo_string100:
	.asciz	"Is"
.Linfo_string101:
	.asciz	"Param"
.Linfo_string102:
	.asciz	"Implied"
.Linfo_string103:
	.asciz	"Count"
.Linfo_string104:
	.asciz	"width"
.Linfo_string105:
	.asciz	"FormatSpec"
.Linfo_string106:
	.asciz	"Argument"
.Linfo_string107:
	.asciz	"&[core::fmt::rt::v1::Argument]"
.Linfo_string108:
	.asciz	"Option<&[core::fmt::rt::v1::Argument]>"
.Linfo_string109:
	.asciz	"args"
.Linfo_string110:
	.asciz	"{extern#0}"
.Linfo_string111:
	.asciz	"Opaque"
.Linfo_string112:
	.asciz	"&core::fmt::{extern#0}::Opaque"
.Linfo_string113:
	.asciz	"formatter"
.Linfo_string114:
	.asciz	"result"
.Linfo_string115:
	.asciz	"Ok"
.Linfo_string116:
	.asciz	"()"
.Linfo_string117:
	.asciz	"Error"
.Linfo_string118:
	.asciz	"E"
.Linfo_string119:
	.asciz	"Err"
.Linfo_string120:
	.asciz	"Result<(), core::fmt::Error>"
.Linfo_string121:
	.asciz	"Option<usize>"
.Linfo_string122:
	.asciz	"buf"
.Linfo_string123:
	.asciz	"dyn core::fmt::Write"
.Linfo_string124:
	.asciz	"&mut dyn core::fmt::Write"
.Linfo_string125:
	.asciz	"Formatter"
.Linfo_string126:
	.asciz	"&mut core::fmt::Formatter"
.Linfo_string127:
	.asciz	"fn(&core::fmt::{extern#0}::Opaque, &mut core::fmt::Formatter) -> core::result::Result<(), core::fmt::Error>"
.Linfo_string128:
	.asciz	"ArgumentV1"
.Linfo_string129:
	.asciz	"&[core::fmt::ArgumentV1]"
.Linfo_string130:
	.asciz	"Arguments"
.Linfo_string131:
	.asciz	"&core::fmt::Arguments"
.Linfo_string132:
	.asciz	"Option<&core::fmt::Arguments>"
.Linfo_string133:
	.asciz	"location"
.Linfo_string134:
	.asciz	"file"
.Linfo_string135:
	.asciz	"line"
.Linfo_string136:
	.asciz	"col"
.Linfo_string137:
	.asciz	"Location"
.Linfo_string138:
	.asciz	"&core::panic::location::Location"
.Linfo_string139:
	.asciz	"can_unwind"
.Linfo_string140:
	.asciz	"PanicInfo"
.Linfo_string141:
	.asciz	"&core::panic::panic_info::PanicInfo"
	.section	".note.GNU-stack","",@progbits
	.section	.debug_line,"",@progbits
.Lline_table_start0:

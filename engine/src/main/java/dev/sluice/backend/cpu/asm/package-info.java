/**
 * Machine code assembled at run time: an x86-64 assembler for the instruction forms that the kernels use, and the kernels
 * written with it. Encodings follow the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
 */
@NullMarked
package dev.sluice.backend.cpu.asm;

import org.jspecify.annotations.NullMarked;

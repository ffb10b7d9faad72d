package dev.sluice.backend.cpu.asm;

import static dev.sluice.backend.cpu.asm.Gpr.*;
import static dev.sluice.backend.cpu.asm.Mem.at;
import static dev.sluice.backend.cpu.asm.Mem.each;
import static dev.sluice.backend.cpu.asm.Vec.xmm;
import static dev.sluice.backend.cpu.asm.Vec.ymm;
import static dev.sluice.backend.cpu.asm.Vec.zmm;
import static dev.sluice.backend.cpu.asm.VectorOp.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The bytes of encodings.txt were made by the GNU assembler from the same text in Intel's syntax. */
class AssemblerTest {
    private record Line(String text, Consumer<Assembler> code) {}

    private static Line line(String text, Consumer<Assembler> code) {
        return new Line(text, code);
    }

    private static Stream<Line> lines() {
        return Stream.of(
                line("vcvtps2ph xmm3, ymm4, 0", a -> a.extract(VCVTPS2PH, xmm(3), ymm(4), 0)),
                line("vcvtps2ph ymm3, zmm4, 0", a -> a.extract(VCVTPS2PH, ymm(3), zmm(4), 0)),
                line("vpmovzxwd zmm3, ymm3", a -> a.op(VPMOVZXWD, zmm(3), ymm(3))),
                line("vpmovzxwd ymm3, xmm3", a -> a.op(VPMOVZXWD, ymm(3), xmm(3))),
                line("vcvtps2pd xmm8, xmm9", a -> a.op(VCVTPS2PD, xmm(8), xmm(9))),
                line("vfmadd231pd xmm4, xmm8, xmm9", a -> a.op(VFMADD231PD, xmm(4), xmm(8), xmm(9))),
                line("vbroadcastss zmm12, xmm4", a -> a.op(VBROADCASTSS, zmm(12), xmm(4))),
                line("vbroadcastss ymm12, xmm4", a -> a.op(VBROADCASTSS, ymm(12), xmm(4))),
                line("vpshufd xmm2, xmm4, 0x4e", a -> a.op(VPSHUFD, xmm(2), xmm(4), 0x4e)),
                line(
                        "vfnmadd231ps zmm2, zmm1, ZMMWORD PTR [r8+320]",
                        a -> a.op(VFNMADD231PS, zmm(2), zmm(1), at(R8, 320))),
                line("vaddpd ymm0, ymm0, ymm1", a -> a.op(VADDPD, ymm(0), ymm(0), ymm(1))),
                line("vpmovzxdq zmm3, YMMWORD PTR [rcx+r11*1+0]", a -> a.op(VPMOVZXDQ, zmm(3), at(RCX, R11, 1, 0))),
                line("vpmovzxdq ymm12, XMMWORD PTR [rcx+16]", a -> a.op(VPMOVZXDQ, ymm(12), at(RCX, 16))),
                line("vcvtps2ph YMMWORD PTR [r8], zmm1, 0", a -> a.store(VCVTPS2PH, at(R8), zmm(1), 0)),
                line("vcvtps2ph XMMWORD PTR [r8+16], ymm3, 0", a -> a.store(VCVTPS2PH, at(R8, 16), ymm(3), 0)),
                line("mov WORD PTR [rcx+224], r10w", a -> a.store16(at(RCX, 224), R10)),
                line("mov WORD PTR [r12+4], ax", a -> a.store16(at(R12, 4), RAX)),
                line("vmaxps zmm4, zmm0, zmm1", a -> a.op(VMAXPS, zmm(4), zmm(0), zmm(1))),
                // registers and addresses
                line("mov rax, r15", a -> a.mov(RAX, R15)),
                line("mov r12, rbx", a -> a.mov(R12, RBX)),
                line("mov r9, -7", a -> a.mov(R9, -7)),
                line("mov rdx, QWORD PTR [rdi]", a -> a.mov(RDX, at(RDI))),
                line("mov rdx, QWORD PTR [rdi+8]", a -> a.mov(RDX, at(RDI, 8))),
                line("mov r8, QWORD PTR [r13+0]", a -> a.mov(R8, at(R13))),
                line("mov rbp, QWORD PTR [rsp+16]", a -> a.mov(RBP, at(RSP, 16))),
                line("mov r8, QWORD PTR [r12+rax*8+256]", a -> a.mov(R8, at(R12, RAX, 8, 256))),
                line("mov eax, DWORD PTR [r12+4]", a -> a.mov32(RAX, at(R12, 4))),
                line("mov r10d, DWORD PTR [rbp+r9*4+0]", a -> a.mov32(R10, at(RBP, R9, 4, 0))),
                line("mov QWORD PTR [r8+8], rcx", a -> a.store(at(R8, 8), RCX)),
                line("mov DWORD PTR [rdi-4], r14d", a -> a.store32(at(RDI, -4), R14)),
                line("lea r11, [rsi+r12*2+1000]", a -> a.lea(R11, at(RSI, R12, 2, 1000))),
                line("add r10, rdi", a -> a.add(R10, RDI)),
                line("add rsi, 544", a -> a.add(RSI, 544)),
                line("add rsi, -128", a -> a.add(RSI, -128)),
                line("add r9, QWORD PTR [rdi+24]", a -> a.add(R9, at(RDI, 24))),
                line("sub r15, r8", a -> a.sub(R15, R8)),
                line("sub rcx, 1", a -> a.sub(RCX, 1)),
                line("and r9, -64", a -> a.and(R9, -64)),
                line("cmp rax, r13", a -> a.cmp(RAX, R13)),
                line("cmp r9, QWORD PTR [rdi+24]", a -> a.cmp(R9, at(RDI, 24))),
                line("vptest ymm1, ymm12", a -> a.op(VPTEST, ymm(1), ymm(12))),
                line("vcmpps ymm1, ymm2, ymm3, 30", a -> a.op(VCMPPS_VEX, ymm(1), ymm(2), ymm(3), 0x1e)),
                line("cmp r13, 300", a -> a.cmp(R13, 300)),
                line("imul r9, rax, 288", a -> a.imul(R9, RAX, 288)),
                line("imul rbx, r14", a -> a.imul(RBX, R14)),
                line("shl r9, 6", a -> a.shl(R9, 6)),
                line("shr rdx, 2", a -> a.shr(RDX, 2)),
                line("push r12", a -> a.push(R12)),
                line("push rbx", a -> a.push(RBX)),
                line("pop r12", a -> a.pop(R12)),
                line("pop rbp", a -> a.pop(RBP)),
                line("prefetcht0 [rsi+2048]", a -> a.prefetchT0(at(RSI, 2048))),
                line("ret", Assembler::ret),
                line("cpuid", Assembler::cpuid),
                line("xgetbv", Assembler::xgetbv),
                line("vzeroupper", Assembler::vzeroupper),
                // VEX: two and three byte prefixes, all three maps
                line("vaddps ymm1, ymm2, ymm3", a -> a.op(VADDPS, ymm(1), ymm(2), ymm(3))),
                line("vaddps xmm9, xmm10, xmm11", a -> a.op(VADDPS, xmm(9), xmm(10), xmm(11))),
                line("vsubps ymm1, ymm14, YMMWORD PTR [r9+32]", a -> a.op(VSUBPS, ymm(1), ymm(14), at(R9, 32))),
                line(
                        "vmulps ymm8, ymm2, YMMWORD PTR [rsi+rax*4+0]",
                        a -> a.op(VMULPS, ymm(8), ymm(2), at(RSI, RAX, 4, 0))),
                line("vdivps ymm1, ymm2, ymm3", a -> a.op(VDIVPS, ymm(1), ymm(2), ymm(3))),
                line("vminps ymm1, ymm2, ymm3", a -> a.op(VMINPS, ymm(1), ymm(2), ymm(3))),
                line("vmaxps xmm1, xmm2, xmm3", a -> a.op(VMAXPS, xmm(1), xmm(2), xmm(3))),
                line("vfmadd231ps ymm0, ymm7, ymm15", a -> a.op(VFMADD231PS, ymm(0), ymm(7), ymm(15))),
                line("vfmadd213ps ymm0, ymm7, YMMWORD PTR [rdi]", a -> a.op(VFMADD213PS, ymm(0), ymm(7), at(RDI))),
                line("vfnmadd231ps ymm12, ymm7, ymm15", a -> a.op(VFNMADD231PS, ymm(12), ymm(7), ymm(15))),
                line("vaddpd ymm3, ymm4, ymm5", a -> a.op(VADDPD, ymm(3), ymm(4), ymm(5))),
                line("vfmadd231pd ymm3, ymm4, ymm5", a -> a.op(VFMADD231PD, ymm(3), ymm(4), ymm(5))),
                line("vcvtdq2ps ymm3, ymm12", a -> a.op(VCVTDQ2PS, ymm(3), ymm(12))),
                line("vcvtps2dq ymm3, ymm12", a -> a.op(VCVTPS2DQ, ymm(3), ymm(12))),
                line("vcvtph2ps ymm3, XMMWORD PTR [rsi+16]", a -> a.op(VCVTPH2PS, ymm(3), at(RSI, 16))),
                line("vcvtps2ph XMMWORD PTR [rsi+16], ymm3, 0", a -> a.store(VCVTPS2PH, at(RSI, 16), ymm(3), 0)),
                line("vcvtps2pd ymm3, XMMWORD PTR [rsi+16]", a -> a.op(VCVTPS2PD, ymm(3), at(RSI, 16))),
                line("vpmovsxbd ymm3, QWORD PTR [rsi+8]", a -> a.op(VPMOVSXBD, ymm(3), at(RSI, 8))),
                line("vpmovzxbd ymm3, QWORD PTR [rsi+8]", a -> a.op(VPMOVZXBD, ymm(3), at(RSI, 8))),
                line("vpmovzxwd ymm3, XMMWORD PTR [rsi+8]", a -> a.op(VPMOVZXWD, ymm(3), at(RSI, 8))),
                line("vpaddd ymm1, ymm2, ymm3", a -> a.op(VPADDD, ymm(1), ymm(2), ymm(3))),
                line("vpsubd ymm1, ymm2, ymm3", a -> a.op(VPSUBD, ymm(1), ymm(2), ymm(3))),
                line("vpaddw ymm1, ymm2, ymm3", a -> a.op(VPADDW, ymm(1), ymm(2), ymm(3))),
                line("vpmaxsd ymm1, ymm2, ymm3", a -> a.op(VPMAXSD, ymm(1), ymm(2), ymm(3))),
                line("vpand ymm1, ymm2, YMMWORD PTR [rcx]", a -> a.op(VPAND, ymm(1), ymm(2), at(RCX))),
                line("vpandn ymm1, ymm2, ymm3", a -> a.op(VPANDN, ymm(1), ymm(2), ymm(3))),
                line("vpor ymm1, ymm2, ymm3", a -> a.op(VPOR, ymm(1), ymm(2), ymm(3))),
                line("vpxor ymm1, ymm1, ymm1", a -> a.op(VPXOR, ymm(1), ymm(1), ymm(1))),
                line("vpmaddubsw ymm1, ymm2, ymm3", a -> a.op(VPMADDUBSW, ymm(1), ymm(2), ymm(3))),
                line("vpmaddwd ymm1, ymm2, ymm13", a -> a.op(VPMADDWD, ymm(1), ymm(2), ymm(13))),
                line("{vex} vpdpbusd ymm1, ymm2, ymm3", a -> a.op(VPDPBUSD_VEX, ymm(1), ymm(2), ymm(3))),
                line("vpabsb ymm1, ymm2", a -> a.op(VPABSB, ymm(1), ymm(2))),
                line("vpsignb ymm1, ymm2, ymm3", a -> a.op(VPSIGNB, ymm(1), ymm(2), ymm(3))),
                line("vpshufd ymm1, ymm2, 0x4e", a -> a.op(VPSHUFD, ymm(1), ymm(2), 0x4e)),
                line("vpermd ymm1, ymm2, ymm3", a -> a.op(VPERMD, ymm(1), ymm(2), ymm(3))),
                line("vpackssdw ymm1, ymm2, ymm3", a -> a.op(VPACKSSDW, ymm(1), ymm(2), ymm(3))),
                line("vpacksswb ymm1, ymm2, ymm3", a -> a.op(VPACKSSWB, ymm(1), ymm(2), ymm(3))),
                line("vextracti128 xmm1, ymm12, 1", a -> a.extract(VEXTRACTI128, xmm(1), ymm(12), 1)),
                line("vbroadcastss ymm1, DWORD PTR [rdx+4]", a -> a.op(VBROADCASTSS, ymm(1), at(RDX, 4))),
                line("vpbroadcastd ymm1, xmm2", a -> a.op(VPBROADCASTD, ymm(1), xmm(2))),
                line("vcmpps ymm1, ymm2, ymm3, 1", a -> a.op(VCMPPS_VEX, ymm(1), ymm(2), ymm(3), 1)),
                line("vblendvps ymm1, ymm2, ymm3, ymm12", a -> a.blend(ymm(1), ymm(2), ymm(3), ymm(12))),
                line("vmaskmovps YMMWORD PTR [rdi+4], ymm2, ymm3", a -> a.storeWhere(at(RDI, 4), ymm(2), ymm(3))),
                line("vmaskmovps ymm3, ymm2, YMMWORD PTR [rdi+4]", a -> a.loadWhere(ymm(3), ymm(2), at(RDI, 4))),
                line("vmovups ymm1, YMMWORD PTR [r8]", a -> a.op(VMOVUPS, ymm(1), at(R8))),
                line("vmovups YMMWORD PTR [r8+4], ymm1", a -> a.store(VMOVUPS_STORE, at(R8, 4), ymm(1))),
                line("vmovdqu ymm1, YMMWORD PTR [r8]", a -> a.op(VMOVDQU, ymm(1), at(R8))),
                line("vmovdqu XMMWORD PTR [r8+4], xmm1", a -> a.store(VMOVDQU_STORE, at(R8, 4), xmm(1))),
                line("vmovd xmm1, DWORD PTR [r8]", a -> a.op(VMOVD, xmm(1), at(R8))),
                line("vmovd DWORD PTR [r8], xmm9", a -> a.store(VMOVD_STORE, at(R8), xmm(9))),
                line("vpsrld ymm1, ymm2, 4", a -> a.shift(ShiftOp.VPSRLD, ymm(1), ymm(2), 4)),
                line("vpsrad ymm9, ymm12, 4", a -> a.shift(ShiftOp.VPSRAD, ymm(9), ymm(12), 4)),
                line("vpslld ymm1, ymm2, 7", a -> a.shift(ShiftOp.VPSLLD, ymm(1), ymm(2), 7)),
                line("vpsrlw ymm1, ymm2, 4", a -> a.shift(ShiftOp.VPSRLW, ymm(1), ymm(2), 4)),
                line("vpsllw ymm1, ymm2, 4", a -> a.shift(ShiftOp.VPSLLW, ymm(1), ymm(2), 4)),
                // EVEX: 512 bits, registers from 16 on, masks, broadcasts, compressed displacements
                line("vaddps zmm1, zmm2, zmm3", a -> a.op(VADDPS, zmm(1), zmm(2), zmm(3))),
                line("vaddps zmm17, zmm18, zmm31", a -> a.op(VADDPS, zmm(17), zmm(18), zmm(31))),
                line(
                        "vmulps zmm31, zmm8, DWORD PTR [r9+508]{1to16}",
                        a -> a.op(VMULPS, zmm(31), zmm(8), each(R9, 508))),
                line(
                        "vmulps zmm31, zmm8, DWORD PTR [r9+512]{1to16}",
                        a -> a.op(VMULPS, zmm(31), zmm(8), each(R9, 512))),
                line("vmulps zmm31, zmm8, ZMMWORD PTR [r9+128]", a -> a.op(VMULPS, zmm(31), zmm(8), at(R9, 128))),
                line("vmulps zmm31, zmm8, ZMMWORD PTR [r9+4]", a -> a.op(VMULPS, zmm(31), zmm(8), at(R9, 4))),
                line("vmulps zmm1{k1}{z}, zmm8, zmm9", a -> a.op(VMULPS, zmm(1).zeroed(1), zmm(8), zmm(9))),
                line("vmulps ymm21, ymm8, ymm9", a -> a.op(VMULPS, ymm(21), ymm(8), ymm(9))),
                line(
                        "vfmadd231ps zmm0, zmm7, DWORD PTR [rsi-4]{1to16}",
                        a -> a.op(VFMADD231PS, zmm(0), zmm(7), each(RSI, -4))),
                line("vfmadd231ps zmm30, zmm17, zmm25", a -> a.op(VFMADD231PS, zmm(30), zmm(17), zmm(25))),
                line("vaddpd zmm3, zmm4, zmm5", a -> a.op(VADDPD, zmm(3), zmm(4), zmm(5))),
                line("vfmadd231pd zmm3, zmm4, zmm25", a -> a.op(VFMADD231PD, zmm(3), zmm(4), zmm(25))),
                line("vcvtdq2ps zmm16, zmm24", a -> a.op(VCVTDQ2PS, zmm(16), zmm(24))),
                line("vcvtps2dq zmm16, zmm24", a -> a.op(VCVTPS2DQ, zmm(16), zmm(24))),
                line("vcvtph2ps zmm3, YMMWORD PTR [rsi+32]", a -> a.op(VCVTPH2PS, zmm(3), at(RSI, 32))),
                line("vcvtph2ps zmm3, YMMWORD PTR [rsi+16]", a -> a.op(VCVTPH2PS, zmm(3), at(RSI, 16))),
                line("vcvtps2ph YMMWORD PTR [rsi+64], zmm3, 0", a -> a.store(VCVTPS2PH, at(RSI, 64), zmm(3), 0)),
                line("vcvtps2pd zmm3, YMMWORD PTR [rsi+64]", a -> a.op(VCVTPS2PD, zmm(3), at(RSI, 64))),
                line("vpmovsxbd zmm3, XMMWORD PTR [rsi+16]", a -> a.op(VPMOVSXBD, zmm(3), at(RSI, 16))),
                line("vpmovzxbd zmm23, XMMWORD PTR [rsi+16]", a -> a.op(VPMOVZXBD, zmm(23), at(RSI, 16))),
                line("vpmovzxwd zmm3, YMMWORD PTR [rsi+64]", a -> a.op(VPMOVZXWD, zmm(3), at(RSI, 64))),
                line("vpaddd zmm20, zmm2, zmm3", a -> a.op(VPADDD, zmm(20), zmm(2), zmm(3))),
                line("vpandd zmm1, zmm2, DWORD PTR [rsi+64]{1to16}", a -> a.op(VPAND, zmm(1), zmm(2), each(RSI, 64))),
                line("vpord zmm1, zmm2, zmm3", a -> a.op(VPOR, zmm(1), zmm(2), zmm(3))),
                line("vpxord zmm1, zmm2, ZMMWORD PTR [rsi+64]", a -> a.op(VPXOR, zmm(1), zmm(2), at(RSI, 64))),
                line("vpternlogd zmm1, zmm2, zmm3, 0xca", a -> a.op(VPTERNLOGD, zmm(1), zmm(2), zmm(3), 0xca)),
                line("vpmaddubsw zmm1, zmm2, zmm19", a -> a.op(VPMADDUBSW, zmm(1), zmm(2), zmm(19))),
                line("vpmaddwd zmm1, zmm2, zmm19", a -> a.op(VPMADDWD, zmm(1), zmm(2), zmm(19))),
                line(
                        "vpdpbusd zmm1, zmm2, DWORD PTR [rsi+rax*1+64]{1to16}",
                        a -> a.op(VPDPBUSD, zmm(1), zmm(2), new Mem(RSI, RAX, 1, 64, true))),
                line(
                        "vpdpbusd zmm21, zmm22, DWORD PTR [r13+0]{1to16}",
                        a -> a.op(VPDPBUSD, zmm(21), zmm(22), each(R13, 0))),
                line("vpdpbusd zmm21, zmm22, zmm3", a -> a.op(VPDPBUSD, zmm(21), zmm(22), zmm(3))),
                line("{evex} vpdpbusd ymm1, ymm2, ymm3", a -> a.op(VPDPBUSD, ymm(1), ymm(2), ymm(3))),
                line("vpabsb zmm1, zmm2", a -> a.op(VPABSB, zmm(1), zmm(2))),
                line("vpermd zmm1, zmm2, zmm3", a -> a.op(VPERMD, zmm(1), zmm(2), zmm(3))),
                line("vextracti64x4 ymm1, zmm12, 1", a -> a.extract(VEXTRACTI64X4, ymm(1), zmm(12), 1)),
                line("vbroadcastss zmm1, DWORD PTR [rdx+4]", a -> a.op(VBROADCASTSS, zmm(1), at(RDX, 4))),
                line("vpbroadcastd zmm19, xmm2", a -> a.op(VPBROADCASTD, zmm(19), xmm(2))),
                line("vcmpps k3, zmm2, zmm17, 14", a -> a.compare(3, zmm(2), zmm(17), 14)),
                line("kmovw k1, r9d", a -> a.maskFrom(1, R9)),
                line("kmovw k5, eax", a -> a.maskFrom(5, RAX)),
                line("vmovups zmm1{k1}{z}, ZMMWORD PTR [r8+64]", a -> a.op(VMOVUPS, zmm(1).zeroed(1), at(R8, 64))),
                line(
                        "vmovups ZMMWORD PTR [r8+rdx*4+64]{k1}, zmm1",
                        a -> a.store(VMOVUPS_STORE, at(R8, RDX, 4, 64), zmm(1).masked(1))),
                line("vmovdqu32 zmm29, ZMMWORD PTR [r8-64]", a -> a.op(VMOVDQU, zmm(29), at(R8, -64))),
                line("vmovdqu32 ZMMWORD PTR [r8-8192], zmm29", a -> a.store(VMOVDQU_STORE, at(R8, -8192), zmm(29))),
                line("vpsrld zmm1, zmm2, 4", a -> a.shift(ShiftOp.VPSRLD, zmm(1), zmm(2), 4)),
                line("vpsrld zmm21, zmm22, 4", a -> a.shift(ShiftOp.VPSRLD, zmm(21), zmm(22), 4)),
                line("vpslld zmm1, DWORD PTR [rsi+4]{1to16}, 3", a -> a.shift(ShiftOp.VPSLLD, zmm(1), each(RSI, 4), 3)),
                line(
                        "vpslld zmm1, DWORD PTR [rsi+1024]{1to16}, 3",
                        a -> a.shift(ShiftOp.VPSLLD, zmm(1), each(RSI, 1024), 3)),
                line("vpsrlw zmm1, zmm2, 4", a -> a.shift(ShiftOp.VPSRLW, zmm(1), zmm(2), 4)),
                line("vpsrld zmm1, ZMMWORD PTR [rsi+64], 4", a -> a.shift(ShiftOp.VPSRLD, zmm(1), at(RSI, 64), 4)));
    }

    @TestFactory
    Stream<DynamicTest> encodesAsTheReferenceAssemblerDoes() throws IOException {
        Map<String, String> expected = expected();
        return lines().map(line -> DynamicTest.dynamicTest(line.text, () -> {
            Assembler a = new Assembler();
            line.code.accept(a);
            assertEquals(expected.get(line.text), HexFormat.of().formatHex(a.toBytes()));
        }));
    }

    private static Map<String, String> expected() throws IOException {
        Map<String, String> bytes = new HashMap<>();
        try (InputStream in = AssemblerTest.class.getResourceAsStream("encodings.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                int space = line.indexOf(' ');
                if (space > 0) {
                    bytes.put(line.substring(space + 1), line.substring(0, space));
                }
            }
        }
        return bytes;
    }

    @Test
    void jumpsLeadToTheirLabelsForwardsAndBackwards() {
        Assembler a = new Assembler();
        Label start = new Label();
        Label end = new Label();
        a.bind(start);
        a.jump(Condition.EQUAL, end);
        a.jmp(start);
        a.bind(end);
        a.ret();
        assertEquals("0f8405000000" + "e9f5ffffff" + "c3", HexFormat.of().formatHex(a.toBytes()));
    }

    @Test
    void refusesWhatHasNoEncoding() {
        Assembler a = new Assembler();
        assertThrows(IllegalArgumentException.class, () -> a.op(VPSIGNB, zmm(1), zmm(2), zmm(3)));
        assertThrows(IllegalArgumentException.class, () -> a.op(VPMADDUBSW, zmm(1), zmm(2), each(RSI, 0)));
        assertThrows(IllegalArgumentException.class, () -> a.op(VADDPS, zmm(1), zmm(2)));
        assertThrows(IllegalArgumentException.class, () -> a.op(VCVTDQ2PS, zmm(1), zmm(2), zmm(3)));
        assertThrows(IllegalArgumentException.class, () -> at(RAX, RSP, 1, 0));
        a.jmp(new Label());
        assertThrows(IllegalStateException.class, a::toBytes);
    }
}

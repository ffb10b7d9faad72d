package dev.sluice.backend.cpu;

import dev.sluice.backend.Device;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.system.PageAdvice;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The packing of many matrices as one job of all workers. A worker begins with the rows it will compute, so that their
 * memory comes to lie near it, and then helps the others. Pages of the file are asked for ahead of their turn and let go
 * right after, so that file and packed weights are never both in this process's memory.
 */
final class Packing {
    /** Bytes of packed weights that are made in one piece. */
    private static final long PIECE = 2L << 20;

    /** Pieces that the file is read ahead of the packing. */
    private static final int AHEAD = 4;

    /** Consecutive tiles of a matrix. */
    private record Piece(Matrix matrix, int first, int last) {
        long tileBytes() {
            return RowTiles.tileBytes(matrix.type(), matrix.cols());
        }

        long bytes() {
            return (last - first) * tileBytes();
        }

        void advise(PageAdvice advice) {
            Tensor tensor = matrix.tensor();
            if (tensor.data().isMapped() && tensor.data().isReadOnly()) {
                DType type = matrix.type();
                long from = type.bytes((long) matrix.cols() * first * RowTiles.ROWS);
                long to = type.bytes((long) matrix.cols() * Math.min(matrix.rows(), last * RowTiles.ROWS));
                advice.give(tensor.data().asSlice(from, to - from));
            }
        }
    }

    private final List<List<Piece>> shares = new ArrayList<>();
    private final WorkerPool pool;
    private final Kernels kernels;
    private final AtomicIntegerArray next;
    private final AtomicLong done = new AtomicLong();
    private final long total;

    Packing(List<Matrix> matrices, WorkerPool pool, Kernels kernels) {
        this.pool = pool;
        this.kernels = kernels;
        next = new AtomicIntegerArray(pool.count());
        long bytes = 0;
        for (int i = 0; i < pool.count(); i++) {
            List<Piece> share = new ArrayList<>();
            for (Matrix matrix : matrices) {
                cut(
                        matrix,
                        Worker.first(matrix.tiles(), i, pool.count()),
                        Worker.first(matrix.tiles(), i + 1, pool.count()),
                        share);
            }
            shares.add(share);
            bytes += share.stream().mapToLong(Piece::bytes).sum();
        }
        total = bytes;
    }

    private static void cut(Matrix matrix, int first, int last, List<Piece> pieces) {
        int step = (int) Math.max(1, PIECE / RowTiles.tileBytes(matrix.type(), matrix.cols()));
        for (int tile = first; tile < last; tile += step) {
            pieces.add(new Piece(matrix, tile, Math.min(last, tile + step)));
        }
    }

    /** Packs everything; the calling thread is one of the workers and reports. */
    void run(Device.Loading loading) {
        loading.report(0, total);
        if (total > 0) {
            pool.run(worker -> {
                for (int i = 0; i < pool.count(); i++) {
                    work((worker.index + i) % pool.count(), worker, loading);
                }
            });
        }
        loading.report(total, total);
    }

    private void work(int share, Worker worker, Device.Loading loading) {
        List<Piece> pieces = shares.get(share);
        while (!pool.failed()) {
            int i = next.getAndIncrement(share);
            if (i >= pieces.size()) {
                return;
            }
            for (int ahead = i == 0 ? 0 : AHEAD; ahead <= AHEAD && i + ahead < pieces.size(); ahead++) {
                pieces.get(i + ahead).advise(PageAdvice.WILL_NEED);
            }
            Piece piece = pieces.get(i);
            kernels.pack(piece.matrix(), piece.first(), piece.last(), worker.scratch);
            piece.advise(PageAdvice.DONT_NEED);
            long packed = done.addAndGet(piece.bytes());
            if (worker.index == 0) {
                loading.report(packed, total);
            }
        }
    }
}

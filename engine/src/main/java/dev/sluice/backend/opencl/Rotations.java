package dev.sluice.backend.opencl;

import dev.sluice.graph.Rotation;
import java.util.ArrayList;
import java.util.List;

/**
 * The rotation tables of a device, each once however many layers turn by the same angles. Closed when the last user gives it
 * back. Not thread-safe: its device sees to that.
 */
final class Rotations {
    private static final class Entry {
        final RotationTable table;
        int users;

        Entry(RotationTable table) {
            this.table = table;
        }
    }

    private final OpenClDevice device;
    private final List<Entry> entries = new ArrayList<>();

    Rotations(OpenClDevice device) {
        this.device = device;
    }

    RotationTable acquire(Rotation rotation) {
        Entry entry = entries.stream()
                .filter(known -> known.table.serves(rotation))
                .findFirst()
                .orElseGet(() -> {
                    Entry fresh = new Entry(new RotationTable(device, rotation));
                    entries.add(fresh);
                    return fresh;
                });
        entry.users++;
        return entry.table;
    }

    /** Gives back what was acquired. */
    void release(RotationTable table) {
        entries.removeIf(entry -> {
            if (entry.table != table || --entry.users > 0) {
                return false;
            }
            table.close();
            return true;
        });
    }
}

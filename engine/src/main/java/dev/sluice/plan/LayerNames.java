package dev.sluice.plan;

import java.util.ArrayList;
import java.util.List;

/** Lists of layers in few words. */
final class LayerNames {
    private static final String BLOCK = "block ";

    private LayerNames() {}

    /** {@code embedding, block 0–3, 7, head}: runs of blocks by their ends. */
    static String join(List<String> names) {
        List<String> parts = new ArrayList<>();
        boolean blocks = false;
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (!name.startsWith(BLOCK)) {
                parts.add(name);
                blocks = false;
                continue;
            }
            int first = number(name);
            int last = first;
            while (i + 1 < names.size() && names.get(i + 1).startsWith(BLOCK) && number(names.get(i + 1)) == last + 1) {
                i++;
                last++;
            }
            parts.add((blocks ? "" : BLOCK) + first + (last > first ? "–" + last : ""));
            blocks = true;
        }
        return String.join(", ", parts);
    }

    private static int number(String name) {
        return Integer.parseInt(name.substring(BLOCK.length()));
    }
}

package dev.sluice.formats.gguf;

import dev.sluice.error.SluiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the parts of a model split as {@code name-00001-of-00003.gguf}. Each part is a GGUF file of its own with
 * {@code split.no} (from 0), {@code split.count} and {@code split.tensors.count}; the first carries the metadata.
 */
final class SplitModel {
    private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
    private static final String NUMBER = "split.no";
    private static final String COUNT = "split.count";
    private static final String TENSORS = "split.tensors.count";

    private SplitModel() {}

    /** All parts in order; one for a model that is not split. */
    static List<Shard> open(Path named) {
        List<Shard> opened = new ArrayList<>();
        try {
            Shard shard = Shard.open(named);
            opened.add(shard);
            long count = number(shard, COUNT, 1);
            return count <= 1 ? List.of(shard) : openAll(shard, count, opened);
        } catch (Throwable e) {
            opened.forEach(Shard::close);
            throw e;
        }
    }

    private static List<Shard> openAll(Shard named, long count, List<Shard> opened) {
        Path path = named.file().path();
        Matcher name = NAME.matcher(path.getFileName().toString());
        if (!name.matches() || Long.parseLong(name.group(3)) != count) {
            throw new SluiceException(
                    "%s: is one of %d parts of a model; its name must end in -%05d-of-%05d.gguf so that the others are found"
                            .formatted(path, count, number(named, NUMBER, 0) + 1, count));
        }
        int namedPart = Integer.parseInt(name.group(2));
        List<Shard> parts = new ArrayList<>();
        for (int part = 1; part <= count; part++) {
            if (part == namedPart) {
                parts.add(named);
                continue;
            }
            Path sibling = path.resolveSibling("%s-%05d-of-%05d.gguf".formatted(name.group(1), part, count));
            if (Files.notExists(sibling)) {
                throw new SluiceException("%s: part %d of %d of the model is missing; put it beside %s"
                        .formatted(sibling, part, count, path.getFileName()));
            }
            Shard shard = Shard.open(sibling);
            opened.add(shard);
            parts.add(shard);
        }
        check(parts, count);
        return List.copyOf(parts);
    }

    private static void check(List<Shard> parts, long count) {
        long tensors = 0;
        for (int i = 0; i < parts.size(); i++) {
            Shard part = parts.get(i);
            require(part, COUNT, count);
            require(part, NUMBER, i);
            tensors += part.tensors().size();
        }
        long expected = number(parts.getFirst(), TENSORS, tensors);
        if (expected != tensors) {
            throw new SluiceException("%s: the %d parts have %d tensors together but %s says %d; fetch all parts again"
                    .formatted(parts.getFirst().file().path(), count, tensors, TENSORS, expected));
        }
    }

    private static void require(Shard part, String key, long expected) {
        long found = number(part, key, -1);
        if (found != expected) {
            throw new SluiceException("%s: %s is %s but should be %d; the part belongs to another model or was renamed"
                    .formatted(part.file().path(), key, found < 0 ? "missing" : found, expected));
        }
    }

    private static long number(Shard shard, String key, long absent) {
        Object value = shard.values().get(key);
        if (value == null) {
            return absent;
        }
        if (!(value instanceof Long number) || number < 0) {
            throw new SluiceException("%s: %s must be an integer, not negative; the file is damaged"
                    .formatted(shard.file().path(), key));
        }
        return number;
    }
}

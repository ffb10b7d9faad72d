package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.WeightLayout;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A parameter of {@link DeviceTuning} that the tuner tries values of. Values are numbers; those of enums count them. */
enum Knob {
    // ---- products of row tiles ----

    /** How vector units multiply bytes. */
    VECTOR_DOT,
    /** Bytes by which weights are asked for before they are read. */
    AHEAD,
    /** Tokens that are multiplied with weights that have been expanded. */
    TOKENS,
    /** Work-groups for each compute unit. */
    GROUPS_PER_UNIT,
    /** Up to how many tokens are taken one by one. */
    VECTOR_TOKENS,

    // ---- products of row planes ----

    /** Rows of work-items of a group that has one token. */
    ROW_ITEMS,
    /** Work-groups for each compute unit, with one token. */
    PLANE_GROUPS,
    /** In what a product with many tokens multiplies. */
    ARITHMETIC,
    /** How it multiplies bytes. */
    DOT,
    /** Work-items of its groups along each dimension. */
    QUADS,

    // ---- attention ----

    /** Query rows of a work-group. */
    QUERIES,
    /** Work-items that share the keys. */
    KEY_ITEMS,
    /** Work-items of a group for one token. */
    SPLIT_ITEMS,
    /** Keys of a share, at least. */
    SPLIT_KEYS,
    /** Work-groups for each compute unit that shares are made for. */
    SPLIT_GROUPS;

    /** As files and people have it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    int of(DeviceTuning tuning) {
        return switch (this) {
            case VECTOR_DOT -> number(VectorDot.values(), tuning.vectors().dot());
            case AHEAD -> tuning.vectors().ahead();
            case TOKENS -> tuning.tokens();
            case GROUPS_PER_UNIT -> tuning.groupsPerUnit();
            case VECTOR_TOKENS -> tuning.vectorTokens();
            case ROW_ITEMS -> tuning.planes().rowItems();
            case PLANE_GROUPS -> tuning.planes().groupsPerUnit();
            case ARITHMETIC ->
                number(PlaneTuning.Arithmetic.values(), tuning.planes().arithmetic());
            case DOT -> number(PlaneTuning.Dot.values(), tuning.planes().dot());
            case QUADS -> tuning.planes().quads();
            case QUERIES -> tuning.queries();
            case KEY_ITEMS -> tuning.keyItems();
            case SPLIT_ITEMS -> tuning.keys().items();
            case SPLIT_KEYS -> tuning.keys().keys();
            case SPLIT_GROUPS -> tuning.keys().groupsPerUnit();
        };
    }

    DeviceTuning with(DeviceTuning tuning, int value) {
        VectorTuning vectors = tuning.vectors();
        PlaneTuning planes = tuning.planes();
        SplitTuning keys = tuning.keys();
        return switch (this) {
            case VECTOR_DOT ->
                tuning.with(vectors.withDot(List.of(VectorDot.values()).get(value)));
            case AHEAD -> tuning.with(vectors.withAhead(value));
            case TOKENS -> tuning.withTokens(value);
            case GROUPS_PER_UNIT -> tuning.withGroupsPerUnit(value);
            case VECTOR_TOKENS -> tuning.withVectorTokens(value);
            case ROW_ITEMS -> tuning.with(planes.withRowItems(value));
            case PLANE_GROUPS -> tuning.with(planes.withGroupsPerUnit(value));
            case ARITHMETIC ->
                tuning.with(planes.with(List.of(PlaneTuning.Arithmetic.values()).get(value), planes.dot()));
            case DOT ->
                tuning.with(planes.with(
                        planes.arithmetic(), List.of(PlaneTuning.Dot.values()).get(value)));
            case QUADS -> tuning.with(planes.withQuads(value));
            case QUERIES -> tuning.withQueries(value);
            case KEY_ITEMS -> tuning.withKeyItems(value);
            case SPLIT_ITEMS -> tuning.with(keys.withItems(value));
            case SPLIT_KEYS -> tuning.with(keys.withKeys(value));
            case SPLIT_GROUPS -> tuning.with(keys.withGroupsPerUnit(value));
        };
    }

    /** All values that make sense on some device. */
    List<Integer> candidates() {
        return switch (this) {
            case VECTOR_DOT, ARITHMETIC, DOT ->
                IntStream.range(0, names().size()).boxed().toList();
            case AHEAD -> List.of(0, 1024, 2048, 4096, 8192);
            case TOKENS -> List.of(4, 6, 8, 12, DeviceTuning.MOST_TOKENS);
            case GROUPS_PER_UNIT -> List.of(1, 2, 4, 8, 16, 32, 64);
            case VECTOR_TOKENS -> List.of(1, 2, 3, 4, 6, 8);
            case ROW_ITEMS -> List.of(2, 4, 8, 16);
            case PLANE_GROUPS -> List.of(2, 4, 8, 16, 32);
            case QUADS -> List.of(4, 8, 16);
            case QUERIES -> List.of(4, 6, 8, 12);
            case KEY_ITEMS -> List.of(2, 4, 8);
            case SPLIT_ITEMS -> List.of(64, 128, 256);
            case SPLIT_KEYS -> List.of(64, 128, 256, 512);
            case SPLIT_GROUPS -> List.of(1, 2, 4, 8);
        };
    }

    /** What the values of an enum are called, in their order; nothing for numbers. */
    private List<String> names() {
        Enum<?>[] constants = switch (this) {
            case VECTOR_DOT -> VectorDot.values();
            case ARITHMETIC -> PlaneTuning.Arithmetic.values();
            case DOT -> PlaneTuning.Dot.values();
            default -> new Enum<?>[0];
        };
        return Stream.of(constants).map(c -> c.name().toLowerCase(Locale.ROOT)).toList();
    }

    private static int number(Enum<?>[] constants, Enum<?> constant) {
        return List.of(constants).indexOf(constant);
    }

    /** A value as files and people have it. */
    String text(int value) {
        List<String> names = names();
        return names.isEmpty() ? String.valueOf(value) : names.get(value);
    }

    /**
     * The value that a text stands for.
     *
     * @throws IllegalArgumentException if it is none
     */
    int parse(String text) {
        List<String> names = names();
        int value = names.isEmpty() ? Integer.parseInt(text) : names.indexOf(text);
        if (!candidates().contains(value)) {
            throw new IllegalArgumentException(label() + " cannot be " + text);
        }
        return value;
    }

    /** What is tried for a product. */
    static List<Knob> ofProduct(WeightLayout layout, Phase phase) {
        return switch (phase) {
            case ONE ->
                switch (layout) {
                    case TILES -> List.of(VECTOR_DOT, AHEAD, GROUPS_PER_UNIT);
                    case PLANES -> List.of(ROW_ITEMS, PLANE_GROUPS);
                    case COLUMNS -> List.of();
                };
            case FEW -> List.of(VECTOR_TOKENS);
            case MANY ->
                switch (layout) {
                    case TILES -> List.of(VECTOR_DOT, TOKENS, GROUPS_PER_UNIT);
                    case PLANES -> List.of(ARITHMETIC, DOT, QUADS);
                    case COLUMNS -> List.of();
                };
        };
    }

    /** What is tried for attention; {@code split}: whether single tokens have their keys shared out. */
    static List<Knob> ofAttention(boolean scalar, boolean split, Phase phase) {
        return switch (phase) {
            case ONE -> split ? List.of(SPLIT_ITEMS, SPLIT_KEYS, SPLIT_GROUPS) : List.of();
            case FEW -> List.of();
            case MANY -> scalar ? List.of(QUERIES, KEY_ITEMS) : List.of(QUERIES);
        };
    }
}
